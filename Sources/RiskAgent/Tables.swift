import Contracts
import Store

/// What the risk agent keeps: verdicts with all that they depended on, people's answers, what was permitted, how diagnoses
/// turned out, and the policies that were in force.
enum Tables {
    static let migrations = [
        Migration(
            1, "risk",
            """
            CREATE TABLE verdicts (
                number INTEGER PRIMARY KEY, step TEXT NOT NULL UNIQUE, question BLOB NOT NULL, incident TEXT NOT NULL,
                generation INTEGER NOT NULL, plan BLOB NOT NULL, outcome TEXT NOT NULL, at INTEGER NOT NULL,
                body BLOB NOT NULL
            ) STRICT;
            CREATE INDEX verdicts_by_incident ON verdicts (incident, number);
            CREATE TABLE standings (
                incident TEXT PRIMARY KEY, generation INTEGER NOT NULL, over INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE TABLE answers (
                number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, incident TEXT NOT NULL,
                generation INTEGER NOT NULL, plan BLOB NOT NULL, used INTEGER, received INTEGER NOT NULL,
                fault TEXT, body BLOB NOT NULL
            ) STRICT;
            CREATE INDEX answers_by_plan ON answers (incident, generation, number);
            CREATE TABLE permits (
                step TEXT PRIMARY KEY, question BLOB NOT NULL, incident TEXT NOT NULL, plan BLOB NOT NULL,
                grounds TEXT NOT NULL, issued INTEGER NOT NULL, expires INTEGER NOT NULL, capabilities INTEGER NOT NULL, answer BLOB NOT NULL, judged BLOB NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX permits_by_time ON permits (issued);
            CREATE INDEX permits_by_incident ON permits (incident, issued);
            CREATE TABLE actions (
                capability TEXT PRIMARY KEY, incident TEXT NOT NULL, action TEXT NOT NULL, target TEXT NOT NULL,
                at INTEGER NOT NULL, capacity REAL NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX actions_by_time ON actions (at);
            CREATE INDEX actions_by_incident ON actions (incident);
            CREATE TABLE lessons (
                incident TEXT NOT NULL, generation INTEGER NOT NULL, truth TEXT NOT NULL, at INTEGER NOT NULL,
                body BLOB NOT NULL, PRIMARY KEY (incident, generation, truth)
            ) STRICT, WITHOUT ROWID;
            CREATE TABLE policies (
                number INTEGER PRIMARY KEY, version TEXT NOT NULL, at INTEGER NOT NULL, body BLOB NOT NULL
            ) STRICT;
            """),
        Migration(
            2, "the zones of a policy",
            """
            ALTER TABLE policies ADD COLUMN zones BLOB;
            CREATE INDEX policies_by_version ON policies (version, number);
            """),
    ]

    // MARK: verdicts

    static func verdict(ofStep step: String, _ context: WriteContext) throws -> (question: [UInt8], kept: KeptVerdict)?
    {
        try context.first("SELECT question, body FROM verdicts WHERE step = ?", step) { row in
            (try row.value(0, as: [UInt8].self), try kept(row, 1))
        }
    }

    static func latestVerdict(of incident: String, _ context: WriteContext) throws -> KeptVerdict? {
        try context.first("SELECT body FROM verdicts WHERE incident = ? ORDER BY number DESC LIMIT 1", incident) {
            try kept($0, 0)
        }
    }

    static func keep(_ verdict: KeptVerdict, question: Digest, _ context: WriteContext) throws {
        let plan = verdict.proposal.plan
        try context.run(
            """
            INSERT INTO verdicts (step, question, incident, generation, plan, outcome, at, body)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """, verdict.step, question.bytes, plan.incident, plan.generation, verdict.verdict.plan.bytes,
            verdict.verdict.outcome.rawValue, verdict.verdict.at, try Packed.encode(verdict))
    }

    static func verdicts(_ query: VerdictQuery, _ connection: Connection) throws -> [KeptVerdict] {
        let limit = min(max(query.limit, 0), 1_000)
        var found: [KeptVerdict]
        if let incident = query.incident {
            found = try connection.all(
                "SELECT body FROM verdicts WHERE incident = ? ORDER BY number DESC LIMIT ?", incident, limit
            ) { try kept($0, 0) }
        } else {
            found = try connection.all("SELECT body FROM verdicts ORDER BY number DESC LIMIT ?", limit) {
                try kept($0, 0)
            }
        }
        for index in found.indices { found[index].ended = try ended(found[index].proposal.plan, connection) }
        return found
    }

