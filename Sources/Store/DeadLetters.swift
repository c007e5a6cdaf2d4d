public import Signals

/// A message that was given up.
public struct DeadLetter: Sendable, Equatable, Codable {
    public let number: Int64
    /// `waiting` for a person's decision, `redriven` or `dropped`.
    public let state: String
    public let target: String
    public let id: String
    public let type: String
    public let key: String
    public let body: [UInt8]
    public let created: WallTime
    public let died: WallTime
    public let attempts: Int
    public let deaths: Int
    public let reason: String
    public let trace: String?
}

/// One thing that happened to a dead letter.
public struct DeadLetterStep: Sendable, Equatable, Codable {
    public let at: WallTime
    public let what: String
}

/// What a person decides about a dead letter.
public enum DeadLetterDecision: Codable, Sendable, Equatable {
    case redrive(Int64, by: String)
    case drop(Int64, by: String, reason: String)
}

extension Store {
    /// Registers the command by which any process of the service decides about a dead letter; it answers false when
    /// none of that number waits. Once for each store.
    public func registerDeadLetters() -> WriteCommand<DeadLetterDecision, Bool> {
        register("store.dead-letters") { (context, decision: DeadLetterDecision) in
            do {
                switch decision {
                case .redrive(let number, let person): try context.redrive(number, by: person)
                case .drop(let number, let person, let reason):
                    try context.drop(number, by: person, reason: reason)
                }
                return true
            } catch StoreError.noDeadLetter { return false }
        }
    }

    /// The dead letters that wait for a decision, or all, from the oldest on behind `after`.
    public func deadLetters(after: Int64 = 0, limit: Int = 100, waitingOnly: Bool = true) async throws -> [DeadLetter] {
        try await read { try $0.deadLetters(after: after, limit: limit, waitingOnly: waitingOnly) }
    }

    /// One dead letter and what happened to it; nil when there is none of this number.
    public func deadLetter(_ number: Int64) async throws -> (letter: DeadLetter, history: [DeadLetterStep])? {
        guard let letter = try await deadLetters(after: number - 1, limit: 1, waitingOnly: false).first,
            letter.number == number
        else { return nil }
        return (letter, try await read { try $0.deadLetterHistory(number) })
    }
}

extension Connection {
    /// The dead letters that wait for a decision, or all, from the oldest on behind `after`.
    public func deadLetters(after: Int64 = 0, limit: Int = 100, waitingOnly: Bool = true) throws -> [DeadLetter] {
        try all(
            """
            SELECT number, state, target, id, type, key, body, created, died, attempts, deaths, reason, trace
            FROM dead_letters WHERE number > ? AND (state = 'waiting' OR NOT ?) ORDER BY number LIMIT ?
            """, after, waitingOnly ? 1 : 0, limit, read: DeadLetter.init(row:))
    }

    /// What happened to a dead letter, step by step.
    public func deadLetterHistory(_ number: Int64) throws -> [DeadLetterStep] {
        try all("SELECT at, what FROM dead_letter_history WHERE number = ? ORDER BY step LIMIT 1000", number) {
            DeadLetterStep(at: WallTime(nanoseconds: try $0.value(0)), what: try $0.value(1))
        }
    }
}

extension WriteContext {
    /// Puts a dead letter back into the outbox, with the id it had: a receiver that took it after all does so once.
    public func redrive(_ number: Int64, by person: String) throws {
        try decide(number, "redriven", "redriven by \(person)")
        let found = try first("SELECT target, type, key, body, id, trace FROM dead_letters WHERE number = ?", number) {
            OutboxMessage(
                target: try $0.value(0), type: try $0.value(1), key: try $0.value(2), body: try $0.value(3),
                id: try $0.value(4), trace: try $0.value(5, as: String?.self).flatMap { TraceContext(traceparent: $0) })
        }
        guard let found else { throw StoreError.noDeadLetter(number) }
        try send(found)
    }

    /// Gives a message up for good; it stays to be read, with the reason.
    public func drop(_ number: Int64, by person: String, reason: String) throws {
        try decide(number, "dropped", "dropped by \(person): \(reason)")
    }

    /// Puts the oldest dead letters of a target that wait back into the outbox; how many.
    public func redrive(target: String, limit: Int?, by person: String) throws -> Int {
        let sql = "SELECT number FROM dead_letters WHERE target = ? AND state = 'waiting' ORDER BY number LIMIT ?"
        let numbers = try all(sql, target, limit ?? -1) { try $0.value(0, as: Int64.self) }
        for number in numbers { try redrive(number, by: person) }
        return numbers.count
    }

    /// Moves all that waits in the outbox for a target to the dead letters; how many. What is under way at this moment
    /// may arrive all the same: sent again later, it has its effect once.
    public func drain(target: String, reason: String) throws -> Int {
        let last = try first("SELECT max(seq) FROM outbox WHERE target = ?", target) {
            try $0.value(0, as: Int64?.self)
        }
        guard let last, let last else { return 0 }
        let before = try first("SELECT coalesce(max(number), 0) FROM dead_letters") { try $0.value(0, as: Int64.self) }
        try run(
            """
            INSERT INTO dead_letters (state, target, id, type, key, body, created, attempts, deaths, trace, died, reason)
            SELECT 'waiting', target, id, type, key, body, created, attempts, deaths, trace, ?, ? FROM outbox
            WHERE target = ? ORDER BY seq
            """, now.nanoseconds, reason, target)
        try run(
            "INSERT INTO dead_letter_history SELECT number, 1, ?, ? FROM dead_letters WHERE number > ?",
            now.nanoseconds, "put aside: \(reason)", before ?? 0)
        let count = try run("DELETE FROM outbox WHERE target = ?", target)
        drained.append((target, last))
        return count
    }

    private func decide(_ number: Int64, _ state: String, _ what: String) throws {
        let sql = "UPDATE dead_letters SET state = ? WHERE number = ? AND state = 'waiting'"
        guard try run(sql, state, number) == 1 else { throw StoreError.noDeadLetter(number) }
        try remember(number, what)
    }

    /// Moves a message from the outbox to the dead letters.
    func bury(_ target: String, _ seq: Int64, _ attempts: Int, _ deaths: Int, _ reason: String) throws {
        let number = try first(
            """
            INSERT INTO dead_letters (state, target, id, type, key, body, created, attempts, deaths, trace, died, reason)
            SELECT 'waiting', target, id, type, key, body, created, ?, ?, trace, ?, ? FROM outbox
            WHERE target = ? AND seq = ? RETURNING number
            """, attempts, deaths, now.nanoseconds, reason, target, seq
        ) { try $0.value(0, as: Int64.self) }
        guard let number else { return }
        try remember(number, "given up after \(attempts) attempts and \(deaths) deaths: \(reason)")
        try run("DELETE FROM outbox WHERE target = ? AND seq = ?", target, seq)
    }

    private func remember(_ number: Int64, _ what: String) throws {
        try run(
            """
            INSERT INTO dead_letter_history SELECT ?1, coalesce(max(step), 0) + 1, ?2, ?3 FROM dead_letter_history
            WHERE number = ?1
            """, number, now.nanoseconds, what)
    }
}

extension DeadLetter {
    fileprivate init(row: borrowing Row) throws {
        self.init(
            number: try row.value(0), state: try row.value(1), target: try row.value(2), id: try row.value(3),
            type: try row.value(4), key: try row.value(5), body: try row.value(6),
            created: WallTime(nanoseconds: try row.value(7)), died: WallTime(nanoseconds: try row.value(8)),
            attempts: try row.value(9), deaths: try row.value(10), reason: try row.value(11), trace: try row.value(12))
    }
}
