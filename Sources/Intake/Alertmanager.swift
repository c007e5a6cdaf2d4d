import Contracts

/// What Alertmanager sends to its receivers, and what Prometheus sends to Alertmanager.
///
/// The fingerprint is that of the labels, so that one alert that comes by both ways is one.
public enum AlertmanagerIntake {
    /// A webhook of version 4, of Alertmanager 0.25 and later; what else it may have in it is passed over.
    public static func webhook(
        _ bytes: [UInt8], _ words: IntakeWords, now: Int64, sender: String
    ) throws(IntakeRefusal) -> IntakeResult {
        let body = try JSONTree.read(bytes, words.limits)
        guard body.members != nil else { throw IntakeRefusal(400, "Expected an object, found \(body.kind).") }
        guard body["version"] == .text("4") else {
            let found = body["version"]?.kind ?? "none"
            throw IntakeRefusal(400, "Expected a webhook of Alertmanager with \"version\": \"4\", found \(found).")
        }
        guard let items = body["alerts"]?.list, !items.isEmpty else {
            throw IntakeRefusal(400, "Expected a list of alerts, found \(body["alerts"]?.kind ?? "none").")
        }
        var gathering = Gathering()
        if case .number(let left)? = body["truncatedAlerts"], left > 0, left < 1e12 {
            gathering.note("the sender left out \(Int64(left)) alerts of this group (its max_alerts)")
        }
        try limit(items.count, words)
        for (index, item) in items.enumerated() {
            gathering.take(index) { gathering throws(IntakeRefusal) in
                guard let status = item["status"], status == .text("firing") || status == .text("resolved") else {
                    throw IntakeRefusal(
                        422, "expected status firing or resolved, found \(item["status"]?.kind ?? "none")")
                }
                let isFiring = status == .text("firing")
                var alert = try read(item, .alertmanager, words, now, sender, &gathering)
                alert.state = isFiring ? .firing : .resolved
                // Of one that fires the webhook says when Alertmanager would forget it, which it will tell itself.
                if isFiring { alert.ended = nil } else { alert.ended = alert.ended ?? now }
                return alert
            }
        }
        return try gathering.result()
    }

    /// `POST /api/v2/alerts`: a list of alerts. One that ended in the past is resolved; the others end when they say so
    /// unless they are told again.
    public static func postedAlerts(
        _ bytes: [UInt8], _ words: IntakeWords, now: Int64, sender: String
    ) throws(IntakeRefusal) -> IntakeResult {
        let body = try JSONTree.read(bytes, words.limits)
        guard let items = body.list else { throw IntakeRefusal(400, "Expected a list of alerts, found \(body.kind).") }
        try limit(items.count, words)
        var gathering = Gathering()
        for (index, item) in items.enumerated() {
            gathering.take(index) { gathering throws(IntakeRefusal) in
                var alert = try read(item, .prometheus, words, now, sender, &gathering)
                guard !alert.labels.isEmpty else { throw IntakeRefusal(422, "expected at least one label, found none") }
                if let ended = alert.ended, ended <= now {
                    alert.state = .resolved
                    alert.began = min(alert.began, ended)
                } else if alert.ended == nil {
                    // Alertmanager's resolve_timeout.
                    alert.ended = now + 300_000_000_000
                }
                return alert
            }
        }
        return try gathering.result()
    }

    private static func limit(_ count: Int, _ words: IntakeWords) throws(IntakeRefusal) {
        guard count <= words.limits.alerts else {
            throw IntakeRefusal(413, "Send at most \(words.limits.alerts) alerts at a time; these are \(count).")
        }
    }

    private static func read(
        _ item: JSONTree, _ source: RaisedAlert.Source, _ words: IntakeWords, _ now: Int64, _ sender: String,
        _ gathering: inout Gathering
    ) throws(IntakeRefusal) -> RaisedAlert {
        guard item.members != nil else { throw IntakeRefusal(422, "expected an object, found \(item.kind)") }
        let labels = try LabelReading(item["labels"], words.limits, &gathering)
        guard !labels.whole.isEmpty else { throw IntakeRefusal(422, "expected at least one label, found none") }
        let annotations = item["annotations"]
        let said = ["summary", "description", "message"].compactMap { annotations?[$0]?.text }
        let began = try Instant.read(optional: item["startsAt"], "startsAt")
        let ended = try Instant.read(optional: item["endsAt"], "endsAt")
        if let began, let ended, ended < began { throw IntakeRefusal(422, "expected endsAt after startsAt") }
        return RaisedAlert(
            source, fingerprint: labels.fingerprint, name: (labels.first(of: ["alertname"]) ?? "alert").cut(256),
            node: (labels.first(of: words.nodeLabels) ?? "").cut(256),
            severity: SeverityWords.read(labels.first(of: words.severityLabels) ?? ""), labels: labels.kept,
            text: said.joined(separator: ": ").cut(words.limits.textBytes), began: began ?? now, ended: ended,
            isBeginningTold: began != nil, link: item["generatorURL"]?.text.map { $0.cut(2_048) }, sender: sender)
    }
}
