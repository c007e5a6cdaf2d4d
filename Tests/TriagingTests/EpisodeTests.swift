import Alerting
import Contracts
import Testing

@testable import Triaging

@Suite("Episodes") struct EpisodeTests {
    @Test("The same alert a thousand times is one incident, and one after its resolution opens nothing")
    func repetition() {
        var desk = Desk()
        #expect(desk.take(alert(), 0).meaning.isOpening)
        for delivery in 1..<1_000 {
            let decision = desk.take(alert(), Int64(delivery))
            #expect(decision.receipt.disposition == .repeated && decision.meaning == .none)
            #expect(decision.receipt.incident == "I1" && decision.record.deliveries == delivery + 1)
        }
        #expect(desk.take(alert(ended: 900), 1_000).meaning == .ends(IncidentMark(1, "I1"), all: true))
        desk.end("I1", 1_010)
        for delivery in 0..<1_000 {
            let decision = desk.take(alert(), 1_020 + Int64(delivery))
            #expect(decision.receipt.disposition == .resolved && decision.meaning == .none)
        }
        #expect(desk.opened.count == 1 && desk.book.count == 1)
    }

    @Test("A new episode after the incident's end opens a new one that follows the old one")
    func follow() {
        var desk = Desk()
        desk.take(alert(), 0)
        desk.take(alert(ended: 60), 60)
        desk.end("I1", 90)
        let decision = desk.take(alert(began: 400), 400)
        #expect(decision.meaning.isOpening)
        #expect(desk.opened.last?.follows == "I1" && desk.book.incidents.map(\.incident.id) == ["I2"])
    }

    @Test("A new episode while the incident is open belongs to it")
    func sameMatter() {
        var desk = Desk()
        desk.take(alert(), 0)
        desk.take(alert(ended: 60), 60)
        #expect(desk.take(alert(began: 100), 100).meaning.joined == 1)
        #expect(desk.book.incidents.first?.alerts == 2 && desk.book.incidents.first?.firing == 1)
    }

    @Test("A resolution before its firing is kept, and the late firing opens nothing; the next episode does")
    func early() {
        var desk = Desk()
        let first = desk.take(alert(began: 0, ended: 10), 11)
        #expect(first.receipt.disposition == .resolved && first.meaning == .none)
        #expect(desk.take(alert(began: 0), 12).receipt.disposition == .resolved)
        #expect(desk.opened.isEmpty)
        #expect(desk.take(alert(began: 50), 50).meaning.isOpening)
    }

    @Test("The end of an earlier episode does not end this one; that of a later one does")
    func otherEnds() {
        var desk = Desk()
        desk.take(alert(began: 100), 100)
        #expect(desk.take(alert(began: 0, ended: 90), 110).meaning == .none)
        #expect(desk.book.incidents.first?.firing == 1)
        #expect(desk.take(alert(began: 120, ended: 130), 131).meaning == .ends(IncidentMark(1, "I1"), all: true))
    }

    @Test("An alert that does not tell its beginning is one episode until it ends, and a late delivery opens nothing")
    func untold() {
        var desk = Desk()
        func told(_ began: Int64, ended: Int64? = nil) -> RaisedAlert {
            alert(began: began, ended: ended, isBeginningTold: false)
        }
        #expect(desk.take(told(0), 0).meaning.isOpening)
        #expect(desk.take(told(30), 30).receipt.disposition == .repeated)
        desk.take(told(60, ended: 60), 60)
        #expect(desk.take(told(30), 70).receipt.disposition == .resolved)
        #expect(desk.take(told(80), 80).meaning.joined == 1)
    }

