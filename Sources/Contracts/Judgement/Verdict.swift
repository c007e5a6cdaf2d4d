/// What may be done with a plan, the mildest first.
public enum VerdictOutcome: String, Codable, Sendable, Equatable, CaseIterable, Comparable {
    /// At once.
    case auto
    /// When people have agreed.
    case approve
    /// Not.
    case deny

    private var strictness: Int {
        switch self {
        case .auto: 0
        case .approve: 1
        case .deny: 2
        }
    }
    public static func < (left: VerdictOutcome, right: VerdictOutcome) -> Bool { left.strictness < right.strictness }
}

/// A figure that a rule looked at.
public struct ReasonInput: Codable, Sendable, Equatable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// What one rule says.
public struct VerdictReason: Codable, Sendable, Equatable {
    public var rule: String
    /// The mildest outcome that this rule allows.
    public var outcome: VerdictOutcome
    public var inputs: [ReasonInput]
    public var text: String
    /// Nanoseconds since 1970: from then on this rule, for itself, would have nothing against it. nil where time does not
    /// mend it, or where it has nothing against it.
    public var until: Int64?

    public init(
        _ rule: String, _ outcome: VerdictOutcome, _ text: String, inputs: [ReasonInput] = [], until: Int64? = nil
    ) {
        self.rule = rule
        self.outcome = outcome
        self.inputs = inputs
        self.text = text
        self.until = until
    }
}

/// What Risk says about a plan, with all its reasons.
public struct Verdict: Codable, Sendable, Equatable {
    /// The strictest of all reasons.
    public var outcome: VerdictOutcome
    public var reasons: [VerdictReason]
    /// The version of the policy; nil where there is none.
    public var policy: String?
    public var plan: Digest
    public var state: Digest
    /// Nanoseconds since 1970.
    public var at: Int64
    /// How many people have to agree.
    public var approvers: Int
    /// How long an approval holds, and a capability.
    public var approvalSeconds: Double
    public var capabilitySeconds: Double
    /// From when on nothing would stand against it, where time alone does.
    public var autoFrom: Int64?

    public init(
        outcome: VerdictOutcome, reasons: [VerdictReason], policy: String?, plan: Digest, state: Digest, at: Int64,
        approvers: Int, approvalSeconds: Double, capabilitySeconds: Double, autoFrom: Int64?
    ) {
        self.outcome = outcome
        self.reasons = reasons
        self.policy = policy
        self.plan = plan
        self.state = state
        self.at = at
        self.approvers = approvers
        self.approvalSeconds = approvalSeconds
        self.capabilitySeconds = capabilitySeconds
        self.autoFrom = autoFrom
    }
}

/// What a person says about a plan.
public struct Approval: Codable, Sendable, Equatable {
    public enum Answer: String, Codable, Sendable, Equatable, CaseIterable {
        case approve, reject
    }

    /// What proves who it was; Risk checks it itself.
    public struct Proof: Codable, Sendable, Equatable {
        public enum Kind: String, Codable, Sendable, Equatable, CaseIterable {
            case session, token, signature
        }

        public var kind: Kind
        public var bytes: [UInt8]

        public init(_ kind: Kind, _ bytes: [UInt8]) {
            self.kind = kind
            self.bytes = bytes
        }
    }

    public var id: UUID
    public var answer: Answer
    public var incident: String
    public var generation: Int
    public var plan: Digest
    public var state: Digest
    /// Who it says it is.
    public var person: String
    public var proof: Proof
    /// Nanoseconds since 1970.
    public var given: Int64
    /// What the person has to say about it.
    public var feedback: String?

    public init(
        id: UUID, _ answer: Answer, incident: String, generation: Int, plan: Digest, state: Digest, person: String,
        proof: Proof, given: Int64, feedback: String? = nil
    ) {
        self.id = id
        self.answer = answer
        self.incident = incident
        self.generation = generation
        self.plan = plan
        self.state = state
        self.person = person
        self.proof = proof
        self.given = given
        self.feedback = feedback
    }

    /// What a proof by signature signs: everything but the proof.
    public var statement: [UInt8] {
        var writer = PackedWriter(capacity: 256)
        writer.list(count: 10)
        writer.text("kintsugi approval 1")
        writer.text(id.description)
        writer.text(answer.rawValue)
        writer.text(incident)
        writer.signed(Int64(generation))
        writer.data(plan.bytes)
        writer.data(state.bytes)
        writer.text(person)
        writer.signed(given)
        if let feedback { writer.text(feedback) } else { writer.null() }
        return writer.bytes
    }
}
