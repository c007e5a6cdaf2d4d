import Contracts
import Signals
import Store
import Web

/// Who may do what here, and the record of what was done.
struct Acting: Sendable {
    static let see: Access = ["viewer", "operator", "approver", "admin"]
    static let work: Access = ["operator", "approver", "admin"]
    static let agree: Access = ["approver", "admin"]
    static let rule: Access = ["admin"]

    private let note: WriteCommand<Act, Bool>
    private let log: Log

    init(_ store: Store, log: Log) {
        note = store.register("comms.act") {
            try Tables.note($1, $0)
            return true
        }
        self.log = log
    }

    /// Does what a person wants, and writes down who wanted it and what became of it.
    func act<Value: Sendable>(
        _ request: Request, _ act: String, _ subject: String, _ text: String = "",
        _ body: () async throws -> Value
    ) async throws -> Value {
        let person = request.caller?.name ?? "nobody"
        do {
            let value = try await body()
            await record(Act(person: person, act: act, subject: subject, text: text, outcome: "done"))
            return value
        } catch {
            let why = (error as? Problem)?.detail ?? "\(error)"
            await record(Act(person: person, act: act, subject: subject, text: text, outcome: why))
            throw error
        }
    }

    /// What cannot be written down is at least in the log: it has happened all the same.
    func record(_ act: Act) async {
        do { _ = try await note(act) } catch {
            log.error(
                "an act could not be recorded",
                [
                    "person": .text(act.person), "act": .text(act.act), "subject": .text(act.subject),
                    "outcome": .text(act.outcome), "why": "\(error)",
                ])
        }
    }
}