    /// Of several truths a person's: `person` stands before `verification`.
    private static func ended(_ plan: PlanSummary, _ connection: Connection) throws -> String? {
        try connection.first(
            "SELECT body FROM lessons WHERE incident = ? AND generation = ? ORDER BY truth LIMIT 1", plan.incident,
            plan.generation
        ) { row in
            let lesson = try Packed.decode(CalibrationLesson.self, from: try row.value(0, as: [UInt8].self))
            return lesson.record.wasRight ? "fix verified" : "fix failed"
        }
    }

    /// Those that wait for people and are the latest of their incidents.
    static func waiting(since: Int64, _ context: WriteContext) throws -> [KeptVerdict] {
        try context.all(
            """
            SELECT body FROM verdicts AS one WHERE outcome = 'approve' AND at > ?
                AND number = (SELECT max(number) FROM verdicts WHERE incident = one.incident)
            ORDER BY number DESC LIMIT 1000
            """, since
        ) { try kept($0, 0) }
    }

    private static func kept(_ row: borrowing Row, _ column: Int) throws -> KeptVerdict {
        try Packed.decode(KeptVerdict.self, from: try row.value(column, as: [UInt8].self))
    }

    // MARK: incidents

    /// A standing never goes back: what was over stays so, and generations rise.
    static func note(_ standing: IncidentStanding, _ context: WriteContext) throws {
        try context.run(
            """
            INSERT INTO standings (incident, generation, over) VALUES (?, ?, ?)
            ON CONFLICT DO UPDATE SET generation = max(generation, excluded.generation), over = max(over, excluded.over)
            """, standing.incident, standing.generation, standing.isOver ? 1 : 0)
    }

    static func standing(of incident: String, _ context: WriteContext) throws -> IncidentStanding? {
        try context.first("SELECT generation, over FROM standings WHERE incident = ?", incident) { row in
            IncidentStanding(
                incident: incident, generation: try row.value(0, as: Int.self),
                isOver: try row.value(1, as: Int.self) != 0)
        }
    }

    // MARK: answers of people

    struct KeptAnswer: Sendable {
        var approval: Approval
        var isUsed: Bool
    }

    static func answers(_ question: ApprovalQuestion, _ context: WriteContext) throws -> [KeptAnswer] {
        let kept = try context.all(
            "SELECT body, used FROM answers WHERE incident = ? AND generation = ? ORDER BY number LIMIT 10000",
            question.incident, question.generation
        ) { row in
            KeptAnswer(
                approval: try Packed.decode(Approval.self, from: try row.value(0, as: [UInt8].self)),
                isUsed: try row.value(1, as: Int64?.self) != nil)
        }
        return kept.filter { $0.approval.plan == question.plan }
    }

    static func answer(_ id: UUID, _ context: WriteContext) throws -> Approval? {
        try context.first("SELECT body FROM answers WHERE id = ?", id.description) {
            try Packed.decode(Approval.self, from: try $0.value(0, as: [UInt8].self))
        }
    }

    static func keep(_ approval: Approval, fault: String?, at: Int64, _ context: WriteContext) throws {
        try context.run(
            """
            INSERT INTO answers (id, incident, generation, plan, used, received, fault, body)
            VALUES (?, ?, ?, ?, NULL, ?, ?, ?)
            """, approval.id.description, approval.incident, approval.generation, approval.plan.bytes, at, fault,
            try Packed.encode(approval))
    }

    static func markUsed(_ id: UUID, at: Int64, _ context: WriteContext) throws {
        try context.run("UPDATE answers SET used = ? WHERE id = ?", at, id.description)
    }

    // MARK: what was permitted

    static func permit(
        ofStep step: String, _ context: WriteContext
    ) throws -> (question: [UInt8], answer: PermitAnswer)? {
        try context.first("SELECT question, answer FROM permits WHERE step = ?", step) { row in
            (
                try row.value(0, as: [UInt8].self),
                try Packed.decode(PermitAnswer.self, from: try row.value(1, as: [UInt8].self))
            )
        }
    }

    static func lastIssued(_ context: WriteContext) throws -> Int64 {
        try context.first("SELECT max(issued) FROM permits") { try $0.value(0, as: Int64?.self) ?? 0 } ?? 0
    }

