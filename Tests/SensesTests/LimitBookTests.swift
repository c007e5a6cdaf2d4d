import Contracts
import Testing

@testable import Senses

@Suite struct LimitBookTests {
    private struct World {
        var book = SeriesBook()
        var limits: LimitBook
        var findings = FindingBook()
        var told: [Finding] = []

        init() {
            var bounds = LimitBook.Bounds()
            bounds.memory = [("orders", 1_000)]
            limits = LimitBook(bounds: bounds)
        }

        mutating func second(_ second: Int64, memory: Double, instance: String = "orders.1") {
            book.take(
                point(.gauge(memory), at: second, metric: "process.memory.usage", instance: instance), now: at(second))
            limits.tick(book, disk: nil, into: &findings, now: at(second))
            findings.tick(now: at(second))
            told += findings.takeNews()
        }
    }

    @Test("a leak is foretold with time to spare, and the forecast is near the truth", arguments: 0..<10)
    func leak(_ seed: Int) {
        var chance = Chance(seed)
        var world = World()
        // From 300 by half a unit a second: 1 000 comes after 1 400 s.
        var second: Int64 = 0
        while world.told.isEmpty, second < 1_400 {
            world.second(noon + second, memory: 300 + 0.5 * Double(second) + 5 * chance.normal())
            second += 1
        }
        let found = world.told.first
        #expect(found?.kind == .limitAhead && found?.subject == "memory" && found?.instance == "orders.1")
        #expect(second < 400)
        let left = world.limits.report(now: at(noon + second)).first?.after ?? 0
        #expect(abs(left - Double(1_400 - second)) < 0.3 * Double(1_400 - second))
    }

    @Test("a process's memory that rises and is collected again and again is no leak", arguments: 0..<10)
    func sawtooth(_ seed: Int) {
        var chance = Chance(seed)
        var world = World()
        for second in Int64(0)..<3_000 {
            world.second(noon + second, memory: 400 + 3 * Double(second % 60) + 5 * chance.normal())
        }
        #expect(world.told.isEmpty)
    }

    @Test("what wanders by chance is hardly ever foretold to end")
    func randomWalk() {
        var worlds = 0
        for seed in 0..<30 {
            var chance = Chance(seed)
            var world = World()
            var value = 500.0
            for second in Int64(0)..<1_500 {
                value = min(800, max(300, value + chance.normal()))
                world.second(noon + second, memory: value)
            }
            worlds += world.told.isEmpty ? 0 : 1
        }
        #expect(worlds <= 3)
    }

    @Test("a process that begins anew has another trend, and a small share of a limit is no news")
    func anew() {
        var world = World()
        for second in Int64(0)..<600 { world.second(noon + second, memory: 20 + 0.3 * Double(second)) }
        #expect(world.told.isEmpty)
        for second in Int64(600)..<660 { world.second(noon + second, memory: 20) }
        #expect(world.limits.report(now: at(noon + 660)).first?.after == nil)
    }

    @Test("the workers that a role's peak takes are told, and what is nearest its end stands first")
    func report() {
        var world = World()
        for second in Int64(0)..<60 {
            for worker in 1...3 {
                let cores = point(
                    .counter(Double(second) * 0.6), at: noon + second, metric: "process.cpu.time",
                    instance: "orders.\(worker)")
                world.book.take(cores, now: at(noon + second))
            }
            world.second(noon + second, memory: 500 + 2 * Double(second))
        }
        let report = world.limits.report(now: at(noon + 60))
        #expect(report.first?.resource == "memory" && report.count == 4)
        let processor = report.first { $0.resource == "processor" }
        #expect(processor?.workers == 3 && processor?.workersNeeded == 3)
    }

    @Test("without a limit, or with one of zero, nothing is said and nothing breaks")
    func noLimit() {
        var world = World()
        world.limits.bounds.memory = [("orders", 0)]
        for second in Int64(0)..<200 { world.second(noon + second, memory: Double(second)) }
        #expect(world.told.isEmpty && world.limits.report(now: at(noon + 200)).isEmpty)
    }

    @Test("processes without end are watched within bounds, and counted")
    func bounds() {
        var world = World()
        for number in 0..<1_500 {
            let reading = point(
                .gauge(1), at: noon, metric: "process.unix.file_descriptor.count", node: "n\(number)", instance: "i")
            world.book.take(reading, now: at(noon))
        }
        world.second(noon, memory: 1)
        #expect(world.limits.report(now: at(noon)).count == 1_000 && world.limits.leftOut == 501)
    }
}
