import Alerting
import Contracts
import Testing

@testable import Triaging

/// What telemetry finds in the order and at about the times in which it finds it: seconds since the fault, and findings.
private typealias Recording = [(seconds: Int64, alert: RaisedAlert)]

/// The end of the findings of a recording, some time after it.
private func ending(_ recording: Recording, after seconds: Int64) -> Recording {
    let last = (recording.map(\.seconds).max() ?? 0) + seconds
    return recording.filter { $0.alert.state == .firing }.map { heard in
        var alert = heard.alert
        alert.state = .resolved
        alert.ended = at(last)
        return (last, alert)
    }
}

@Suite("Six faults and two controls, as telemetry finds them") struct FaultTests {
    /// The carrier does not answer: calls to it fail, the breaker opens, orders wait.
    private static let carrierDown: Recording = [
        (4, finding(.newMessage, node: "orders", subject: "carrier refused <*>", began: 2)),
        (6, finding(.anomaly, node: "orders", subject: "carrier.calls{outcome=failed}", began: 3)),
        (7, finding(.messageRate, .warning, node: "orders", subject: "carrier refused <*>", began: 3)),
        (
            9,
            finding(.failing, .critical, node: "orders", subject: "confirmation", began: 5, endangers: ["confirmation"])
        ),
        (12, finding(.anomaly, node: "orders", subject: "outbox.depth", began: 8)),
        (15, finding(.canaryFailing, .warning, node: "orders", subject: "journey", began: 14, endangers: ["journey"])),
        (
            70,
            finding(
                .objectiveBurning, .critical, node: "orders", subject: "confirmation", began: 5,
                endangers: ["confirmation"])
        ),
    ]
    /// A commit of another rule about prices: answers are wrong, and inventory refuses some.
    private static let brokenPricing: Recording = [
        (3, finding(.newMessage, node: "orders", subject: "price <*> is negative", began: 1)),
        (
            5,
            finding(.failing, .critical, node: "orders", subject: "availability", began: 1, endangers: ["availability"])
        ),
        (
            8,
            finding(
                .failing, .warning, node: "inventory", subject: "reservations", began: 4, endangers: ["reservations"])
        ),
        (10, finding(.anomaly, node: "inventory", subject: "reservations.refused", began: 5)),
        (
            65,
            finding(
                .objectiveBurning, .critical, node: "orders", subject: "availability", began: 1,
                endangers: ["availability"])
        ),
    ]
    /// Memory grows until the limit: a process dies, again and again, and the role is given up.
    private static let leak: Recording = [
        (20, finding(.anomaly, node: "inventory", subject: "process.memory.usage", began: 5)),
        (30, finding(.limitAhead, .warning, node: "inventory", subject: "memory", began: 5, endangers: ["inventory"])),
        (60, finding(.deadProcess, .warning, node: "inventory", subject: "fault", began: 60)),
        (
            62,
            finding(
                .failing, .critical, node: "inventory", subject: "reservations", began: 60, endangers: ["reservations"])
        ),
        (
            64,
            finding(.failing, .warning, node: "orders", subject: "confirmation", began: 62, endangers: ["confirmation"])
        ),
        (90, finding(.givenUp, .critical, node: "inventory", subject: "restarts", began: 90)),
    ]
    /// Orders may not call inventory any more: all of one kind of call are refused.
    private static let permission: Recording = [
        (2, finding(.newMessage, node: "orders", subject: "refused by the access list", began: 1)),
        (3, finding(.messageRate, .warning, node: "orders", subject: "refused by the access list", began: 1)),
        (6, finding(.anomaly, node: "inventory", subject: "bus.calls", began: 2)),
        (
            8,
            finding(
                .objectiveBurning, .critical, node: "orders", subject: "confirmation", began: 2,
                endangers: ["confirmation"])
        ),
        (9, finding(.anomaly, node: "orders", subject: "dead letters", began: 3)),
    ]
    /// A value that crashes the process at start: the role is given up at once.
    private static let crashAtStart: Recording = [
        (1, finding(.deadProcess, .warning, node: "orders", subject: "fault", began: 1)),
        (5, finding(.silentProcess, .warning, node: "orders", subject: "orders@local.1", began: 1)),
        (8, finding(.givenUp, .critical, node: "orders", subject: "restarts", began: 8)),
        (
            12,
            finding(.failing, .critical, node: "orders", subject: "availability", began: 2, endangers: ["availability"])
        ),
        (15, finding(.canaryFailing, .warning, node: "orders", subject: "journey", began: 15, endangers: ["journey"])),
    ]
    /// A query became slow: latency burns its budget slowly, first at inventory, then where it is called from.
    private static let slowQuery: Recording = [
        (8, finding(.anomaly, node: "inventory", subject: "http.server.request.duration", began: 3)),
        (9, finding(.anomaly, node: "orders", subject: "bus.call.duration", began: 4)),
        (
            30,
            finding(
                .objectiveBurning, .warning, node: "inventory", subject: "latency", began: 3, endangers: ["latency"])
        ),
        (
            45,
            finding(
                .objectiveBurning, .critical, node: "orders", subject: "latency", began: 4,
                endangers: ["orders latency"])
        ),
    ]

