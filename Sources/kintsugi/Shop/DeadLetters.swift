import Commands
import Contracts
import Glibc
import Host
import Signals
import Store
import Worker

/// The messages that services gave up: shown from their files, decided by the process that writes them.
struct DeadLetters {
    /// The services that have an outbox.
    static let services = ["orders", "inventory", "telemetry", "triage"]

    struct Entry: Encodable {
        let service: String
        let number: Int64
        let state: String
        let target: String
        let type: String
        let key: String
        let created: String
        let died: String
        let attempts: Int
        let deaths: Int
        let reason: String
        /// As JSON, where the body is one of ours.
        let body: String
        let trace: String?
        let history: [String]
    }

    let places: Places

    /// Those of one service, or of all.
    func list(_ service: String?, all: Bool) throws -> [Entry] {
        try Self.services.filter { service == nil || $0 == service }.flatMap { service in
            let file = ServiceStore.file(of: service, data: places.data)
            guard access(file, R_OK) == 0 else { return [Entry]() }
            return try Inspection.read(file) { connection in
                try connection.deadLetters(waitingOnly: !all).map { try entry(service, $0, connection) }
            }
        }
    }

    func show(_ name: Name) throws -> Entry {
        let file = ServiceStore.file(of: name.service, data: places.data)
        return try Inspection.read(file) { connection in
            guard let letter = try connection.deadLetters(after: name.number - 1, limit: 1, waitingOnly: false).first,
                letter.number == name.number
            else { throw Failure("\(name.service) has no dead letter \(name.number); see: kintsugi dead-letters list") }
            return try entry(name.service, letter, connection)
        }
    }

    private func entry(_ service: String, _ letter: DeadLetter, _ connection: Connection) throws -> Entry {
        let body = (try? JSONText.unpack(letter.body)).map { String(decoding: $0, as: UTF8.self) }
        return Entry(
            service: service, number: letter.number, state: letter.state, target: letter.target, type: letter.type,
            key: letter.key, created: letter.created.iso8601, died: letter.died.iso8601, attempts: letter.attempts,
            deaths: letter.deaths, reason: letter.reason, body: body ?? "\(letter.body.count) bytes",
            trace: letter.trace,
            history: try connection.deadLetterHistory(letter.number).map { "\($0.at.iso8601) \($0.what)" })
    }

    /// Decides, in the process that writes the file; false where no such letter waits.
    func decide(_ service: String, _ decision: DeadLetterDecision) async throws -> Bool {
        let file = ServiceStore.file(of: service, data: places.data)
        let write = ForwardedWrite(
            id: newIdentifier(), command: "store.dead-letters", body: try Packed.encode(decision))
        let answers = try await OperatorBus.use(places) { bus in
            try await ServiceStore.forward([write], file: file, role: service, bus: bus)
        }
        switch answers.first?.outcome {
        case .done(let reply): return try Packed.decode(Bool.self, from: reply)
        case .refused(let reason), .later(let reason): throw Failure("\(service) did not take it: \(reason)")
        case nil: throw Failure("\(service) did not answer")
        }
    }

    /// A dead letter as a person names it: `orders/12`.
    struct Name {
        let service: String
        let number: Int64

        init(_ text: String) throws(Failure) {
            let parts = text.split(separator: "/")
            guard parts.count == 2, let number = Int64(parts[1]), DeadLetters.services.contains(String(parts[0])) else {
                throw Failure("expected a dead letter such as orders/12, found \"\(text)\"", exit: ExitCode.usage)
            }
            service = String(parts[0])
            self.number = number
        }
    }
}

extension Operator {
    func deadLetters(_ invocation: Invocation, _ places: Places) throws(Failure) {
        let letters = DeadLetters(places: places)
        let asJSON = invocation.has("json")
        switch invocation.path.last {
        case "list":
            let entries = try failing { try letters.list(invocation.text("SERVICE"), all: invocation.has("all")) }
            guard !asJSON else { return terminal.write(json(entries)) }
            guard !entries.isEmpty else { return terminal.write("No message was given up.\n") }
            for entry in entries {
                let name = "\(entry.service)/\(entry.number)"
                terminal.write(
                    harmless(
                        "\(name)  \(entry.state)  \(entry.type) to \(entry.target), \(entry.died): \(entry.reason)")
                        + "\n")
            }
        case "show":
            let name = try DeadLetters.Name(invocation.text("LETTER") ?? "")
            let entry = try failing { try letters.show(name) }
            guard !asJSON else { return terminal.write(json(entry)) }
            let lines =
                [
                    "\(name.service)/\(name.number) (\(entry.state)): \(entry.type) to \(entry.target), key \(entry.key)",
                    "sent first \(entry.created), given up \(entry.died) after \(entry.attempts) attempts and "
                        + "\(entry.deaths) deaths: \(entry.reason)", "trace \(entry.trace ?? "none")", entry.body,
                ] + entry.history
            terminal.write(lines.map(harmless).joined(separator: "\n") + "\n")
        default: try decide(invocation, letters)
        }
    }

    private func decide(_ invocation: Invocation, _ letters: DeadLetters) throws(Failure) {
        let name = try DeadLetters.Name(invocation.text("LETTER") ?? "")
        let person = environment("USER") ?? "operator"
        let drops = invocation.path.last == "drop"
        let decision: DeadLetterDecision =
            drops
            ? .drop(name.number, by: person, reason: invocation.text("reason") ?? "no reason was given")
            : .redrive(name.number, by: person)
        let done = try failing { try waiting { try await letters.decide(name.service, decision) } }
        guard done else {
            throw Failure("no dead letter \(name.number) of \(name.service) waits; see: kintsugi dead-letters list")
        }
        let note = "\(name.service)/\(name.number) \(drops ? "was dropped" : "is on its way again")"
        terminal.write(invocation.has("json") ? json(["done": note]) : note + "\n")
    }

    /// Copies a service's file while it runs.
    func backup(_ invocation: Invocation, _ places: Places) throws(Failure) {
        let (service, copy) = (invocation.text("SERVICE") ?? "", invocation.text("FILE") ?? "")
        let file = ServiceStore.file(of: service, data: places.data)
        guard access(file, R_OK) == 0 else { throw Failure("\(service) has no file in \(places.data)") }
        try failing { try Backup.make(of: file, to: copy) }
        let note = "\(service) was copied to \(copy), and the copy was checked"
        terminal.write(invocation.has("json") ? json(["done": note]) : note + "\n")
    }

    /// Puts a copy in the place of a file that nobody writes.
    func restore(_ invocation: Invocation, _ places: Places) throws(Failure) {
        let (service, copy) = (invocation.text("SERVICE") ?? "", invocation.text("FILE") ?? "")
        let file = ServiceStore.file(of: service, data: places.data)
        do { try Backup.restore(copy, to: file) } catch StoreError.leaseHeld {
            throw Failure("\(service) is running: stop it first (kintsugi scale \(service) 0), and start it afterwards")
        } catch { throw Failure("\(error)") }
        let note = "\(service) has the state of \(copy); what was there is beside it as .before-restore"
        terminal.write(invocation.has("json") ? json(["done": note]) : note + "\n")
    }
}
