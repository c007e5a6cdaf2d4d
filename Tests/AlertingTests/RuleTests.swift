import Alerting
import Contracts
import Testing

private let second: Int64 = 1_000_000_000

@Suite("Silences and windows") struct SilenceTests {
    private let alert = RaisedAlert(.prometheus, fingerprint: "f", name: "Slow", node: "orders", began: 0)

    @Test("A silence holds from its beginning to its end, and not after somebody ended it")
    func span() throws {
        var silence = Silence(
            id: "s", [try LabelMatcher("node=orders")], author: "ada", reason: "deploy", from: 100, until: 200)
        #expect(!silence.isActive(99) && silence.isActive(100) && silence.isActive(199) && !silence.isActive(200))
        silence.ended = 150
        #expect(silence.isActive(149) && !silence.isActive(150))
        #expect(silence.covers(alert))
    }

    @Test("A silence without matchers is about nothing, and all of them must match")
    func matchers() throws {
        #expect(!Silence(id: "s", [], author: "a", reason: "r", from: 0, until: 9).covers(alert))
        let both = [try LabelMatcher("node=orders"), try LabelMatcher("alertname=Fast")]
        #expect(!Silence(id: "s", both, author: "a", reason: "r", from: 0, until: 9).covers(alert))
    }

    @Test("A weekly window over midnight belongs to the day on which it began")
    func weekly() {
        // 2030-01-04 is a Friday.
        let friday = (CivilTime(year: 2030, month: 1, day: 4)?.seconds ?? 0) * second
        let window = MaintenanceWindow("w", nodes: ["orders"], .weekly(days: [4], from: 23 * 60, until: 60))
        #expect(!window.isOpen(friday + 22 * 3_600 * second) && window.isOpen(friday + 23 * 3_600 * second))
        #expect(window.isOpen(friday + 24 * 3_600 * second + 59 * 60 * second))
        #expect(!window.isOpen(friday + 25 * 3_600 * second) && !window.isOpen(friday + 30 * 60 * second))
        #expect(window.covers(alert))
        #expect(!MaintenanceWindow("w", nodes: ["x"], window.times).covers(alert))
    }

    @Test("A window of dates is open from one to the other")
    func once() throws {
        let from = try #require(CivilTime(year: 2030, month: 5, day: 1, second: 3_600))
        let until = try #require(CivilTime(year: 2030, month: 5, day: 1, second: 7_200))
        let window = MaintenanceWindow("w", .once(from: from, until: until))
        #expect(!window.isOpen(from.seconds * second - 1) && window.isOpen(from.seconds * second))
        #expect(!window.isOpen(until.seconds * second))
    }
}

@Suite("Flapping and impact") struct FlapTests {
    @Test("What changes six times within ten minutes flaps until it was quiet for five")
    func flapping() {
        var watch = FlapWatch()
        let settings = AlertSettings.Flapping()
        for change in 0..<5 { watch.change(at: Int64(change) * 60 * second, settings) }
        #expect(!watch.isFlapping)
        watch.change(at: 300 * second, settings)
        #expect(watch.isFlapping && watch.count == 6)
        watch.look(at: 599 * second, settings)
        #expect(watch.isFlapping)
        watch.look(at: 600 * second, settings)
        #expect(!watch.isFlapping)
    }

    @Test("Changes further apart than the window are no flapping, however many they are")
    func slow() {
        var watch = FlapWatch()
        for change in 0..<100 { watch.change(at: Int64(change) * 200 * second, AlertSettings.Flapping()) }
        #expect(!watch.isFlapping)
    }

    private func finding(_ kind: FindingKind, _ severity: FindingSeverity, _ node: String = "orders") -> RaisedAlert {
        var finding = Finding(kind, severity, node: node, subject: "s-\(node)", began: 0, noticed: 0, text: "t")
        finding.endangers = ["objective-\(node)"]
        return RaisedAlert(finding)
    }

    @Test("The priority follows from severity, users, objectives and spread, and only rises")
    func priority() {
        var impact = Impact(finding(.anomaly, .notice))
        #expect(impact.priority == .fourth)
        impact.grow(by: Impact(finding(.failing, .warning)))
        #expect(impact.priority == .third)
        impact.grow(by: Impact(finding(.failing, .critical)))
        #expect(impact.priority == .second)
        impact.grow(by: Impact(finding(.objectiveBurning, .critical, "inventory")))
        #expect(impact.priority == .first)
        impact.grow(by: Impact(finding(.anomaly, .notice, "carrier")))
        #expect(impact.priority == .first && impact.objectives.count == 2)
        let judgement = impact.judgement
        #expect(judgement.reasons.reduce(0) { $0 + ($1.points ?? 0) } == 7)
        #expect(Impact(finding(.givenUp, .critical)).priority == .second)
        #expect(AlertPriority.first > .second)
    }

    @Test("A finding and the supervisor's word about one role have one fingerprint; a death alone is no alert")
    func reports() {
        let found = Finding(.givenUp, .critical, node: "orders", subject: "restarts", began: 5, noticed: 5, text: "t")
        let told = RaisedAlert(ProcessNotice(.roleGivenUp, role: "orders", reason: "r", at: 5))
        #expect(told?.fingerprint == RaisedAlert(found).fingerprint && told?.kind == .givenUp)
        #expect(RaisedAlert(ProcessNotice(.died, role: "orders", at: 5)) == nil)
        #expect(RaisedAlert(ProcessNotice(.roleBack, role: "orders", at: 9))?.state == .resolved)
    }

    @Test("An inhibition's matchers must be there: an empty rule silences nothing")
    func inhibition() throws {
        let rule = Inhibition("r", source: [], target: [try LabelMatcher("node=orders")])
        #expect(!rule.isSource(finding(.failing, .critical)) && rule.isTarget(finding(.failing, .critical)))
    }
}
