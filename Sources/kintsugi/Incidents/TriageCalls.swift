import Bus
import Commands
import Contracts
import Glibc
import Host
import Signals

extension Operator {
    /// The triage agent, asked. What is asked may be asked again: nothing takes effect twice.
    func triage<Answer: Sendable>(
        _ places: Places, _ ask: @escaping @Sendable ($TriageDesk<BusSystem>) async throws -> Answer
    ) throws(Failure) -> Answer {
        try onBus(places) { bus in
            bus.allow(TriageRefusal.self, as: "TriageRefusal")
            let desk = try $TriageDesk<BusSystem>.resolve(id: BusID(role: "triage"), using: bus)
            return try await withCallOptions(patience: .seconds(10), idempotent: true) {
                try await Self.patiently { try await ask(desk) }
            }
        }
    }

    /// Between two writers nobody writes for a moment: then it is asked again.
    private static func patiently<Answer: Sendable>(
        _ ask: @Sendable () async throws -> Answer
    ) async throws -> Answer {
        let end = ContinuousClock.now + .seconds(8)
        while true {
            do { return try await ask() } catch let refusal as TriageRefusal {
                guard case .later = refusal, ContinuousClock.now < end else { throw refusal }
                // The pace of asking; what is waited for is the answer.
                try await Task.sleep(for: .milliseconds(250))
            }
        }
    }

    /// The incident that the command line names.
    func incidentNamed(_ invocation: Invocation, _ places: Places) throws(Failure) -> Incident {
        let id = invocation.text("INCIDENT") ?? ""
        guard let found = try triage(places, { try await $0.incident(id) }) else {
            throw Failure("there is no incident \"\(harmless(id))\" (see them: kintsugi incident list)")
        }
        return found
    }

    /// Who gives the command, by the command line or because the cluster is theirs.
    func person(_ invocation: Invocation) -> String { invocation.text("as") ?? LocalPerson.name }

    /// Another one each time.
    func freshID() -> UUID {
        var chance = SystemRandomNumberGenerator()
        return UUID.random(using: &chance)
    }

    /// The span that `--for` names, in nanoseconds.
    func span(_ invocation: Invocation) throws(Failure) -> Int64 {
        let text = invocation.text("for") ?? ""
        guard let length = TimeWords.length(text), length > 0 else {
            throw Failure(
                "--for: expected a span such as 90s, 15m, 2h or 3d, found \"\(harmless(text))\"", exit: ExitCode.usage)
        }
        return length
    }
}
