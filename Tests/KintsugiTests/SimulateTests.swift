import Commands
import FoundationEssentials
import Simulator
import Testing

@testable import kintsugi

@Suite struct SimulateTests {
    private func simulate(_ line: String) throws -> Simulate {
        let words = line.split(separator: " ").map(String.init)
        guard case .run(let invocation) = try Parser(CommandTree.root, suggest: { _, _ in nil }).parse(words) else {
            throw Failure("no command")
        }
        return Simulate(invocation)
    }

    @Test("a command line says which seeds")
    func seeds() throws {
        let usual = try simulate("simulate")
        #expect(usual.from == 1 && usual.seeds == 1_000 && !usual.trace)
        let some = try simulate("simulate --seeds 5 --from 100")
        #expect(some.from == 100 && some.seeds == 5)
        let one = try simulate("simulate --seed 42 --trace")
        #expect(one.from == 42 && one.seeds == 1 && one.trace && one.worlds == [.bus, .shop, .incidents])
        #expect(try simulate("simulate --world shop").worlds == [.shop])
        #expect(throws: (any Error).self) { try simulate("simulate --world moon") }
    }

    @Test("when all promises are kept, it says so and what was tried")
    func kept() throws {
        var seen: [Int] = []
        let (report, events) = Simulate(from: 1, seeds: 3).run { seen.append($0) }
        #expect(seen == Array(1...9) && events.isEmpty && report.failure == nil && report.seeds == 3)
        #expect(report.rendered(paint: .none).hasSuffix("every promise was kept\n"))
        #expect(report.rendered(paint: .none).contains("\nbus: ") && report.rendered(paint: .none).contains("\nshop: "))
        let text = String(decoding: try JSONEncoder().encode(report), as: UTF8.self)
        #expect(text.contains("\"carrierCalls\":") && text.contains("\"virtualSeconds\":"))
    }

    @Test("the first seed that fails ends the run, with its last events and the command that shows it again")
    func broken() throws {
        var simulate = Simulate(from: 1, seeds: 50)
        simulate.mutation = .handsOutBeyondCredit
        let report = simulate.run { _ in }.report
        let failure = try #require(report.failure)
        #expect(failure.promise == "a worker gets no more than its window")
        #expect(failure.replay == "kintsugi simulate --world bus --seed \(failure.seed) --trace")
        #expect(!failure.events.isEmpty && failure.events.count <= Simulate.shownEvents)
        #expect(report.rendered(paint: .none).hasSuffix("see it again: \(failure.replay)\n"))
    }

    @Test("a seed of the shop that fails is shown again in the shop")
    func brokenShop() throws {
        var simulate = Simulate(from: 1, seeds: 50, worlds: [.shop])
        simulate.shopMutation = .dropsBooking
        let report = simulate.run { _ in }.report
        let failure = try #require(report.failure)
        #expect(failure.replay == "kintsugi simulate --world shop --seed \(failure.seed) --trace")
        #expect(report.bus == nil && !failure.events.isEmpty)
    }
}
