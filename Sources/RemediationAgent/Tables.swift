import Capabilities
import Contracts
import Remedies
import Store

/// What the agent keeps: plans with what they were made from, executions with all that must be known before the next thing is
/// done, and the uses of capabilities at the forge's door.
enum Tables {
    static let migrations = [
        Migration(
            1, "remediation",
            """
            CREATE TABLE plans (
                step TEXT PRIMARY KEY, incident TEXT NOT NULL, at INTEGER NOT NULL, question BLOB NOT NULL,
                world BLOB NOT NULL, answer BLOB NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX plans_by_incident ON plans (incident, at);
            CREATE TABLE offers (
                plan BLOB PRIMARY KEY, at INTEGER NOT NULL, incident TEXT NOT NULL, body BLOB NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE TABLE executions (
                id TEXT PRIMARY KEY, incident TEXT NOT NULL, ended INTEGER NOT NULL, changed INTEGER NOT NULL,
                body BLOB NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX executions_open ON executions (ended, changed);
            CREATE TABLE uses (
                id TEXT PRIMARY KEY, at INTEGER NOT NULL, asked BLOB NOT NULL, use BLOB NOT NULL
            ) STRICT, WITHOUT ROWID;
            """),
        Migration(
            2, "the runbooks of plans",
            """
            CREATE TABLE runbooks (digest BLOB PRIMARY KEY, body BLOB NOT NULL) STRICT, WITHOUT ROWID;
            ALTER TABLE plans ADD COLUMN runbooks BLOB;
            """),
    ]

    /// A plan as it was offered, with what its pull requests say.
    struct KeptOffer: Codable, Sendable, Equatable {
        var offer: PlanOffer
        var diagnosis: Diagnosis
        /// Nanoseconds since 1970.
        var at: Int64
    }

    // MARK: plans

    static func answer(toStep step: String, _ context: WriteContext) throws -> PlanAnswer? {
        try context.first("SELECT answer FROM plans WHERE step = ?", step) { row in
            try Packed.decode(PlanAnswer.self, from: try row.value(0, as: [UInt8].self))
        }
    }

    static func keep(_ grounds: PlanGrounds, _ answer: PlanAnswer, _ context: WriteContext) throws {
        let question = grounds.question
        let world = grounds.world
        // They change seldom: each state of them is kept once.
        let runbooks = try Packed.encode(grounds.runbooks)
        let digest = Digest("kintsugi runbooks 1", of: runbooks)
        try context.run(
            "INSERT INTO runbooks (digest, body) VALUES (?, ?) ON CONFLICT DO NOTHING", digest.bytes, runbooks)
        try context.run(
            "INSERT INTO plans (step, incident, at, question, world, answer, runbooks) VALUES (?, ?, ?, ?, ?, ?, ?)",
            question.step, question.incident, world.now, try Packed.encode(question), try Packed.encode(world),
            try Packed.encode(answer), digest.bytes)
        guard case .offers(let offers) = answer else { return }
        for offer in offers {
            let kept = KeptOffer(offer: offer, diagnosis: question.diagnosis, at: world.now)
            try context.run(
                "INSERT INTO offers (plan, at, incident, body) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                offer.plan.digest.bytes, world.now, question.incident, try Packed.encode(kept))
        }
    }

    /// Nil where nothing was planned under that step, or before runbooks were kept.
    static func grounds(of step: String, _ connection: Connection) throws -> PlanGrounds? {
        try connection.first(
            """
            SELECT question, world, runbooks.body FROM plans JOIN runbooks ON runbooks.digest = plans.runbooks
            WHERE step = ?
            """, step
        ) { row in
            PlanGrounds(
                try Packed.decode(PlanQuestion.self, from: try row.value(0, as: [UInt8].self)),
                try Packed.decode(PlanningWorld.self, from: try row.value(1, as: [UInt8].self)),
                try Packed.decode([Runbook].self, from: try row.value(2, as: [UInt8].self)))
        }
    }

    static func offer(_ plan: Digest, _ connection: Connection) throws -> KeptOffer? {
        try connection.first("SELECT body FROM offers WHERE plan = ?", plan.bytes) { row in
            try Packed.decode(KeptOffer.self, from: try row.value(0, as: [UInt8].self))
        }
    }

    // MARK: executions

    static func execution(_ id: String, _ context: WriteContext) throws -> Execution? {
        try context.first("SELECT body FROM executions WHERE id = ?", id) { try execution($0, 0) }
    }

    static func keep(_ execution: Execution, _ context: WriteContext) throws {
        try context.run(
            """
            INSERT INTO executions (id, incident, ended, changed, body) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET ended = excluded.ended, changed = excluded.changed, body = excluded.body
            """, execution.id, execution.plan.incident, execution.errand == nil ? 1 : 0, execution.phaseSince,
            try Packed.encode(execution))
    }

    /// Those that are not over.
    static func open(_ context: WriteContext) throws -> [Execution] {
        try context.all("SELECT body FROM executions WHERE ended = 0 ORDER BY id") { try execution($0, 0) }
    }

    static func executions(of incident: String?, limit: Int, _ connection: Connection) throws -> [Execution] {
        if let incident {
            return try connection.all(
                "SELECT body FROM executions WHERE incident = ? ORDER BY changed DESC LIMIT ?", incident, limit
            ) { try execution($0, 0) }
        }
        return try connection.all("SELECT body FROM executions ORDER BY changed DESC LIMIT ?", limit) {
            try execution($0, 0)
        }
    }

    private static func execution(_ row: borrowing Row, _ column: Int) throws -> Execution {
        try Packed.decode(Execution.self, from: try row.value(column, as: [UInt8].self))
    }

    // MARK: the forge's door

    static func use(_ id: UUID, _ context: WriteContext) throws -> StoredUse? {
        try context.first("SELECT use FROM uses WHERE id = ?", "\(id)") { row in
            try Packed.decode(StoredUse.self, from: try row.value(0, as: [UInt8].self))
        }
    }

    static func keep(_ use: StoredUse, asked: DoorOrder, at now: Int64, _ context: WriteContext) throws {
        try context.run(
            """
            INSERT INTO uses (id, at, asked, use) VALUES (?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET use = excluded.use
            """, "\(use.id)", now, try Packed.encode(asked), try Packed.encode(use))
    }
}
