import Commands
import Contracts
import Glibc
import Host
import Signals

extension Operator {
    func alert(_ invocation: Invocation, _ places: Places) throws(Failure) -> Int32 {
        switch invocation.path.last {
        case "send": try send(invocation, places)
        case "explain": try explainAlert(invocation, places)
        case "silence": try silence(invocation, places)
        case "silences":
            let silences = try triage(places) { try await $0.silences(nil) }
            terminal.write(invocation.has("json") ? json(silences) : AlertReport.silences(silences, terminal.paint))
        case "unsilence": try unsilence(invocation, places)
        default: try alerts(invocation, places)
        }
        return ExitCode.success
    }

    private func alerts(_ invocation: Invocation, _ places: Places) throws(Failure) {
        var wanted = AlertQuery()
        wanted.onlyFiring = invocation.has("firing")
        wanted.incident = invocation.text("incident")
        wanted.limit = invocation.number("limit") ?? 40
        let query = wanted
        let records = try triage(places) { try await $0.alerts(query) }
        terminal.write(invocation.has("json") ? json(records) : AlertReport.list(records, terminal.paint))
    }

    private func explainAlert(_ invocation: Invocation, _ places: Places) throws(Failure) {
        let fingerprint = invocation.text("FINGERPRINT") ?? ""
        let explanation = try triage(places) { try await $0.explain(fingerprint) }
        guard !explanation.episodes.isEmpty || !explanation.decisions.isEmpty else {
            throw Failure("no alert \"\(harmless(fingerprint))\" was heard (see them: kintsugi alert list)")
        }
        terminal.write(
            invocation.has("json") ? json(explanation) : AlertReport.explanation(explanation, terminal.paint))
    }

    private func send(_ invocation: Invocation, _ places: Places) throws(Failure) {
        let alert = try AlertWish.alert(invocation, person: person(invocation), now: WallTime.now.nanoseconds)
        let receipt = try raise(alert, places)
        terminal.write(invocation.has("json") ? json(receipt) : AlertReport.receipt(receipt, terminal.paint))
    }

    /// Says it; it is on disk when this returns.
    func raise(_ alert: RaisedAlert, _ places: Places) throws(Failure) -> AlertReceipt {
        guard let receipt = try triage(places, { try await $0.raise([alert]) }).first else {
            throw Failure("the triage agent has taken the alert, and does not say what became of it")
        }
        return receipt
    }

    // MARK: silences

    private func silence(_ invocation: Invocation, _ places: Places) throws(Failure) {
        let matchers = invocation.texts("match")
        guard !matchers.isEmpty else {
            throw Failure("expected --match MATCHER, such as 'node=\"orders\"', found nothing", exit: ExitCode.usage)
        }
        let now = WallTime.now.nanoseconds
        let note = SilenceNote(
            id: String(freshID().description.prefix(8)), matchers: matchers, from: now,
            until: now + (try span(invocation)), person: person(invocation), text: invocation.text("reason") ?? "")
        _ = try triage(places) { try await $0.silences(.begin(note)) }
        guard !invocation.has("json") else { return terminal.write(json(note)) }
        terminal.write(
            harmless("The silence \(note.id) holds until \(TimeWords.date(note.until)) UTC.")
                + " End it: kintsugi alert unsilence \(note.id)\n")
    }

    private func unsilence(_ invocation: Invocation, _ places: Places) throws(Failure) {
        let (id, person) = (invocation.text("ID") ?? "", person(invocation))
        let holding = try triage(places) { try await $0.silences(nil) }
        let ending = holding.map(\.id).filter { $0 == id || $0.hasPrefix("\(id)/") }
        guard !ending.isEmpty else {
            throw Failure("no silence \"\(harmless(id))\" holds (see them: kintsugi alert silences)")
        }
        let left = try triage(places) { desk in
            var left: [SilenceNote] = []
            for one in ending { left = try await desk.silences(.end(id: one, person: person)) }
            return left
        }
        guard !invocation.has("json") else { return terminal.write(json(left)) }
        terminal.write(ending.map { harmless("The silence \($0) is ended.") + "\n" }.joined())
    }

