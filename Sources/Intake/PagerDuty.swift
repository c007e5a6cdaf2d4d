public import Contracts

/// PagerDuty's Events API v2: `POST /v2/enqueue`.
public struct PagerDutyEvent: Sendable, Equatable {
    /// What the sender wants.
    public enum Action: Sendable, Equatable {
        case alert(RaisedAlert)
        /// Somebody has seen the alert of this fingerprint.
        case acknowledge(fingerprint: String)
    }

    /// What stands for the key that was shown; the configuration has the digests of those that are known.
    public var key: Digest
    /// To be answered.
    public var deduplication: String
    public var action: Action
    public var notes: [String]

    /// The digest by which a configuration knows a key.
    public static func digest(of key: String) -> Digest { Digest("kintsugi routing key 1", of: Array(key.utf8)) }

    /// Reads an event.
    public static func read(
        _ bytes: [UInt8], _ words: IntakeWords, now: Int64, sender: String
    ) throws(IntakeRefusal) -> PagerDutyEvent {
        let body = try JSONTree.read(bytes, words.limits)
        var errors: [String] = []
        if body.members == nil { errors.append("expected an object, found \(body.kind)") }
        let key = body["routing_key"]?.text ?? ""
        if !(1...256).contains(key.utf8.count) { errors.append("'routing_key' is missing or blank") }
        let action = body["event_action"]?.text ?? ""
        if !["trigger", "acknowledge", "resolve"].contains(action) {
            errors.append(
                "'event_action' must be trigger, acknowledge or resolve, found \(body["event_action"]?.kind ?? "none")")
        }
        let given = body["dedup_key"]?.text
        if let given, given.unicodeScalars.count > 255 { errors.append("'dedup_key' has more than 255 characters") }
        if given == nil, action == "acknowledge" || action == "resolve" {
            errors.append("'dedup_key' is missing, which \(action) needs")
        }
        let payload = body["payload"]
        if action == "trigger" { errors += faults(payload) }
        guard errors.isEmpty else { throw refusal(errors) }
        let deduplication = given ?? derived(payload)
        let parts = [key, deduplication].flatMap { Array("\($0.utf8.count):\($0)".utf8) }
        let fingerprint = "pagerduty/" + Digest("kintsugi event 2", of: parts).description.prefix(32)
        guard action != "acknowledge" else {
            return PagerDutyEvent(
                key: digest(of: key), deduplication: deduplication, action: .acknowledge(fingerprint: fingerprint),
                notes: [])
        }
        var gathering = Gathering()
        let alert = try alert(body, fingerprint, isEnd: action == "resolve", words, now, sender, &gathering)
        return PagerDutyEvent(
            key: digest(of: key), deduplication: deduplication, action: .alert(alert), notes: gathering.notes)
    }

    private static func refusal(_ errors: [String]) -> IntakeRefusal {
        IntakeRefusal(400, "Event object is invalid", errors: errors)
    }

    private static func faults(_ payload: JSONTree?) -> [String] {
        guard let payload, payload.members != nil else { return ["'payload' is missing, which trigger needs"] }
        var errors: [String] = []
        for name in ["summary", "source"] where payload[name]?.text == nil {
            errors.append("'payload.\(name)' is missing or blank")
        }
        if !["critical", "error", "warning", "info"].contains(payload["severity"]?.text ?? "") {
            errors.append(
                "'payload.severity' must be critical, error, warning or info, found \(payload["severity"]?.kind ?? "none")"
            )
        }
        return errors
    }

    /// Without a key of its own an event is about what it says, and saying it again is the same.
    private static func derived(_ payload: JSONTree?) -> String {
        let parts = ["source", "component", "group", "class", "summary"].map { payload?[$0]?.text ?? "" }
        let bytes = parts.flatMap { Array("\($0.utf8.count):\($0)".utf8) }
        return String(Digest("kintsugi event 3", of: bytes).description.prefix(32))
    }

    private static func alert(
        _ body: JSONTree, _ fingerprint: String, isEnd: Bool, _ words: IntakeWords, _ now: Int64, _ sender: String,
        _ gathering: inout Gathering
    ) throws(IntakeRefusal) -> RaisedAlert {
        let payload = body["payload"]
        var members: [JSONTree.Member] = []
        for name in ["source", "component", "group", "class"] {
            if let value = payload?[name] { members.append(.init(name: name, value: value)) }
        }
        let details = (payload?["custom_details"]?.members ?? []).filter { detail in
            !members.contains { $0.name == detail.name } && detail.name.utf8.count <= words.limits.nameBytes
                && (detail.value.word?.utf8.count ?? .max) <= words.limits.valueBytes
        }
        let labels = try LabelReading(.map(members + details.prefix(64)), words.limits, &gathering)
        let time: Int64?
        do throws(IntakeRefusal) {
            time = try Instant.read(optional: payload?["timestamp"], "payload.timestamp")
        } catch {
            throw refusal([error.text])
        }
        let node = labels.first(of: words.nodeLabels + ["component", "source"]) ?? ""
        return RaisedAlert(
            .pagerduty, fingerprint: fingerprint,
            name: (payload?["class"]?.text ?? payload?["summary"]?.text ?? "event").cut(256), node: node.cut(256),
            severity: SeverityWords.read(payload?["severity"]?.text ?? ""), state: isEnd ? .resolved : .firing,
            labels: labels.kept, text: (payload?["summary"]?.text ?? "").cut(words.limits.textBytes),
            began: time ?? now,
            ended: isEnd ? time ?? now : nil, isBeginningTold: false,
            link: body["client_url"]?.text.map { $0.cut(2_048) },
            sender: sender)
    }
}
