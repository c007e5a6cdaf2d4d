import Contracts
import Insight
import Testing

@testable import Senses

@Suite struct ObjectiveBookTests {
    private static let objective = try? Objective(
        name: "orders are taken", service: "orders", target: 0.999,
        indicator: Objective.Indicator(
            .bad(
                SeriesSelection(
                    metric: "http.requests", kind: .counter, conditions: [LabelCondition("outcome", .equals("failed"))])
            ),
            of: SeriesSelection(metric: "http.requests", kind: .counter)))

    private struct World {
        var book = ObjectiveBook([ObjectiveBookTests.objective].compactMap(\.self))
        var findings = FindingBook()
        var told: [Finding] = []
        /// Seconds since the beginning, and the bad ones by chance.
        var chance: Chance

        init(_ seed: Int) { chance = Chance(seed) }

        mutating func second(_ second: Int64, rate: Int, share: Double) {
            let bad = (0..<rate).count { _ in chance.share() < share }
            give(bad, rate - bad, second)
        }

        mutating func give(_ bad: Int, _ good: Int, _ second: Int64) {
            let counts = [("failed", bad), ("ok", good)].map { outcome, count in
                MetricIncrease(
                    key: name("http.requests", labels: [SignalLabel("outcome", outcome)]), at: at(second),
                    count: Double(count))
            }
            book.take(counts, now: at(second))
            book.tick(into: &findings, now: at(second) + 900_000_000)
            findings.tick(now: at(second) + 900_000_000)
            told += findings.takeNews()
        }

        func noticed(_ kind: FindingKind) -> Int64? {
            told.first { $0.kind == kind }.map { $0.noticed / 1_000_000_000 - noon }
        }
    }

    @Test("a fifth of fifty a second that fails is found within five seconds", arguments: 0..<40)
    func fast(_ seed: Int) {
        var world = World(seed)
        for second in Int64(0)..<60 { world.second(noon + second, rate: 50, share: 0) }
        for second in Int64(60)..<70 { world.second(noon + second, rate: 50, share: 0.2) }
        #expect((world.noticed(.failing) ?? .max) <= 65)
        let found = world.told.first { $0.kind == .failing }
        #expect(found?.node == "orders" && found?.severity == .critical)
        #expect(abs((found?.began ?? 0) - at(noon + 60)) <= 1_000_000_000)
    }

    @Test("one in fifty of fifty a second is found within thirty seconds")
    func slow() {
        let delays = (0..<100).map { seed -> Int64 in
            var world = World(seed)
            for second in Int64(0)..<60 { world.second(noon + second, rate: 50, share: 0) }
            for second in Int64(60)..<100 { world.second(noon + second, rate: 50, share: 0.02) }
            return world.noticed(.failing) ?? .max
        }
        #expect(delays.count { $0 > 90 } <= 1 && delays.allSatisfy { $0 >= 60 })
    }

    @Test("single failures never are a finding", arguments: [1, 5, 50])
    func single(_ rate: Int) {
        var world = World(1)
        for second in Int64(0)..<1_800 {
            world.give(second % 600 == 300 ? 1 : 0, rate, noon + second)
        }
        #expect(world.told.isEmpty)
    }

    @Test("a finding ends when nothing fails any more, and the next one is another")
    func episodes() {
        var world = World(2)
        for second in Int64(0)..<200 {
            let isBad = (60..<80).contains(second) || (140..<160).contains(second)
            world.second(noon + second, rate: 50, share: isBad ? 0.5 : 0)
        }
        let failing = world.told.filter { $0.kind == .failing }
        #expect(failing.count { !$0.isLasting } == 2 && Set(failing.map(\.id)).count == 2)
    }

    @Test("a budget that burns is found over its windows, and a young cluster does not cry")
    func burning() {
        var young = World(3)
        for second in Int64(0)..<20 { young.second(noon + second, rate: 20, share: 0.02) }
        #expect(young.noticed(.objectiveBurning) == nil)
        var old = World(3)
        for second in Int64(0)..<2_000 { old.second(noon + second, rate: 20, share: second < 600 ? 0 : 0.05) }
        let burn = old.noticed(.objectiveBurning)
        #expect(burn.map { $0 > 600 && $0 < 1_200 } == true)
        #expect(old.told.first { $0.kind == .objectiveBurning }?.severity == .critical)
    }

    @Test("what was counted outlives the process: the successor reports the same and finds the same")
    func snapshot() throws {
        var first = World(4)
        for second in Int64(0)..<700 { first.second(noon + second, rate: 20, share: 0.001) }
        var second = World(5)
        try second.book.restore(try first.book.snapshot())
        first.give(0, 20, noon + 701)
        second.give(0, 20, noon + 701)
        #expect(first.book.reports.map(\.total) == second.book.reports.map(\.total))
        #expect(first.book.reports.map(\.good) == second.book.reports.map(\.good))
        #expect((second.book.reports.first?.total ?? 0) == 14_020)
        var broken = World(6)
        #expect(throws: (any Error).self) { try broken.book.restore([1, 2, 3]) }
    }

    @Test("series that no objective means count nothing, in any number")
    func others() {
        var world = World(7)
        let strangers = (0..<10_000).map { MetricIncrease(key: name("m\($0)"), at: at(noon), count: 1) }
        world.book.take(strangers, now: at(noon))
        world.give(1, 9, noon + 1)
        let verdict = world.book.verdicts(since: at(noon - 1), now: at(noon + 2)).first
        #expect(verdict?.events == 10 && verdict?.good == 9)
    }

    @Test("a clock that is set back by an hour does not stop the watch")
    func clockSetBack() {
        var world = World(8)
        for second in Int64(0)..<100 { world.second(noon + second, rate: 50, share: 0) }
        for second in Int64(-3_600)..<(-3_500) { world.second(noon + second, rate: 50, share: 0) }
        #expect(world.book.reports.first?.total == 10_000)
        #expect(world.told.isEmpty)
    }
}
