import Bus
import Contracts
import Definitions
import Host
import Risk
import Signals
import Store
import Synchronization
import Web

/// Who is signed in. A cookie says whose session it is and until when, under this cluster's seal, so that any replica knows
/// it without asking; which sessions were ended, and who may do what, is read anew each second.
final class Sessions: Sendable {
    static let cookie = "kintsugi-session"

    private struct Known {
        var people = People()
        var ended: Set<String> = []
    }

    private let seal: Seal
    private let files: [String]
    private let store: Store
    private let log: Log
    private let known = Mutex(Known())
    private let begin: WriteCommand<KeptSession, Bool>
    private let finish: WriteCommand<String, Bool>
    private let attempts = Mutex<[String: TokenBucket]>([:])

    init(_ seal: Seal, people files: [String], store: Store, log: Log) {
        self.seal = seal
        self.files = files
        self.store = store
        self.log = log
        begin = store.register("comms.session") { try Tables.begin($1, $0) }
        finish = store.register("comms.session.end") {
            try Tables.end($1, $0)
            return true
        }
        readPeople()
    }

    /// Reads what may have changed.
    func look() async {
        readPeople()
        guard let ended = try? await store.read({ try Tables.ended($0) }) else { return }
        known.withLock { $0.ended = Set(ended) }
    }

    private func readPeople() {
        let found = Definitions.people(files: files)
        // With a mistake anywhere, those who were known stay.
        guard found.mistakes.isEmpty else {
            return log.limited(
                "people", .warning, "the people were not understood", ["mistake": "\(found.mistakes[0])"])
        }
        known.withLock { $0.people = found.people }
    }

    func person(_ name: String) -> Person? { known.withLock { $0.people.persons.first { $0.name == name } } }

    /// What somebody may do: each of the roles includes those before it.
    static func roles(of person: Person) -> [String] {
        let all = ["viewer", "operator", "approver", "admin"]
        let highest = person.roles.compactMap { all.firstIndex(of: $0.rawValue) }.max() ?? 0
        return Array(all[...highest])
    }

    // MARK: cookies

    /// Whose session a cookie is.
    func find(_ value: String, now: Int64 = WallTime.now.nanoseconds) -> Session? {
        guard let ticket = Ticket(value, seal), now < ticket.expires else { return nil }
        let person = known.withLock { known in
            known.ended.contains(ticket.id) ? nil : known.people.persons.first { $0.name == ticket.person }
        }
        guard let person else { return nil }
        return Session(name: person.name, roles: Self.roles(of: person), word: seal.mark("word", ticket.id))
    }

    func ticket(_ request: Request) -> Ticket? { request.cookie(Self.cookie).flatMap { Ticket($0, seal) } }

    func value(of session: KeptSession) -> String {
        Ticket(id: session.id, person: session.grant.person, expires: session.grant.expires).text(seal)
    }

    func cookie(_ session: KeptSession, isSecure: Bool) -> String {
        let seconds = max(0, (session.grant.expires - WallTime.now.nanoseconds) / 1_000_000_000)
        return Self.header(value(of: session), seconds, isSecure)
    }

    static func noCookie(isSecure: Bool) -> String { header("", 0, isSecure) }

    private static func header(_ value: String, _ seconds: Int64, _ isSecure: Bool) -> String {
        "\(cookie)=\(value); Path=/; HttpOnly; SameSite=Strict; Max-Age=\(seconds)" + (isSecure ? "; Secure" : "")
    }

    // MARK: beginning and end

    /// Begins a session by a person's word for its key.
    func begin(_ grant: SessionGrant) async throws -> KeptSession {
        let now = WallTime.now.nanoseconds
        try mayTry(grant.person)
        guard let person = person(grant.person), grant.holds(at: now),
            person.vouches(for: grant, verify: SigningKey.verify)
        else {
            throw Problem(
                403,
                "This is no word of a person who is known here, or it holds no longer: sign in anew (kintsugi console)."
            )
        }
        let session = KeptSession(id: newIdentifier(), grant: grant)
        guard try await begin(session) else {
            throw Problem(403, "This link was used before, and is good for once: make another one (kintsugi console).")
        }
        attempts.withLock { $0[grant.person] = nil }
        return session
    }

    /// Five at once, and then one a second for each name.
    private func mayTry(_ name: String) throws {
        let now = Moment.now
        let wait = attempts.withLock { attempts in
            if attempts.count > 1_000 { attempts = [:] }
            var bucket = attempts[name] ?? TokenBucket(perSecond: 1, burst: 5, at: now)
            let wait = bucket.take(now: now)
            attempts[name] = bucket
            return wait
        }
        if let wait { throw Problem(429, "Too many attempts to sign in with this name; wait.", retryAfter: wait) }
    }

    func end(_ id: String) async throws {
        _ = try await finish(id)
        known.withLock { _ = $0.ended.insert(id) }
    }

    func kept(_ id: String) async throws -> KeptSession? { try await store.read { try Tables.session(id, $0) } }
}

/// What a cookie says.
struct Ticket: Equatable {
    var id: String
    var person: String
    var expires: Int64

    init(id: String, person: String, expires: Int64) {
        (self.id, self.person, self.expires) = (id, person, expires)
    }

    /// Nil for what was not sealed here.
    init?(_ value: String, _ seal: Seal) {
        let parts = value.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4, seal.isMark(parts[3], of: "session", parts[..<3].joined(separator: ".")),
            let expires = Int64(parts[1]), let name = Self.bytes(parts[2])
        else { return nil }
        self.init(id: parts[0], person: name, expires: expires)
    }

    func text(_ seal: Seal) -> String {
        let name = person.utf8.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        let said = "\(id).\(expires).\(name)"
        return "\(said).\(seal.mark("session", said))"
    }

    private static func bytes(_ text: String) -> String? {
        let digits = text.compactMap(\.hexDigitValue)
        guard digits.count == text.count, digits.count % 2 == 0 else { return nil }
        return String(
            validating: stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) },
            as: UTF8.self)
    }
}