    @Test("A clock an hour ahead or behind tells episodes apart as its sender does, and begins no later than now")
    func clocks() {
        for ahead: Int64 in [3_600, -3_600] {
            var desk = Desk()
            let first = desk.take(alert(began: ahead), 0)
            #expect(first.meaning.isOpening && first.record.alert.began <= at(0))
            #expect(first.receipt.has("clock") == (ahead > 0))
            #expect(desk.take(alert(began: ahead), 30).receipt.disposition == .repeated)
            #expect(
                desk.take(alert(began: ahead, ended: ahead + 60), 60).meaning == .ends(IncidentMark(1, "I1"), all: true)
            )
            #expect(desk.take(alert(began: ahead), 90).receipt.disposition == .resolved)
            desk.end("I1", 100)
            #expect(desk.take(alert(began: ahead + 400), 400).meaning.isOpening)
            #expect(desk.opened.count == 2)
        }
    }

    @Test("What its sender does not repeat in time ends, and goes on when it is told again")
    func expiry() {
        func told(until: Int64) -> RaisedAlert {
            var told = alert(source: .prometheus)
            told.ended = at(until)
            return told
        }
        var desk = Desk()
        #expect(desk.take(told(until: 240), 0).meaning.isOpening)
        #expect(desk.take(told(until: 300), 60).receipt.disposition == .repeated)
        #expect(desk.tick(290).isEmpty)
        #expect(desk.tick(301).map(\.meaning) == [.ends(IncidentMark(1, "I1"), all: true)])
        #expect(desk.tick(320).isEmpty)
        #expect(desk.take(told(until: 700), 460).meaning.joined == 1)
        #expect(desk.opened.count == 1)
    }

    @Test("An event that its sender names is one delivery, also after its end")
    func namedEvents() {
        func event(_ id: String, ended: Int64? = nil) -> RaisedAlert {
            alert(began: 0, ended: ended, labels: [SignalLabel(RaisedAlert.eventLabel, id)], isBeginningTold: false)
        }
        func heard(_ id: String, _ now: Int64, ended: Int64? = nil) -> RaisedAlert {
            var alert = event(id, ended: ended)
            alert.began = at(now)
            return alert
        }
        var desk = Desk()
        #expect(desk.take(heard("1", 0), 0).meaning.isOpening)
        desk.take(heard("2", 10, ended: 10), 10)
        // It tells no time of its own, and comes once more.
        #expect(desk.take(heard("1", 20), 20).receipt.disposition == .resolved)
        #expect(desk.take(heard("3", 30), 30).meaning.joined == 1)
    }

    @Test("A later beginning ends the episode before, which is to be kept as ended")
    func superseding() {
        var desk = Desk()
        desk.take(alert(began: 0), 0)
        let decision = desk.take(alert(began: 100), 100)
        #expect(decision.superseded?.alert.state == .resolved && decision.superseded?.alert.began == at(0))
        #expect(decision.meaning.joined == 1 && desk.book.incidents.first?.firing == 1)
    }

    @Test("A beginning in the future that moves with every delivery is one episode")
    func movingBeginning() {
        var desk = Desk()
        #expect(desk.take(alert(began: 3_600), 0).meaning.isOpening)
        for seconds in 1..<50 as Range<Int64> {
            #expect(desk.take(alert(began: 3_600 + seconds), seconds).receipt.disposition == .repeated)
        }
        #expect(desk.book.incidents.first?.alerts == 1)
    }

    @Test("A sender whose clock is half a minute ahead ends its event, and begins the next one")
    func slightlyAhead() {
        var desk = Desk()
        desk.take(alert(began: 30, isBeginningTold: false), 0)
        // Its end tells no time: it has that of its arrival.
        let end = desk.take(alert(began: 10, ended: 10, isBeginningTold: false), 10)
        #expect(end.meaning == .ends(IncidentMark(1, "I1"), all: true))
        #expect(desk.take(alert(began: 20, isBeginningTold: false), 20).meaning.joined == 1)
    }

    @Test("Every decision can be asked for, the latest ones")
    func explaining() {
        var desk = Desk()
        #expect(desk.book.explain("f") == nil)
        for episode in 0..<20 as Range<Int64> {
            desk.take(alert(.init("f"), .warning, began: episode * 1_000), episode * 1_000)
            desk.take(
                alert(.init("f"), .warning, began: episode * 1_000, ended: episode * 1_000 + 5), episode * 1_000 + 6)
        }
        let past = desk.book.explain("f") ?? []
        #expect(past.count == AlertSettings().limits.decisions && past.allSatisfy { !$0.receipt.reasons.isEmpty })
    }
}