    /// The incident is noise, and so are its alerts for a while. They are held back first, so that none of them opens
    /// another incident in between.
    func silenceIncident(_ invocation: Invocation, _ places: Places) throws(Failure) {
        let incident = try incidentNamed(invocation, places)
        guard !incident.stage.isEnd else {
            throw Failure(
                "the incident \(incident.id) is \(incident.stage.rawValue) already; hold alerts back with "
                    + "kintsugi alert silence")
        }
        let now = WallTime.now.nanoseconds
        let (until, person, reason) = (
            now + (try span(invocation)), person(invocation), invocation.text("reason") ?? "noise"
        )
        let order = PersonalOrder(
            id: freshID().description, incident: incident.id,
            command: IncidentCommand(.suppress, person: person, text: reason))
        var alertsOfIt = AlertQuery()
        alertsOfIt.incident = incident.id
        alertsOfIt.limit = 1_000
        let query = alertsOfIt
        let (count, after) = try triage(places) { desk in
            let notes = AlertWish.silences(
                of: incident.id, try await desk.alerts(query), from: now, until: until, person: person, reason: reason)
            for note in notes { _ = try await desk.silences(.begin(note)) }
            return (notes.count, try await desk.command(order))
        }
        guard !invocation.has("json") else { return terminal.write(json(after)) }
        terminal.write(
            "\(IncidentWords.standing(after)) \(count) of its alerts are silent until \(TimeWords.date(until)) UTC; "
                + "end that: kintsugi alert unsilence \(incident.id)\n")
    }
}

/// What a command line says about an alert.
enum AlertWish {
    static func alert(_ invocation: Invocation, person: String, now: Int64) throws(Failure) -> RaisedAlert {
        let (name, node) = (invocation.text("NAME") ?? "", invocation.text("service") ?? "")
        let isResolved = invocation.has("resolved")
        return RaisedAlert(
            .person, fingerprint: invocation.text("fingerprint") ?? "person/\(node.isEmpty ? "-" : node)/\(name)",
            name: name, node: node, severity: severity(invocation), state: isResolved ? .resolved : .firing,
            labels: try labels(invocation.texts("label")), text: invocation.text("text") ?? "", began: now,
            ended: isResolved ? now : nil, isBeginningTold: false, sender: person)
    }

    /// A report is an alert of its own, whatever was reported before.
    static func report(_ invocation: Invocation, id: String, person: String, now: Int64) -> RaisedAlert {
        let text = [invocation.text("TITLE"), invocation.text("text")].compactMap(\.self).joined(separator: "\n")
        return RaisedAlert(
            .person, fingerprint: "person/\(id)", name: "report", node: invocation.text("service") ?? "",
            severity: severity(invocation), text: text, began: now, sender: person)
    }

    /// One for each alert of an incident, under names that begin with the incident's.
    static func silences(
        of incident: String, _ records: [AlertRecord], from: Int64, until: Int64, person: String, reason: String
    ) -> [SilenceNote] {
        var fingerprints: [String] = []
        for record in records where !fingerprints.contains(record.alert.fingerprint) {
            fingerprints.append(record.alert.fingerprint)
        }
        return fingerprints.enumerated().map { index, fingerprint in
            SilenceNote(
                id: "\(incident)/\(index + 1)", matchers: ["fingerprint=\"\(fingerprint)\""], from: from, until: until,
                person: person, text: reason)
        }
    }

    private static func severity(_ invocation: Invocation) -> FindingSeverity {
        FindingSeverity(rawValue: invocation.text("severity") ?? "") ?? .warning
    }

    private static func labels(_ texts: [String]) throws(Failure) -> [SignalLabel] {
        var labels: [SignalLabel] = []
        for text in texts {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw Failure("--label: expected NAME=VALUE, found \"\(harmless(text))\"", exit: ExitCode.usage)
            }
            guard !labels.contains(where: { $0.name == parts[0] }) else {
                throw Failure(
                    "--label: expected each name once, found \(harmless(parts[0])) twice", exit: ExitCode.usage)
            }
            labels.append(SignalLabel(parts[0], parts[1]))
        }
        return labels
    }
}
