import Contracts

/// CloudEvents 1.0: one event in a body, several in a list, or one whose attributes are headers.
///
/// An event is an alert about what `data.fingerprint`, or otherwise its source, type and subject, name. A type or a status
/// that says so ends it; an event of the same source and id is the same delivery.
public enum CloudEventIntake {
    public static let structured = "application/cloudevents+json"
    public static let batch = "application/cloudevents-batch+json"

    /// Reads a request. `headers` are those whose names begin with `ce-`, in small letters.
    public static func read(
        _ bytes: [UInt8], contentType: String?, headers: [(name: String, value: String)], _ words: IntakeWords,
        now: Int64,
        sender: String
    ) throws(IntakeRefusal) -> IntakeResult {
        let kind = contentType.map(bare) ?? ""
        var gathering = Gathering()
        switch kind {
        case structured:
            let event = try JSONTree.read(bytes, words.limits)
            // Alone, its own fault is that of the request.
            let alert = try alert(event, words, now, sender, &gathering)
            gathering.take(0) { _ throws(IntakeRefusal) in alert }
        case batch:
            let body = try JSONTree.read(bytes, words.limits)
            guard let items = body.list else {
                throw IntakeRefusal(400, "Expected a list of events, found \(body.kind).")
            }
            guard items.count <= words.limits.alerts else {
                throw IntakeRefusal(
                    413, "Send at most \(words.limits.alerts) events at a time; these are \(items.count).")
            }
            for (index, item) in items.enumerated() {
                gathering.take(index) { gathering throws(IntakeRefusal) in
                    try alert(item, words, now, sender, &gathering)
                }
            }
        default:
            guard headers.contains(where: { $0.name == "ce-specversion" }) else {
                throw IntakeRefusal(
                    415,
                    "Expected \(structured), \(batch), or the headers ce-specversion, ce-id, ce-source and ce-type.")
            }
            let event = try binary(bytes, kind, headers, words)
            let alert = try alert(event, words, now, sender, &gathering)
            gathering.take(0) { _ throws(IntakeRefusal) in alert }
        }
        return try gathering.result()
    }

    /// The media type without its parameters.
    private static func bare(_ type: String) -> String {
        let first = type.lowercased().split(separator: ";", omittingEmptySubsequences: false).first ?? ""
        return String(first.filter { $0 != " " && $0 != "\t" })
    }

    private static func binary(
        _ bytes: [UInt8], _ kind: String, _ headers: [(name: String, value: String)], _ words: IntakeWords
    ) throws(IntakeRefusal) -> JSONTree {
        guard headers.count <= 100 else { throw IntakeRefusal(400, "Expected at most 100 attributes, found more.") }
        var members: [JSONTree.Member] = []
        for header in headers where header.name.hasPrefix("ce-") {
            members.append(.init(name: String(header.name.dropFirst(3)), value: .text(decoded(header.value))))
        }
        if !bytes.isEmpty {
            let isJSON = kind == "application/json" || kind == "text/json" || kind.hasSuffix("+json")
            let data: JSONTree =
                isJSON
                ? try JSONTree.read(bytes, words.limits)
                : .text(String(decoding: bytes.prefix(words.limits.textBytes), as: UTF8.self))
            members.append(.init(name: "data", value: data))
        }
        return .map(members)
    }

    /// As the HTTP binding has it: what is no plain letter is percent-encoded.
    private static func decoded(_ value: String) -> String {
        let bytes = Array(value.utf8)
        var result: [UInt8] = []
        var at = 0
        while at < bytes.count {
            if bytes[at] == UInt8(ascii: "%"), at + 2 < bytes.count,
                let byte = UInt8(String(decoding: bytes[(at + 1)...(at + 2)], as: UTF8.self), radix: 16)
            {
                result.append(byte)
                at += 3
            } else {
                result.append(bytes[at])
                at += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    // MARK: - One event

    private static func alert(
        _ event: JSONTree, _ words: IntakeWords, _ now: Int64, _ sender: String, _ gathering: inout Gathering
    ) throws(IntakeRefusal) -> RaisedAlert {
        guard event.members != nil else {
            throw IntakeRefusal(400, "Expected an event as an object, found \(event.kind).")
        }
        guard let version = event["specversion"]?.text, version == "1.0" || version.hasPrefix("1.") else {
            throw IntakeRefusal(400, "Expected specversion 1.0, found \(event["specversion"]?.kind ?? "none").")
        }
        let id = try attribute("id", event)
        let source = try attribute("source", event)
        let type = try attribute("type", event)
        let subject = event["subject"]?.text ?? ""
        let time = try Instant.read(optional: event["time"], "time")
        let data = event["data"] ?? .null
        // Members that say one thing, and those of its labels.
        let flat = (data.members ?? []).filter { $0.value.word != nil && $0.name.utf8.count <= words.limits.nameBytes }
        var whole = Array(flat.prefix(64)) + (data["labels"]?.members ?? [])
        whole.append(.init(name: "event.type", value: .text(type)))
        whole.append(.init(name: "event.source", value: .text(source)))
        whole.append(.init(name: "event.id", value: .text("\(source) \(id)")))
        if !subject.isEmpty { whole.append(.init(name: "subject", value: .text(subject))) }
        let labels = try LabelReading(.map(whole), words.limits, &gathering)
        let (matter, ends) = matter(type, data)
        let named = ["fingerprint", "dedup_key", "alert_id"].lazy.compactMap { data[$0]?.word }.first { !$0.isEmpty }
        let said = ["text", "message", "summary", "description", "title"].lazy.compactMap { data[$0]?.text }.first
        let last = source.split(separator: "/").last.map(String.init) ?? source
        let about = named.map { [source, $0] } ?? [source, matter, subject]
        let bytes = about.flatMap { Array("\($0.utf8.count):\($0)".utf8) }
        return RaisedAlert(
            .cloudevents,
            fingerprint: "cloudevent/" + Digest("kintsugi event 1", of: bytes).description.prefix(32),
            name: (data["name"]?.text ?? data["alertname"]?.text ?? matter).cut(256),
            node: (labels.first(of: words.nodeLabels) ?? last).cut(256),
            severity: SeverityWords.read(labels.first(of: words.severityLabels) ?? ""),
            state: ends ? .resolved : .firing, labels: labels.kept,
            text: (said ?? data.text ?? "\(type) of \(source)").cut(words.limits.textBytes), began: time ?? now,
            ended: ends ? time ?? now : nil, isBeginningTold: false, link: data["link"]?.text.map { $0.cut(2_048) },
            sender: sender)
    }

    private static func attribute(_ name: String, _ event: JSONTree) throws(IntakeRefusal) -> String {
        guard let value = event[name]?.text, value.utf8.count <= 2_048 else {
            throw IntakeRefusal(
                400, "Expected the attribute \(name) of 1 to 2048 bytes, found \(event[name]?.kind ?? "none").")
        }
        return value
    }

    /// The type without its last word where that says whether it begins or ends, and whether it ends.
    private static func matter(_ type: String, _ data: JSONTree) -> (name: String, ends: Bool) {
        let ends = ["resolved", "cleared", "recovered", "closed", "ok", "ended"]
        let begins = ["firing", "raised", "triggered", "opened", "fired", "alerting", "updated"]
        let state = (data["status"]?.text ?? data["state"]?.text)?.lowercased()
        var parts = type.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        let last = parts.last?.lowercased() ?? ""
        if parts.count > 1, ends.contains(last) || begins.contains(last) { parts.removeLast() }
        return (parts.joined(separator: "."), ends.contains(last) || state.map(ends.contains) == true)
    }
}