    /// More orders than before, all of them served.
    private static let peak: Recording =
        (0..<20).map { number in
            (
                10 + Int64(number),
                finding(.anomaly, node: number % 2 == 0 ? "orders" : "inventory", subject: "rate \(number)", began: 8)
            )
        } + [
            (14, finding(.messageRate, .notice, node: "orders", subject: "order <*> taken", began: 8)),
            (40, finding(.limitAhead, .notice, node: "orders", subject: "disk", began: 10)),
        ]
    /// A metric that nobody feels, to and fro for half an hour; a worker that was killed once and replaced at once.
    private static let noise: Recording =
        (0..<60).flatMap { round -> Recording in
            let began = 30 * Int64(round)
            let first = finding(.anomaly, node: "orders", subject: "jitter", began: began)
            return [
                (began, first),
                (began + 12, finding(.anomaly, node: "orders", subject: "jitter", began: began, ended: began + 12)),
            ]
        } + [
            (100, finding(.deadProcess, .notice, node: "orders", subject: "killed", began: 100)),
            (104, finding(.anomaly, node: "orders", subject: "process.uptime", began: 100)),
            (105, finding(.silentProcess, .warning, node: "orders", subject: "orders@local.1", began: 100)),
            (106, finding(.silentProcess, .warning, node: "orders", subject: "orders@local.1", began: 100, ended: 106)),
            (300, finding(.newMessage, node: "orders", subject: "a synthetic customer was not served", began: 300)),
        ]

    private static let faults = [
        ("carrier", carrierDown), ("pricing", brokenPricing), ("leak", leak), ("permission", permission),
        ("crash", crashAtStart), ("slow", slowQuery),
    ]

    private func play(_ recording: Recording, into desk: inout Desk) {
        let ordered = (recording + ending(recording, after: 120)).enumerated().sorted {
            ($0.element.seconds, $0.offset) < ($1.element.seconds, $1.offset)
        }
        var clock: Int64 = 0
        for (_, heard) in ordered {
            while clock < heard.seconds {
                clock += 1
                desk.tick(clock)
            }
            desk.take(heard.alert, heard.seconds)
        }
    }

    @Test("Each fault is one incident, with all that speaks of users", arguments: 0..<6)
    func fault(_ number: Int) {
        let (name, recording) = Self.faults[number]
        var desk = Desk()
        play(recording, into: &desk)
        #expect(desk.opened.count == 1, "\(name)")
        for heard in recording where heard.alert.tellsOfUsers {
            #expect(
                desk.book.record(of: heard.alert.fingerprint)?.receipt.incident == "I1",
                "\(name): \(heard.alert.fingerprint)")
        }
        // All ended, and the incident was told so.
        #expect(desk.book.incidents.first?.firing == 0)
    }

    @Test("What came shortly before is recalled: the first sign belongs to the incident")
    func recalled() {
        var desk = Desk()
        play(Self.carrierDown, into: &desk)
        #expect(desk.opened.first?.recalled.count == 3)
        #expect(desk.opened.first?.began == at(2))
    }

    @Test("The one with two objectives that burn becomes more urgent as it grows")
    func promotion() {
        var desk = Desk()
        play(Self.slowQuery, into: &desk)
        #expect(desk.opened.first?.priority == .third)
        #expect(desk.promotions.map(\.to) == [.first])
        #expect(desk.promotions.first?.reasons.contains { $0.rule == "objectives" } == true)
    }

    @Test("A peak within capacity and a noisy metric open nothing, and say why", arguments: [0, 1])
    func control(_ number: Int) {
        var desk = Desk()
        play(number == 0 ? Self.peak : Self.noise, into: &desk)
        #expect(desk.opened.isEmpty)
        #expect(desk.records.values.allSatisfy { !$0.receipt.reasons.isEmpty })
    }

    @Test("One fault after the other, with the incidents ended between, is one incident each")
    func inRow() {
        var desk = Desk()
        for (index, fault) in Self.faults.enumerated() {
            let shift = Int64(index) * 3_600
            let moved = fault.1.map { heard in
                var alert = heard.alert
                alert.began += shift * second
                return (heard.seconds + shift, alert)
            }
            play(moved, into: &desk)
            desk.end("I\(index + 1)", shift + 400)
        }
        #expect(desk.opened.count == 6)
    }

    @Test("A process that stays silent opens an incident when nobody mended it")
    func silent() {
        var desk = Desk()
        #expect(desk.take(finding(.silentProcess, .warning, began: 0), 5).receipt.disposition == .watched)
        #expect(desk.tick(60).isEmpty)
        #expect(desk.tick(66).first?.meaning.isOpening == true)
    }
}

