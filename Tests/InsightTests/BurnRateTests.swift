import Contracts
import Insight
import Testing

@Suite struct BurnRateTests {
    private func moment(_ seconds: Int) -> Moment { Moment(nanoseconds: UInt64(seconds) * 1_000_000_000) }

    /// Ten events a second, of which a share is bad, in steps of ten seconds.
    private func run(_ rate: inout BurnRate, from: Int, to: Int, bad: Double) {
        for second in stride(from: from, to: to, by: 10) { rate.add(bad: 100 * bad, total: 100, now: moment(second)) }
    }

    @Test("a burn is the bad share over the allowed share")
    func burn() throws {
        var rate = try BurnRate(objective: 0.99)
        run(&rate, from: 0, to: 3_600, bad: 0.05)
        #expect(abs(try #require(rate.burn(over: .seconds(3_600), now: moment(3_600))) - 5) < 1e-9)
        #expect(abs(rate.budgetLeft(over: .seconds(2_592_000), now: moment(3_600)) + 4) < 1e-9)
    }

    @Test("it fires when both windows are above, and clears when the short one is below")
    func firing() throws {
        var rate = try BurnRate(objective: 0.999)
        run(&rate, from: 0, to: 7_200, bad: 0)
        #expect(rate.verdicts(now: moment(7_200)).allSatisfy { !$0.isFiring })
        run(&rate, from: 7_200, to: 9_000, bad: 0.05)
        #expect(rate.verdicts(now: moment(9_000))[0].isFiring)
        run(&rate, from: 9_000, to: 9_400, bad: 0)
        let cleared = rate.verdicts(now: moment(9_400))[0]
        #expect(!cleared.isFiring && cleared.long! > 14.4 && cleared.short! < 14.4)
    }

    @Test("without traffic nothing burns, and nothing fires")
    func silence() throws {
        var rate = try BurnRate(objective: 0.999)
        #expect(rate.verdicts(now: moment(100)).allSatisfy { $0.long == nil && !$0.isFiring })
        run(&rate, from: 0, to: 600, bad: 1)
        #expect(rate.burn(over: .seconds(300), now: moment(100_000)) == nil)
        #expect(rate.budgetLeft(over: .seconds(300), now: moment(100_000)) == 1)
        #expect(rate.verdicts(now: moment(10_000))[0].explanation.contains("no traffic"))
    }

    @Test("with a low objective the threshold is what can be reached, and everything failing fires")
    func low() throws {
        var rate = try BurnRate(objective: 0.9)
        run(&rate, from: 0, to: 7_200, bad: 1)
        let verdict = rate.verdicts(now: moment(7_200))[0]
        #expect(verdict.isFiring && abs(verdict.threshold - 9) < 1e-9)
        #expect(verdict.explanation.contains("cannot be reached"))
    }

    @Test("an objective that is no share below 1 is refused by name", arguments: [1, 1.5, -0.1, .nan, .infinity])
    func objective(value: Double) {
        #expect(throws: BurnRate.InvalidObjective.self) { try BurnRate(objective: value) }
    }

    @Test("counters that begin anew count from zero, and what is no number is refused and counted")
    func counters() throws {
        var rate = try BurnRate(objective: 0.99)
        for (second, bad, total) in [(0, 50.0, 1_000.0), (10, 60, 1_100), (20, 1, 40), (30, 2, 100)] {
            rate.read(badCounter: bad, totalCounter: total, now: moment(second))
        }
        rate.read(badCounter: .nan, totalCounter: 200, now: moment(40))
        rate.read(badCounter: 3, totalCounter: -1, now: moment(40))
        rate.add(bad: .infinity, total: 1, now: moment(40))
        #expect(rate.refused == 3)
        // 10 of 100, then 1 of 40, then 1 of 60.
        #expect(abs(try #require(rate.errorRatio(over: .seconds(300), now: moment(40))) - 0.06) < 1e-9)
    }

    @Test("thirty days pass in steps, and the oldest hours leave the window")
    func month() throws {
        var rate = try BurnRate(objective: 0.99)
        let day = 86_400
        run(&rate, from: 0, to: day, bad: 0.1)
        run(&rate, from: day, to: 30 * day + 43_200, bad: 0)
        let half = try #require(rate.errorRatio(over: .seconds(30 * Int64(day)), now: moment(30 * day + 43_200)))
        #expect(abs(half - 0.1 / 60) < 0.0001)
        run(&rate, from: 30 * day + 43_200, to: 31 * day + 600, bad: 0)
        #expect(rate.errorRatio(over: .seconds(30 * Int64(day)), now: moment(31 * day + 600)) == 0)
    }

    @Test("a clock that goes back loses no event")
    func backwards() throws {
        var rate = try BurnRate(objective: 0.99)
        rate.add(bad: 1, total: 10, now: moment(1_000))
        rate.add(bad: 1, total: 10, now: moment(5))
        #expect(rate.errorRatio(over: .seconds(3_600), now: moment(1_000)) == 0.1)
        #expect(rate.errorRatio(over: .seconds(3_600), now: moment(1_010)) == 0.1)
    }
}