@Suite("What holds alerts back") struct HoldingTests {
    @Test("A silenced alert opens nothing, and opens what it must once the silence is over and it lasts")
    func silence() throws {
        var desk = Desk()
        desk.book.keep(
            Silence(
                id: "s1", [try LabelMatcher("node=orders")], author: "ada", reason: "deploy", from: at(0), until: at(60)
            ))
        let decision = desk.take(alert(), 10)
        #expect(decision.receipt.disposition == .suppressed && decision.receipt.has("silence"))
        #expect(decision.receipt.reasons.contains { $0.text.contains("ada") && $0.text.contains("deploy") })
        #expect(desk.tick(30).isEmpty)
        #expect(desk.take(alert(), 40).receipt.disposition == .repeated)
        #expect(desk.tick(61).first?.meaning.isOpening == true)
        #expect(desk.tick(62).isEmpty && desk.opened.count == 1)
    }

    @Test("What ended while it was silenced opens nothing afterwards")
    func endedInSilence() throws {
        var desk = Desk()
        desk.book.keep(
            Silence(id: "s", [try LabelMatcher("node=orders")], author: "a", reason: "r", from: at(0), until: at(60)))
        desk.take(alert(), 10)
        desk.take(alert(ended: 20), 20)
        #expect(desk.tick(61).isEmpty && desk.opened.isEmpty)
    }

    @Test("Within a maintenance window its services are quiet, and a person is heard")
    func maintenance() throws {
        var settings = AlertSettings()
        let day = CivilTime(seconds: noon)
        settings.maintenance = [
            MaintenanceWindow(
                "move", nodes: ["orders"],
                .once(from: day, until: CivilTime(seconds: noon + 100)))
        ]
        var desk = Desk(settings)
        #expect(desk.take(alert(), 10).receipt.has("maintenance"))
        #expect(desk.take(alert("g", node: "inventory"), 11).meaning.isOpening)
        let report = RaisedAlert(report: "1", by: "ada", node: "orders", severity: .warning, text: "t", at: at(12))
        #expect(desk.take(report, 12).receipt.disposition == .incident)
        #expect(desk.tick(100).count == 1)
    }

    @Test("While a source of an inhibition fires its targets are held back, and no longer")
    func inhibition() throws {
        var settings = AlertSettings()
        settings.inhibitions = [
            Inhibition(
                "cluster down", source: [try LabelMatcher("alertname=Down")],
                target: [try LabelMatcher("severity=critical")],
                equal: ["zone"])
        ]
        var desk = Desk(settings)
        let zone = [SignalLabel("zone", "a")]
        // It is a source and a target: it does not inhibit itself.
        #expect(desk.take(alert("down", name: "Down", labels: zone), 0).meaning.isOpening)
        #expect(desk.take(alert("x", labels: zone), 1).receipt.has("inhibition"))
        #expect(desk.take(alert("y", labels: [SignalLabel("zone", "b")]), 2).receipt.disposition == .incident)
        desk.take(alert("down", ended: 10, name: "Down", labels: zone), 10)
        #expect(desk.tick(11).map(\.receipt.fingerprint) == ["x"])
    }

    @Test("What flaps is held back with its count, until it is steady")
    func flapping() {
        var desk = Desk()
        var decisions: [AlertDecision] = []
        for round in 0..<20 as Range<Int64> {
            decisions.append(desk.take(alert(began: round * 20), round * 20))
            if round < 19 { desk.take(alert(began: round * 20, ended: round * 20 + 10), round * 20 + 10) }
        }
        #expect(desk.opened.count == 1)
        #expect(decisions.last?.receipt.disposition == .suppressed && decisions.last?.receipt.has("flapping") == true)
        #expect(decisions[3].receipt.reasons.contains { $0.rule == "flapping" && ($0.points ?? 0) >= 6 })
        #expect(desk.tick(400).isEmpty)
        #expect(desk.tick(681).map(\.receipt.disposition) == [.incident])
    }
}
