import Contracts
import Insight
import Testing

/// A service whose requests and failures are counters of their own.
private enum Sample {
    static let total = SeriesSelection(metric: "http.requests", kind: .counter, conditions: [role])
    static let role = LabelCondition("role", .equals("orders"))
    static let bad = SeriesSelection(
        metric: "http.requests", kind: .counter,
        conditions: [role, LabelCondition("code", .matches([.beginning("5")]))])

    static func objective(
        _ target: Double = 0.999, period: Duration = BurnWindow.usualPeriod,
        budgeting: Objective.Budgeting = .occurrences, alerts: [BurnWindow]? = nil
    ) throws -> Objective {
        try Objective(
            name: "orders-availability", service: "orders", target: target, period: period, budgeting: budgeting,
            indicator: Objective.Indicator(.bad(bad), of: total), alerts: alerts)
    }

    static func moment(_ seconds: Int) -> Moment { Moment(nanoseconds: UInt64(seconds) * 1_000_000_000) }

    static func readings(good: Double, bad: Double) -> [SeriesReading] {
        let role = SignalLabel("role", "orders")
        return [
            SeriesReading("http.requests", [SignalLabel("code", "200"), role], .number(good)),
            SeriesReading("http.requests", [SignalLabel("code", "503"), role], .number(bad)),
        ]
    }
}

@Suite("An engine of objectives") struct ObjectiveEngineTests {
    private func moment(_ seconds: Int) -> Moment { Sample.moment(seconds) }

    /// Ten requests a second, of which a share fails.
    private func run(_ engine: inout ObjectiveEngine, from: Int, to: Int, bad: Double, step: Int = 10) {
        for second in stride(from: from, to: to, by: step) {
            let count = Double(10 * step)
            engine.add(Sample.readings(good: count * (1 - bad), bad: count * bad), now: moment(second))
        }
    }

    @Test("what was achieved, the budget that is left and the formula say the same")
    func budget() throws {
        var engine = ObjectiveEngine([try Sample.objective(0.99)])
        run(&engine, from: 0, to: 3_600, bad: 0.005)
        let status = engine.statuses(now: moment(3_600))[0]
        let achieved = try #require(status.achieved)
        #expect(abs(achieved - 0.995) < 1e-9)
        #expect(abs(status.budgetLeft - 0.5) < 1e-9)
        #expect(status.budgetFormula == "1 - 180 bad of 36000 events in 30 d / 360 allowed (1 %) = 0.5")
        // 180 bad events are left, and one comes every twenty seconds.
        let exhausted = try #require(status.exhaustedAfter)
        #expect(abs(exhausted.inSeconds - 3_600) < 20)
        #expect(status.missing.isEmpty && !status.isFiring)
        #expect(status.report.budgetLeft == status.budgetLeft && status.report.windows.count == 4)
    }

    @Test("an outage fires the fast windows and clears them after the short one")
    func outage() throws {
        var engine = ObjectiveEngine([try Sample.objective()])
        run(&engine, from: 0, to: 7_200, bad: 0)
        #expect(!engine.statuses(now: moment(7_200))[0].isFiring)
        run(&engine, from: 7_200, to: 7_500, bad: 1)
        let status = engine.statuses(now: moment(7_500))[0]
        #expect(status.alerts[0].isFiring && status.alerts[0].since == moment(7_500))
        #expect(status.alerts[0].verdict.explanation.contains("% bad in 1 h / 0.1 % allowed = "))
        run(&engine, from: 7_500, to: 7_820, bad: 0)
        #expect(!engine.statuses(now: moment(7_820))[0].alerts[0].isFiring)
    }

    @Test("without traffic nothing fires, the budget is whole, and silence is named after a while")
    func silence() throws {
        var engine = ObjectiveEngine([try Sample.objective()])
        let first = engine.statuses(now: moment(0))[0]
        #expect(first.achieved == nil && first.budgetLeft == 1 && first.exhaustedAfter == nil && !first.isFiring)
        #expect(first.missing.map(\.reason) == ["no data yet"])
        engine.read(Sample.readings(good: 5, bad: 0), from: ReadingSource("orders.1#1"), now: moment(10))
        let idle = engine.statuses(now: moment(60))[0]
        #expect(idle.missing.isEmpty && idle.achieved == nil)
        #expect(engine.statuses(now: moment(100))[0].missing.map(\.reason) == ["no data for 90 s"])
    }

    @Test("a process that begins anew, and one that is born, lose nothing; what began before us is no event of ours")
    func counters() throws {
        var engine = ObjectiveEngine([try Sample.objective(0.5)])
        let old = ReadingSource("orders.1#1", began: moment(1))
        engine.read(Sample.readings(good: 1_000, bad: 500), from: old, now: moment(100))
        engine.read(Sample.readings(good: 1_010, bad: 501), from: old, now: moment(110))
        // Began anew under its own name.
        engine.read(Sample.readings(good: 3, bad: 2), from: old, now: moment(120))
        #expect(engine.resets == 2)
        // Another one, born while we were there, counts from zero; one of which that is not known does not.
        engine.read(
            Sample.readings(good: 7, bad: 1), from: ReadingSource("orders.1#2", began: moment(115)), now: moment(130))
        engine.read(Sample.readings(good: 9_000, bad: 9_000), from: ReadingSource("orders.2#1"), now: moment(130))
        let status = engine.statuses(now: moment(130))[0]
        #expect(status.good == 20 && status.total == 24)
    }

