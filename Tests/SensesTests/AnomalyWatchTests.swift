import Contracts
import Testing

@testable import Senses

@Suite struct AnomalyWatchTests {
    private struct World {
        var book = SeriesBook()
        var watch = AnomalyWatch()
        var findings = FindingBook()
        var told: [Finding] = []

        mutating func second(_ second: Int64, _ values: [Double]) {
            for (number, value) in values.enumerated() {
                book.take(point(.gauge(value), at: second, metric: "m\(number)"), now: at(second))
            }
            watch.look(book.takeNews(), at: book, into: &findings, now: at(second))
            findings.tick(now: at(second))
            told += findings.takeNews()
        }
    }

    @Test("a level that shifts is found within half a minute, and said until it is usual", arguments: 0..<12)
    func levelShift(_ seed: Int) {
        var chance = Chance(seed)
        var world = World()
        for second in noon..<noon + 900 { world.second(second, [100 + 3 * chance.normal()]) }
        #expect(world.told.isEmpty)
        for second in noon + 900..<noon + 960 { world.second(second, [170 + 3 * chance.normal()]) }
        let found = world.told.first
        #expect(found?.kind == .anomaly && found?.severity == .notice && found?.subject == "m0")
        #expect((found?.noticed ?? .max) <= at(noon + 930))
        #expect(abs((found?.began ?? 0) - at(noon + 900)) <= 10_000_000_000)
        #expect((found?.value ?? 0) > 150 && abs((found?.expected ?? 0) - 100) < 5)
    }

    @Test("noise without any fault is hardly ever a finding")
    func noise() {
        var chance = Chance(5)
        var world = World()
        for second in noon..<noon + 1_200 {
            world.second(second, (0..<40).map { Double($0 + 1) * (10 + chance.normal()) })
        }
        #expect(world.told.count { $0.isLasting } <= 1)
    }

    @Test("a peak of a few seconds is none, and twice the usual traffic is at most a notice")
    func peaks() {
        var chance = Chance(6)
        var world = World()
        for second in noon..<noon + 900 { world.second(second, [50 + 2 * chance.normal(), 50 + 7 * chance.normal()]) }
        for second in noon + 900..<noon + 1_000 {
            let isPeak = second < noon + 905
            world.second(second, [(isPeak ? 500 : 50) + 2 * chance.normal(), 100 + 7 * chance.normal()])
        }
        #expect(!world.told.contains { $0.subject == "m0" })
        #expect(world.told.allSatisfy { $0.severity == .notice })
    }

    @Test("thousands of series that change at once are followed within bounds, and counted")
    func storm() {
        var world = World()
        let news = (0..<5_000).map { number in
            SeriesBook.News(key: name("m\(number)"), score: 0.9, value: 1, second: noon)
        }
        world.watch.look(news, at: world.book, into: &world.findings, now: at(noon))
        #expect(world.watch.leftOut == 3_000)
        world.watch.look([], at: world.book, into: &world.findings, now: at(noon + 60))
        world.watch.look(news, at: world.book, into: &world.findings, now: at(noon + 61))
        #expect(world.watch.leftOut == 6_000)
    }
}
