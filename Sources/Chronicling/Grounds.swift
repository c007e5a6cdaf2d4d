public import Contracts
public import Incidents
public import Postmortems
import Risk

/// Where the further inputs of decisions are asked for: of the agents that made the decisions.
public struct GroundSources: Sendable {
    /// What the plans of a step were made from, packed: `RemediationDesk.grounds`.
    public var plan: @Sendable (_ step: String) async throws -> [UInt8]?
    /// The kept verdicts of an incident: `RiskDesk.verdicts`.
    public var verdicts: @Sendable (_ incident: String) async throws -> [KeptVerdict]
    /// A policy that was in force: `RiskDesk.policy`.
    public var policy: @Sendable (_ version: String) async throws -> PolicyRecord?

    public init(
        plan: @escaping @Sendable (_ step: String) async throws -> [UInt8]?,
        verdicts: @escaping @Sendable (_ incident: String) async throws -> [KeptVerdict],
        policy: @escaping @Sendable (_ version: String) async throws -> PolicyRecord?
    ) {
        self.plan = plan
        self.verdicts = verdicts
        self.policy = policy
    }

    /// Nobody is asked: the diagnosis and the lifecycle alone can be made again.
    public static let none = GroundSources(plan: { _ in nil }, verdicts: { _ in [] }, policy: { _ in nil })
}

/// Gathers what the decisions of an incident depended on beside its journal. What an agent does not give is named.
public struct GroundGathering: Sendable {
    private typealias Item = (entry: JournalEntry, input: IncidentInput)

    private let sources: GroundSources
    private var grounds = DecisionGrounds()

    private init(_ sources: GroundSources) { self.sources = sources }

    /// For the decisions in these entries, under the terms by which the incident was led.
    public static func grounds(
        of entries: [JournalEntry], under terms: LifecycleTerms, from sources: GroundSources
    ) async -> DecisionGrounds {
        var gathering = GroundGathering(sources)
        // What cannot be read has no step to ask for; replay says that it cannot.
        let items = entries.compactMap { entry in
            (try? Packed.decode(IncidentInput.self, from: entry.input)).map { (entry: entry, input: $0) }
        }
        if let bytes = try? Packed.encode(terms) { gathering.grounds.terms = SealedBytes(bytes) }
        await gathering.plans(items)
        await gathering.verdicts(items)
        return gathering.grounds
    }

    private mutating func miss(_ entry: Int, _ ground: MissingGround.Ground, _ text: String) {
        grounds.missing.append(MissingGround(entry: entry, ground: ground, text: text))
    }

    private mutating func plans(_ items: [Item]) async {
        for item in items {
            guard case .offers(let step, _, _) = item.input.event else { continue }
            do {
                if let bytes = try await sources.plan(step) {
                    grounds.plans.append(PlanGround(step: step, entry: item.entry.number, made: SealedBytes(bytes)))
                } else {
                    miss(item.entry.number, .plan, "remediation has kept nothing of \(step)")
                }
            } catch { miss(item.entry.number, .plan, "remediation could not be asked: \(error)") }
        }
    }

    private mutating func verdicts(_ items: [Item]) async {
        let judged = items.compactMap { item -> (step: String, entry: Int)? in
            guard case .verdict(let step, _) = item.input.event else { return nil }
            return (step, item.entry.number)
        }
        guard !judged.isEmpty, let incident = items.first?.entry.incident else { return }
        var kept: [KeptVerdict] = []
        var why: String?
        do { kept = try await sources.verdicts(incident) } catch { why = "risk could not be asked: \(error)" }
        for (step, entry) in judged {
            guard let one = kept.first(where: { $0.step == step }), let proposal = try? Packed.encode(one.proposal)
            else {
                miss(entry, .verdict, why ?? "risk has kept nothing of \(step)")
                continue
            }
            let opinion = OutsideOpinion(in: one.verdict).flatMap { try? Packed.encode($0) }
            grounds.verdicts.append(
                VerdictGround(
                    step: step, entry: entry, proposal: SealedBytes(proposal), opinion: opinion.map { SealedBytes($0) },
                    policy: one.verdict.policy))
            if let version = one.verdict.policy { await policy(version, entry) }
        }
    }

    private mutating func policy(_ version: String, _ entry: Int) async {
        guard !grounds.policies.contains(where: { $0.version == version }) else { return }
        do {
            if let record = try await sources.policy(version) {
                grounds.policies.append(
                    PolicyGround(version: version, record: SealedBytes(try Packed.encode(record))))
            } else {
                miss(entry, .policy, "risk has not kept the policy \(version)")
            }
        } catch { miss(entry, .policy, "risk could not be asked: \(error)") }
    }
}