    @Test("a series that a known process shows for the first time counts from zero")
    func lateSeries() throws {
        var engine = ObjectiveEngine([try Sample.objective()])
        let source = ReadingSource("orders.1#1")
        engine.read([Sample.readings(good: 100, bad: 0)[0]], from: source, now: moment(10))
        engine.read(Sample.readings(good: 100, bad: 7), from: source, now: moment(20))
        #expect(engine.counts(of: "orders-availability", over: .seconds(300), now: moment(20))?.bad == 7)
    }

    @Test(
        "what is no count is refused and counted, and breaks nothing",
        arguments: [Double.nan, .infinity, -.infinity, -1, .greatestFiniteMagnitude])
    func noCounts(value: Double) throws {
        var engine = ObjectiveEngine([try Sample.objective(0.9)])
        run(&engine, from: 0, to: 100, bad: 0.1)
        engine.add(Sample.readings(good: value, bad: value), now: moment(100))
        let source = ReadingSource("orders.1#1")
        engine.read(Sample.readings(good: 1, bad: 1), from: source, now: moment(100))
        engine.read(Sample.readings(good: value, bad: 1), from: source, now: moment(101))
        engine.read(Sample.readings(good: 11, bad: 1), from: source, now: moment(102))
        let status = engine.statuses(now: moment(110))[0]
        #expect(status.total >= 1_000 && status.total <= 1_011)
        let achieved = try #require(status.achieved)
        #expect(abs(achieved - 0.9) < 0.001 && status.budgetLeft.isFinite)
    }

    @Test("a clock that is set back goes on from where it was")
    func backwards() throws {
        var engine = ObjectiveEngine([try Sample.objective()])
        run(&engine, from: 100_000, to: 103_600, bad: 0)
        // An hour of failures on a clock that is a day behind.
        run(&engine, from: 10_000, to: 13_600, bad: 1)
        #expect(engine.statuses(now: moment(13_600))[0].alerts[0].isFiring)
        run(&engine, from: 13_600, to: 17_300, bad: 0)
        #expect(!engine.statuses(now: moment(17_300))[0].alerts[0].isFiring)
    }

    @Test("the end of all time is no time")
    func never() throws {
        var engine = ObjectiveEngine([try Sample.objective()])
        engine.add(Sample.readings(good: 1, bad: 1), now: .never)
        run(&engine, from: 100, to: 4_000, bad: 0)
        run(&engine, from: 4_000, to: 4_600, bad: 1)
        #expect(engine.statuses(now: moment(4_600))[0].alerts[0].isFiring)
    }

    @Test("a low objective fires when everything fails, at what can be reached")
    func low() throws {
        var engine = ObjectiveEngine([try Sample.objective(0.5)])
        run(&engine, from: 0, to: 7_200, bad: 1)
        let alerts = engine.statuses(now: moment(7_200))[0].alerts
        #expect(alerts[0].isFiring && abs(alerts[0].verdict.threshold - 1.8) < 1e-9)
        #expect(alerts[0].verdict.explanation.contains("14.4 cannot be reached: everything failing burns 2"))
    }

    @Test("a threshold that must be exceeded for a time fires after it")
    func hold() throws {
        let window = BurnWindow(long: .seconds(60), short: .seconds(60), burn: 2, hold: .seconds(30))
        var engine = ObjectiveEngine([try Sample.objective(0.9, alerts: [window])])
        var fired: Int?
        for second in 0..<120 {
            run(&engine, from: second, to: second + 1, bad: second < 60 ? 0 : 1, step: 1)
            if engine.statuses(now: moment(second))[0].isFiring { fired = fired ?? second }
        }
        // A fifth of a minute's events must be bad: 13 of 60, and then thirty seconds.
        #expect(fired == 102 || fired == 101)
    }

    @Test("a month passes in a moment, and what is older than the period is forgiven")
    func month() throws {
        var engine = ObjectiveEngine([try Sample.objective(0.99)])
        let day = 86_400
        run(&engine, from: 0, to: day, bad: 0.1, step: 60)
        run(&engine, from: day, to: 30 * day, bad: 0, step: 60)
        let month = engine.statuses(now: moment(30 * day))[0]
        #expect(abs(month.budgetLeft - (1 - 0.1 / 30 / 0.01)) < 0.001)
        run(&engine, from: 30 * day, to: 31 * day + 60, bad: 0, step: 60)
        #expect(engine.statuses(now: moment(31 * day + 60))[0].budgetLeft == 1)
    }

    @Test("scaled down, an hour passes in a second")
    func scaled() throws {
        var engine = ObjectiveEngine([try Sample.objective()], scale: 1.0 / 3_600)
        #expect(engine.objectives[0].period == .seconds(720))
        #expect(engine.objectives[0].alerts.map(\.long) == [.seconds(1), .seconds(6), .seconds(24), .seconds(72)])
        run(&engine, from: 0, to: 60, bad: 1, step: 1)
        let firing = engine.statuses(now: moment(60))[0].alerts.filter(\.isFiring)
        #expect(firing.count == 4)
    }

    @Test("slices of time count as good or bad, those without traffic not at all")
    func slices() throws {
        let objective = try Sample.objective(
            0.5, period: .seconds(3_600), budgeting: .timeslices(length: .seconds(60), target: 0.9))
        var engine = ObjectiveEngine([objective])
        run(&engine, from: 0, to: 600, bad: 0.05)
        run(&engine, from: 600, to: 900, bad: 0.2)
        let status = engine.statuses(now: moment(1_800))[0]
        #expect(status.good == 10 && status.total == 15)
        #expect(status.budgetFormula.contains("5 bad of 15 slices"))
    }

    @Test("what is not a share below one is no objective", arguments: [1, -0.1, .nan, .infinity])
    func invalid(target: Double) {
        #expect(throws: BurnRate.InvalidObjective.self) { _ = try Sample.objective(target) }
    }
}
