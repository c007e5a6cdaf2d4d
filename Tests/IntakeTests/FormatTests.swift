import Contracts
import Testing

@testable import Intake

@Suite("Alertmanager and Prometheus") struct AlertmanagerTests {
    @Test("A webhook says which of its alerts fire, whatever the group does, and how many were left out")
    func webhookAlerts() throws {
        let result = try AlertmanagerIntake.webhook(bytes(webhook), words, now: now, sender: "am")
        #expect(result.alerts.map(\.state) == [.firing, .resolved])
        let first = try #require(result.alerts.first)
        #expect(first.name == "HighLatency" && first.node == "orders" && first.severity == .critical)
        #expect(
            first.text == "slow: p99 is 3 s" && first.sender == "am" && first.link == "http://prometheus:9090/graph")
        #expect(first.began == now - 120 * second + 123_456_789 && first.isBeginningTold && first.ended == nil)
        #expect(result.alerts[1].began == now - 3 * 3_600 * second && result.alerts[1].ended == now - 3_600 * second)
        #expect(result.alerts[1].node == "inventory" && result.notes.contains { $0.contains("3 alerts") })
    }

    @Test("The same alert from Prometheus itself has the same fingerprint and beginning")
    func oneByTwoWays() throws {
        let one = try AlertmanagerIntake.webhook(bytes(webhook), words, now: now, sender: "am").alerts[0]
        let two = try AlertmanagerIntake.postedAlerts(bytes(posted), words, now: now, sender: "prometheus").alerts[0]
        #expect(one.fingerprint == two.fingerprint && one.began == two.began)
        #expect(two.ended == now + 240 * second && two.state == .firing)
    }

    @Test("A posted alert that ended is resolved; one that tells no times began now and ends unless it is told again")
    func postedAlerts() throws {
        let alerts = try AlertmanagerIntake.postedAlerts(bytes(posted), words, now: now, sender: "p").alerts
        #expect(alerts[1].state == .resolved && alerts[1].ended == now - 3_600 * second)
        #expect(alerts[2].state == .firing && alerts[2].began == now && !alerts[2].isBeginningTold)
        #expect(alerts[2].ended == now + 300 * second)
        #expect(try AlertmanagerIntake.postedAlerts(bytes("[]"), words, now: now, sender: "p").alerts.isEmpty)
    }

    @Test(
        "Other versions, templates and wrong shapes are refused with a sentence",
        arguments: [
            (#""version":"4""#, #""version":"3""#, "version"), (#""version":"4""#, #""version":4"#, "version"),
            (#""alerts":["#, #""alerts":{{ .Alerts }},"x":["#, "template"), (#""version":"4","#, "", "version"),
        ])
    func refusals(_ part: String, _ other: String, _ word: String) {
        let body = bytes(webhook.replacing(part, with: other))
        let refusal = #expect(throws: IntakeRefusal.self) {
            _ = try AlertmanagerIntake.webhook(body, words, now: now, sender: "am")
        }
        #expect(refusal?.status == 400 && refusal?.text.contains(word) == true, "\(refusal?.text ?? "")")
    }

    @Test("A bad alert leaves the good ones as they are; a request of bad ones alone is refused")
    func mixed() throws {
        let body = webhook.replacing(#""status":"firing","labels""#, with: #""status":"{{ .Status }}","labels""#)
        let result = try AlertmanagerIntake.webhook(bytes(body), words, now: now, sender: "am")
        #expect(result.alerts.map(\.name) == ["DiskFull"])
        #expect(result.notes.contains { $0.contains("template") })
        let refusal = #expect(throws: IntakeRefusal.self) {
            _ = try AlertmanagerIntake.postedAlerts(bytes(#"[{"labels":{}},7]"#), words, now: now, sender: "p")
        }
        #expect(refusal?.status == 422 && refusal?.errors.count == 2)
    }

    @Test("Labels of a mebibyte are refused, long ones are cut and known by their whole")
    func longLabels() throws {
        func body(_ length: Int, _ last: String = "") -> [UInt8] {
            bytes(#"[{"labels":{"alertname":"A","x":"\#(String(repeating: "y", count: length))\#(last)"}}]"#)
        }
        let refusal = #expect(throws: IntakeRefusal.self) {
            _ = try AlertmanagerIntake.postedAlerts(body(1 << 20), words, now: now, sender: "p")
        }
        #expect(refusal?.status == 422 && refusal?.text.contains("label x") == true)
        let one = try AlertmanagerIntake.postedAlerts(body(10_000), words, now: now, sender: "p")
        let two = try AlertmanagerIntake.postedAlerts(body(10_000, "z"), words, now: now, sender: "p")
        #expect(one.alerts[0].labels.allSatisfy { $0.value.utf8.count <= words.limits.valueBytes })
        #expect(one.alerts[0].fingerprint != two.alerts[0].fingerprint && one.notes.contains { $0.contains("cut") })
    }

    @Test("Too many alerts, labels, members and bytes are refused")
    func bounds() {
        var few = IntakeWords()
        few.limits.alerts = 2
        few.limits.bytes = 500
        let many = bytes("[" + Array(repeating: #"{"labels":{"a":"b"}}"#, count: 3).joined(separator: ",") + "]")
        #expect(throws: IntakeRefusal(413, "Send at most 2 alerts at a time; these are 3.")) {
            _ = try AlertmanagerIntake.postedAlerts(many, few, now: now, sender: "p")
        }
        let large = #expect(throws: IntakeRefusal.self) {
            _ = try AlertmanagerIntake.postedAlerts(bytes(posted), few, now: now, sender: "p")
        }
        #expect(large?.status == 413)
        for count in [200, 40_000] {
            let labels = (0..<count).map { "\"l\($0)\":\"v\"" }.joined(separator: ",")
            #expect(throws: IntakeRefusal.self) {
                _ = try AlertmanagerIntake.postedAlerts(
                    bytes("[{\"labels\":{\(labels)}}]"), words, now: now, sender: "p")
            }
        }
    }
}

@Suite("CloudEvents") struct CloudEventTests {
    private let headers = [
        (name: "ce-specversion", value: "1.0"), (name: "ce-id", value: "e-1"),
        (name: "ce-source", value: "/build/orders"),
        (name: "ce-type", value: "org.example.test.failed.triggered"), (name: "ce-subject", value: "orders"),
        (name: "ce-time", value: "2030-01-31T11:59:00Z"),
    ]
    private let data = #"{"severity":"error","message":"a test fails","service":"orders","labels":{"branch":"main"}}"#

    @Test("One event is the same structured, binary and in a batch")
    func threeModes() throws {
        let one = try read("structured", bytes(structured)).get()
        let two = try CloudEventIntake.read(
            bytes(data), contentType: "application/json; charset=utf-8", headers: headers, words, now: now, sender: "s")
        #expect(one == two.alerts)
        #expect(try read("batch", bytes("[\(structured)]")).get() == one)
        #expect(one.first?.name == "org.example.test.failed" && one.first?.node == "orders")
        #expect(one.first?.severity == .critical && one.first?.began == now - 60 * second)
        #expect(one.first?.isBeginningTold == false && one.first?.value("event.id") == "/build/orders e-1")
    }

    @Test("A type that says so, or a status, ends it under the same fingerprint")
    func ends() throws {
        let one = try read("structured", bytes(structured)).get()[0]
        let other = try read("structured", bytes(structured.replacing("failed.triggered", with: "failed.resolved")))
            .get()[0]
        #expect(other.state == .resolved && other.fingerprint == one.fingerprint && other.ended == other.began)
        let status = structured.replacing(#""severity":"error""#, with: #""status":"OK","severity":"error""#)
        #expect(try read("structured", bytes(status)).get()[0].state == .resolved)
    }

    @Test(
        "Other versions and events without their attributes are refused",
        arguments: [
            #""specversion":"1.0""#, #""id":"e-1","#, #""source":"/build/orders","#,
            #""type":"org.example.test.failed.triggered","#,
        ])
    func refusals(_ part: String) {
        let other = part.hasPrefix(#""spec"#) ? #""specversion":"0.3""# : ""
        #expect(throws: IntakeRefusal.self) {
            _ = try read("structured", bytes(structured.replacing(part, with: other))).get()
        }
    }

    @Test("A body without headers is no binary event; percent signs are decoded, also broken ones")
    func binary() throws {
        let refusal = #expect(throws: IntakeRefusal.self) {
            _ = try CloudEventIntake.read(
                bytes(data), contentType: "application/json", headers: [], words, now: now, sender: "s")
        }
        #expect(refusal?.status == 415)
        var odd = headers
        odd[4].value = "caf%C3%A9%2"
        let alert = try CloudEventIntake.read(
            bytes("it burns"), contentType: "text/plain", headers: odd, words, now: now, sender: "s"
        ).alerts[0]
        #expect(alert.value("subject") == "café%2" && alert.text == "it burns")
    }
}

extension RaisedAlert {
    func value(_ name: String) -> String? { labels.first { $0.name == name }?.value }
}

@Suite("PagerDuty's events") struct PagerDutyTests {
    private func event(_ change: (String, String) = ("", "")) throws -> PagerDutyEvent {
        try PagerDutyEvent.read(
            bytes(change.0.isEmpty ? enqueued : enqueued.replacing(change.0, with: change.1)), words, now: now,
            sender: "s")
    }

    @Test("Trigger, acknowledge and resolve are about one fingerprint")
    func actions() throws {
        guard case .alert(let raised) = try event().action,
            case .alert(let ended) = try event(("trigger", "resolve")).action,
            case .acknowledge(let fingerprint) = try event(("trigger", "acknowledge")).action
        else {
            Issue.record("not the actions that were sent")
            return
        }
        #expect(raised.state == .firing && ended.state == .resolved && raised.fingerprint == fingerprint)
        #expect(ended.fingerprint == fingerprint && raised.severity == .critical && raised.node == "orders")
        #expect(try event().deduplication == "disk/orders")
        #expect(try event().key == PagerDutyEvent.digest(of: "0123456789abcdef0123456789abcdef"))
    }

    @Test("Without a key of its own the same event is the same")
    func derived() throws {
        let change = (#""dedup_key":"disk/orders","#, "")
        #expect(try event(change).deduplication == event(change).deduplication)
        #expect(throws: IntakeRefusal.self) {
            _ = try event((#""event_action":"trigger","dedup_key":"disk/orders""#, #""event_action":"resolve""#))
        }
    }

    @Test("All that is wrong is said at once")
    func errors() {
        let refusal = #expect(throws: IntakeRefusal.self) {
            _ = try PagerDutyEvent.read(
                bytes(#"{"event_action":"trigger","payload":{"severity":"bad"}}"#), words, now: now, sender: "s")
        }
        #expect(refusal?.status == 400 && refusal?.errors.count == 4)
        let long = String(repeating: "k", count: 256)
        #expect(throws: IntakeRefusal.self) { _ = try event(("disk/orders", long)) }
    }
}

@Suite("Signed webhooks") struct SignedHookTests {
    private let secret = bytes("the secret of this hook")
    private let body = bytes(hooked)

    private func header(_ time: Int64, _ secret: [UInt8]? = nil, _ body: [UInt8]? = nil) -> String {
        let signature = HookSignature.sign(body ?? self.body, at: time, secret: secret ?? self.secret)
        return "t=\(time),v1=\(Digest(bytes: signature)?.description ?? "")"
    }

    @Test("The signature is HMAC-SHA256 of the time, a full stop and the body, as another library computes it")
    func vector() {
        // Python: hmac.new(b"key", b"1.x", "sha256").hexdigest()
        let signature = HookSignature.sign(bytes("x"), at: 1, secret: bytes("key"))
        #expect(
            Digest(bytes: signature)?.description == "fc4913c41a7bf793267e2a384f3261c9436ec2cd097bd745e7b0d99113f510ec")
    }

    @Test("What was signed within five minutes is accepted, by either of two secrets")
    func accepted() throws {
        let time = now / second
        for age: Int64 in [0, 299, -299] {
            try HookSignature.check(header(time - age), body, secret: secret, now: now)
        }
        let two = header(time, bytes("old")) + ",v1=" + header(time).suffix(64)
        try HookSignature.check(two, body, secret: secret, now: now)
    }

    @Test("Wrong, old and missing signatures are refused, and one for another body, time or secret")
    func refused() {
        let time = now / second
        let good = header(time)
        let flipped = good.dropLast() + (good.hasSuffix("0") ? "1" : "0")
        let bad: [String?] = [
            nil, "", "t=\(time)", "v1=" + good.suffix(64), header(time - 301), header(time + 301),
            header(time, bytes("other")),
            header(time, nil, body + [0x20]), String(flipped), good.replacing("t=\(time)", with: "t=\(time + 1)"),
            good.replacing("t=", with: "t=+"), String(repeating: "x", count: 5_000), "t=99999999999999999999,v1=00",
        ]
        for one in bad {
            let refusal = #expect(throws: IntakeRefusal.self) {
                try HookSignature.check(one, body, secret: secret, now: now)
            }
            #expect(refusal?.status == 401, "\(one ?? "none")")
        }
        #expect(throws: IntakeRefusal.self) { try HookSignature.check(good, body, secret: nil, now: now) }
        #expect(throws: IntakeRefusal.self) { try HookSignature.check(header(time, []), body, secret: [], now: now) }
    }

    @Test("One alert, a list and an object of alerts are read; a name must be there")
    func shapes() throws {
        #expect(try read("hook", body).get().map(\.state) == [.firing, .resolved])
        #expect(try read("hook", bytes(#"[{"name":"a"},{"name":"b"}]"#)).get().count == 2)
        #expect(try read("hook", bytes(#"{"name":"a"}"#)).get().first?.isBeginningTold == false)
        for text in ["{}", "[]", "7", #"{"name":""}"#, #"{"name":"a","status":"broken"}"#, #"{"alerts":[]}"#] {
            #expect(throws: IntakeRefusal.self, "\(text)") { _ = try read("hook", bytes(text)).get() }
        }
    }
}