@Suite("The agents' own troubles") struct OwnTroubleTests {
    private func own(
        _ severity: FindingSeverity = .warning, subject: String = "s", node: String = "triage", began: Int64 = 0
    ) -> RaisedAlert {
        finding(.ownWork, severity, node: node, subject: subject, began: began)
    }

    @Test("While an incident is handled they are lines in its journal, and never part of it")
    func notes() {
        var desk = Desk()
        desk.take(finding(.failing, .critical, began: 0, endangers: ["a"]), 0)
        for (index, node) in ["triage", "remediation", "telemetry", "risk", "comms", "triage"].enumerated() {
            let decision = desk.take(own(subject: "step \(index)", node: node, began: 10), 10 + Int64(index))
            #expect(decision.meaning.noted == 1 && decision.receipt.disposition == .watched)
            #expect(decision.receipt.incident == nil && decision.receipt.has("own"))
        }
        #expect(desk.opened.count == 1 && desk.book.incidents.first?.alerts == 1)
        #expect(desk.book.incidents.first?.impact.nodes == ["orders"])
    }

    @Test("One that is grave opens an incident of its own beside a user's, and at most one")
    func grave() {
        var desk = Desk()
        desk.take(finding(.failing, .critical, began: 0, endangers: ["a"]), 0)
        #expect(desk.take(finding(.givenUp, .critical, node: "comms", began: 5), 5).meaning.isOpening)
        #expect(desk.opened.last?.isOwnTrouble == true)
        #expect(desk.take(finding(.givenUp, .critical, node: "risk", began: 6), 6).meaning.noted == 2)
        #expect(desk.take(own(began: 7), 7).meaning.noted == 2)
        // What is about a user's service goes to the user's incident.
        #expect(
            desk.take(finding(.failing, .critical, node: "inventory", began: 8, endangers: ["b"]), 8).meaning.joined
                == 1)
    }

    @Test("Handling the agents' own incident opens no other, nor does its end: there is no loop")
    func noLoop() {
        var desk = Desk()
        desk.take(finding(.givenUp, .critical, node: "comms", began: 0), 0)
        for round in 0..<200 as Range<Int64> {
            desk.take(own(.critical, subject: "handling \(round)", node: "remediation", began: round), round)
            desk.take(finding(.deadProcess, .warning, node: "comms", subject: "fault \(round)", began: round), round)
            desk.tick(round)
        }
        desk.end("I1", 200)
        for round in 200..<400 as Range<Int64> {
            desk.take(own(.critical, subject: "after \(round)", node: "triage", began: round), round)
            desk.tick(round)
        }
        #expect(desk.opened.count == 1)
        #expect(desk.take(own(.critical, subject: "later", began: 900), 900).meaning.isOpening)
    }

    @Test("Three of them within five minutes are an incident, one or two are not")
    func three() {
        var desk = Desk()
        #expect(desk.take(own(subject: "a"), 0).receipt.disposition == .watched)
        #expect(desk.take(own(subject: "b", began: 10), 10).receipt.disposition == .watched)
        #expect(
            desk.take(finding(.anomaly, node: "triage", subject: "m", began: 11), 11).receipt.disposition == .watched)
        let decision = desk.take(own(subject: "c", began: 20), 20)
        #expect(decision.meaning.isOpening && desk.opened.first?.recalled.count == 3)
        #expect(desk.opened.first?.isOwnTrouble == true)
    }

    @Test("What the mending of a user's incident stirs up joins it and opens nothing")
    func mending() {
        var desk = Desk()
        desk.take(finding(.failing, .critical, began: 0, endangers: ["a"]), 0)
        let stirred = [
            finding(.deadProcess, .warning, node: "orders", subject: "fault", began: 30),
            finding(.silentProcess, .warning, node: "inventory", subject: "i", began: 31),
            finding(.anomaly, node: "carrier", subject: "m", began: 32),
            own(subject: "slow", node: "remediation", began: 33),
        ]
        for (index, alert) in stirred.enumerated() { desk.take(alert, 30 + Int64(index)) }
        desk.end("I1", 60)
        for (index, alert) in stirred.enumerated() {
            var again = alert
            again.began = at(70)
            desk.take(again, 70 + Int64(index))
        }
        #expect(desk.opened.count == 1)
    }
}
