public import Contracts
import Definitions
import Incidents
public import Postmortems
import Remedies
import Risk

/// One incident with every input that its decisions depended on, as it is replayed.
public struct ReplayCase: Sendable {
    struct Judged: Sendable {
        let step: String
        let entry: Int
        let proposal: Proposal
        let opinion: OutsideOpinion?
        /// Nil where there was none; a version of which nothing was kept has no policy here.
        let version: String?
    }

    public let incident: String
    public let entries: [JournalEntry]
    /// What is known to be missing: the decisions of these entries cannot be made again.
    public private(set) var missing: [MissingGround]
    let inputs: [IncidentInput]
    let terms: LifecycleTerms
    let head: JournalHead?
    private(set) var plans: [(step: String, entry: Int, grounds: PlanGrounds)] = []
    private(set) var judged: [Judged] = []
    /// What is said to belong to an entry that is no answer to its step.
    private(set) var misplaced: [(entry: Int, text: String)] = []
    private(set) var policies: [(version: String, policy: Policy)] = []

    /// Of a document.
    public init(_ document: Postmortem) throws(ContextFault) {
        try self.init(document.incident, document.simulationContext, head: document.journalHead)
    }

    /// Of the bytes of a document's JSON.
    public init(document bytes: [UInt8]) throws {
        try self.init(try DocumentBytes.read(Postmortem.self, bytes))
    }

    /// Of a context; `head` is what its last entry must be.
    public init(_ incident: String, _ context: SimulationContext, head: JournalHead?) throws(ContextFault) {
        self.incident = incident
        self.head = head
        entries = try context.journalEntries(of: incident)
        var inputs: [IncidentInput] = []
        for entry in entries {
            inputs.append(try Self.decoded(IncidentInput.self, entry.input, entry: entry.number, "the input"))
        }
        self.inputs = inputs
        missing = context.grounds.missing
        if let sealed = context.grounds.terms {
            terms = try Self.opened(LifecycleTerms.self, sealed, entry: 1, "the terms of the lifecycle")
        } else {
            terms = LifecycleTerms()
        }
        try take(context.grounds)
    }

    private mutating func take(_ grounds: DecisionGrounds) throws(ContextFault) {
        for plan in grounds.plans {
            let name = "what the plans of \(plan.step) were made from"
            check(plan.step, plan.entry)
            plans.append(
                (plan.step, plan.entry, try Self.opened(PlanGrounds.self, plan.made, entry: plan.entry, name)))
        }
        for verdict in grounds.verdicts {
            let name = "what the verdict of \(verdict.step) was made from"
            check(verdict.step, verdict.entry)
            var opinion: OutsideOpinion?
            if let sealed = verdict.opinion {
                opinion = try Self.opened(OutsideOpinion.self, sealed, entry: verdict.entry, name)
            }
            let proposal = try Self.opened(Proposal.self, verdict.proposal, entry: verdict.entry, name)
            judged.append(
                Judged(
                    step: verdict.step, entry: verdict.entry, proposal: proposal, opinion: opinion,
                    version: verdict.policy))
        }
        for kept in grounds.policies {
            let entry = judged.first { $0.version == kept.version }?.entry ?? 0
            let record = try Self.opened(PolicyRecord.self, kept.record, entry: entry, "the policy \(kept.version)")
            let found = Definitions.policy(record)
            guard let policy = found.policy else {
                let why = found.mistakes.first.map { "\($0)" } ?? "it has no table"
                throw .unreadable(entry: entry, "the policy \(kept.version) is not one: \(why)")
            }
            policies.append((kept.version, policy))
        }
    }

    /// What belongs to an entry is the answer to the step that the entry is of.
    private mutating func check(_ step: String, _ entry: Int) {
        guard inputs.indices.contains(entry - 1), inputs[entry - 1].event.step == step else {
            misplaced.append((entry, "expected the answer to the step \(step), found another entry"))
            return
        }
    }

    private static func opened<Value: Codable>(
        _ type: Value.Type, _ sealed: SealedBytes, entry: Int, _ name: String
    ) throws(ContextFault) -> Value {
        try decoded(type, try sealed.opened(entry: entry, name), entry: entry, name)
    }

    private static func decoded<Value: Codable>(
        _ type: Value.Type, _ bytes: [UInt8], entry: Int, _ name: String
    ) throws(ContextFault) -> Value {
        do { return try Packed.decode(Value.self, from: bytes) } catch {
            throw .unreadable(entry: entry, "\(name): \(error)")
        }
    }
}

extension IncidentEvent {
    /// The step to which it is the answer of a planner or a judge.
    var step: String? {
        switch self {
        case .offers(let step, _, _), .verdict(let step, _): step
        default: nil
        }
    }
}