    static func keep(
        _ answer: PermitAnswer, step: String, question: Digest, judged: KeptVerdict, grounds: Capability.Grounds,
        issued: Int64, _ context: WriteContext
    ) throws {
        try context.run(
            """
            INSERT INTO permits (step, question, incident, plan, grounds, issued, expires, capabilities, answer, judged)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """, step, question.bytes, judged.proposal.plan.incident, judged.verdict.plan.bytes, grounds.rawValue,
            issued,
            answer.expires, answer.capabilities.count, try Packed.encode(answer), try Packed.encode(judged))
    }

    /// When a plan was last permitted, and on what grounds; nil where it never was.
    static func lastPermit(
        of plan: Digest, _ incident: String, _ context: WriteContext
    ) throws -> (issued: Int64, grounds: Capability.Grounds)? {
        try context.first(
            "SELECT issued, grounds FROM permits WHERE incident = ? AND plan = ? ORDER BY issued DESC LIMIT 1",
            incident,
            plan.bytes
        ) { row in
            let grounds = Capability.Grounds(rawValue: try row.value(1, as: String.self))
            return (try row.value(0, as: Int64.self), grounds ?? .approval)
        }
    }

    static func issued(_ context: WriteContext) throws -> Int {
        try context.first("SELECT count(*) FROM actions") { try $0.value(0, as: Int.self) } ?? 0
    }

    static func keep(_ action: PastAction, capability: String, _ context: WriteContext) throws {
        try context.run(
            "INSERT INTO actions (capability, incident, action, target, at, capacity) VALUES (?, ?, ?, ?, ?, ?)",
            capability, action.incident, action.action.rawValue, action.target, action.at, action.capacity)
    }

    /// Those since then over all incidents, and all of one incident.
    static func actions(of incident: String, since: Int64, _ context: WriteContext) throws -> [PastAction] {
        try context.all(
            """
            SELECT incident, action, target, at, capacity FROM actions WHERE at > ? OR incident = ?
            ORDER BY at, capability LIMIT 10000
            """, since, incident
        ) { row in
            let name = try row.value(1, as: String.self)
            guard let action = ActionClass(rawValue: name) else {
                throw RiskFault.badQuestion("expected an action in the table of actions, found \"\(name)\"")
            }
            return PastAction(
                incident: try row.value(0, as: String.self), action: action, target: try row.value(2, as: String.self),
                at: try row.value(3, as: Int64.self), capacity: try row.value(4, as: Double.self))
        }
    }

    // MARK: lessons and policies

    static func keep(_ lesson: CalibrationLesson, at: Int64, _ context: WriteContext) throws {
        try context.run(
            "INSERT OR REPLACE INTO lessons (incident, generation, truth, at, body) VALUES (?, ?, ?, ?, ?)",
            lesson.incident, lesson.generation, lesson.truth.rawValue, at, try Packed.encode(lesson))
    }

    static func lessons(_ context: WriteContext) throws -> [CalibrationLesson] {
        try context.all("SELECT body FROM lessons ORDER BY incident, generation, truth LIMIT 100000") {
            try Packed.decode(CalibrationLesson.self, from: try $0.value(0, as: [UInt8].self))
        }
    }

    /// One file of a policy.
    struct PolicyText: Codable, Sendable, Equatable {
        var name: String
        var bytes: [UInt8]
    }

    static func keep(
        _ texts: [PolicyText], zones: [KeptFile], version: String, at: Int64, _ context: WriteContext
    ) throws {
        try context.run(
            "INSERT INTO policies (version, at, body, zones) VALUES (?, ?, ?, ?)", version, at,
            try Packed.encode(texts), try Packed.encode(zones))
    }

    /// The latest of that version.
    static func policy(_ version: String, _ connection: Connection) throws -> PolicyRecord? {
        try connection.first(
            "SELECT body, zones FROM policies WHERE version = ? ORDER BY number DESC LIMIT 1", version
        ) { row in
            let texts = try Packed.decode([PolicyText].self, from: try row.value(0, as: [UInt8].self))
            let zones = try row.value(1, as: [UInt8]?.self)
            return PolicyRecord(
                version: version, files: texts.map { KeptFile(name: $0.name, bytes: $0.bytes) },
                zones: try zones.map { try Packed.decode([KeptFile].self, from: $0) } ?? [])
        }
    }

    static func lastPolicy(_ context: WriteContext) throws -> (version: String, texts: [PolicyText])? {
        try context.first("SELECT version, body FROM policies ORDER BY number DESC LIMIT 1") { row in
            (
                try row.value(0, as: String.self),
                try Packed.decode([PolicyText].self, from: try row.value(1, as: [UInt8].self))
            )
        }
    }
}
