import Commands
import Contracts
import Glibc
import Host
import Signals

extension Operator {
    func incident(_ invocation: Invocation, _ places: Places) throws(Failure) -> Int32 {
        switch invocation.path.last {
        case "list": try incidents(invocation, places)
        case "show": try showIncident(invocation, places)
        case "watch": try watch(invocation, places)
        case "create": try create(invocation, places)
        case "approve": return try answer(.approve, invocation, places)
        case "reject": return try answer(.reject, invocation, places)
        case "silence": try silenceIncident(invocation, places)
        default: try wish(invocation, places)
        }
        return ExitCode.success
    }

    private func incidents(_ invocation: Invocation, _ places: Places) throws(Failure) {
        var wanted = IncidentQuery()
        wanted.onlyOpen = invocation.has("open")
        wanted.stages = invocation.text("stage").flatMap { IncidentStage(rawValue: $0) }.map { [$0] } ?? []
        wanted.before = invocation.text("before")
        wanted.limit = invocation.number("limit") ?? 40
        let query = wanted
        let found = try triage(places) { try await $0.incidents(query) }
        terminal.write(invocation.has("json") ? json(found) : IncidentList.text(found, terminal.paint))
    }

    private func showIncident(_ invocation: Invocation, _ places: Places) throws(Failure) {
        let incident = try incidentNamed(invocation, places)
        guard !invocation.has("json") else { return terminal.write(json(incident)) }
        var alertsOfIt = AlertQuery()
        alertsOfIt.incident = incident.id
        alertsOfIt.limit = 10
        let query = alertsOfIt
        let alerts = try triage(places) { try await $0.alerts(query) }
        terminal.write(IncidentReport(incident: incident, alerts: alerts, paint: terminal.paint).text)
    }

    /// Reports what a person saw, and waits until it is known which incident that is.
    private func create(_ invocation: Invocation, _ places: Places) throws(Failure) {
        let alert = AlertWish.report(
            invocation, id: freshID().description, person: person(invocation), now: WallTime.now.nanoseconds)
        let receipt = try raise(alert, places)
        var id = receipt.incident
        var wanted = AlertQuery()
        wanted.fingerprint = alert.fingerprint
        let query = wanted
        let end = ContinuousClock.now + .seconds(10)
        while id == nil, receipt.disposition != .suppressed, ContinuousClock.now < end {
            id = try triage(places) { try await $0.alerts(query) }.first?.receipt.incident
            // The pace of asking; what is waited for is the incident.
            if id == nil { poll(nil, 0, 300) }
        }
        guard let id else {
            let why = receipt.reasons.map(\.text).joined(separator: "; ")
            throw Failure(
                "the report was taken as \(receipt.disposition.rawValue), and is part of no incident: \(harmless(why))")
        }
        var known = receipt
        known.incident = id
        guard !invocation.has("json") else { return terminal.write(json(known)) }
        let why = known.reasons.last.map { ": \($0.text)" } ?? ""
        terminal.write(harmless("\(id)  the report belongs to it\(why)") + "\n")
    }

    /// What a person wants; the incident as it is then.
    private func wish(_ invocation: Invocation, _ places: Places) throws(Failure) {
        let order = PersonalOrder(
            id: freshID().description, incident: invocation.text("INCIDENT") ?? "",
            command: IncidentWish.command(invocation, person: person(invocation)))
        let after = try triage(places) { try await $0.command(order) }
        terminal.write(invocation.has("json") ? json(after) : IncidentWords.standing(after) + "\n")
    }
}

extension IncidentWish {
    /// The command that a command line stands for.
    static func command(_ invocation: Invocation, person: String) -> IncidentCommand {
        let text = invocation.text("TEXT") ?? ""
        let kind: IncidentCommand.Kind
        switch invocation.path.last {
        case "comment": return IncidentCommand(.comment(text), person: person)
        case "score": kind = .score(invocation.number("SCORE") ?? 0)
        case "escalate": kind = .escalate
        case "take": kind = .take
        case "resolve": kind = .resolve
        case "fail": kind = .fail
        case "retry": kind = .retry
        default: kind = .acknowledge
        }
        return IncidentCommand(kind, person: person, text: text)
    }
}
