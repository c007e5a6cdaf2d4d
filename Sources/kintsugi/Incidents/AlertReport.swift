import Contracts

/// Alerts for a person.
enum AlertReport {
    static func list(_ records: [AlertRecord], _ paint: Paint) -> String {
        guard !records.isEmpty else { return "No such alert was heard.\n" }
        var table = Table(
            ["LAST HEARD", "STATE", "SEVERITY", "SERVICE", "NAME", "INCIDENT", "HEARD", "FINGERPRINT"],
            rightAligned: [6])
        for record in records {
            let alert = record.alert
            table.rows.append([
                TimeWords.date(record.lastHeard), state(record), alert.severity.rawValue,
                alert.node.isEmpty ? "–" : alert.node, alert.name, record.receipt.incident ?? "–",
                "\(record.deliveries)", alert.fingerprint,
            ])
        }
        return table.text(paint) { row, column in
            switch column {
            case 1: records[row].alert.state == .firing ? .yellow : .grey
            case 2: IncidentWords.colour(records[row].alert.severity)
            default: nil
            }
        }
    }

    private static func state(_ record: AlertRecord) -> String {
        guard record.alert.state == .firing else { return "ended" }
        switch record.receipt.disposition {
        case .suppressed: return "held back"
        case .watched: return "watched"
        case .incident, .repeated, .resolved: return "fires"
        }
    }

    static func receipt(_ receipt: AlertReceipt, _ paint: Paint) -> String {
        let what =
            switch receipt.disposition {
            case .incident: "The alert belongs to the incident \(receipt.incident ?? "that it opens")."
            case .repeated:
                "It was heard before, in this episode"
                    + (receipt.incident.map { "; it belongs to the incident \($0)." } ?? ".")
            case .resolved: "The alert has ended."
            case .watched: "The alert is watched: alone it opens nothing."
            case .suppressed: "The alert is held back."
            }
        return ([what, "  fingerprint  \(receipt.fingerprint)"].map(harmless) + reasons(receipt.reasons, paint))
            .joined(separator: "\n") + "\n"
    }

    static func explanation(_ explanation: AlertExplanation, _ paint: Paint) -> String {
        var lines: [String] = []
        for record in explanation.episodes {
            let alert = record.alert
            let end = alert.state == .resolved ? " until \(TimeWords.date(alert.ended ?? record.lastHeard))" : ""
            lines.append(paint(harmless(alert.fingerprint), .bold) + "  \(harmless(alert.name))")
            lines.append(
                harmless(
                    "  \(state(record)), \(alert.severity.rawValue), since \(TimeWords.date(alert.began))\(end) UTC, heard "
                        + "\(record.deliveries) times, from \(alert.source.rawValue) \(alert.sender)"))
            if !alert.text.isEmpty { lines.append(contentsOf: IncidentWords.lines(alert.text, indent: "  ")) }
            lines.append("  \(harmless(decision(record.receipt)))")
            lines += reasons(record.receipt.reasons, paint)
        }
        if !explanation.decisions.isEmpty { lines.append(paint("Decisions", .bold)) }
        for dated in explanation.decisions {
            lines.append("  \(TimeWords.date(dated.at))  \(harmless(decision(dated.receipt)))")
            lines += reasons(dated.receipt.reasons, paint)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func decision(_ receipt: AlertReceipt) -> String {
        receipt.disposition.rawValue + (receipt.incident.map { " of \($0)" } ?? "")
    }

    static func reasons(_ reasons: [DecisionReason], _ paint: Paint) -> [String] {
        reasons.map { reason in
            let points = reason.points.map { "\(IncidentWords.signed($0)) " } ?? ""
            return "    \(points)\(paint(harmless(reason.rule), .cyan)): \(harmless(reason.text))"
        }
    }

    static func silences(_ silences: [SilenceNote], _ paint: Paint) -> String {
        guard !silences.isEmpty else { return "No silence holds.\n" }
        var table = Table(["ID", "UNTIL", "WHO", "MATCHERS", "WHY"])
        for one in silences {
            table.rows.append([
                one.id, TimeWords.date(one.until), one.person, one.matchers.joined(separator: " "), one.text,
            ])
        }
        return table.text(paint)
    }
}
