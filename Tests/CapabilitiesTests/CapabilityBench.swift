import Contracts
import Host

@testable import Capabilities

func digest(_ number: UInt8) -> Digest { Digest(of: [number]) }

/// A door, and a capability that it would accept.
struct CapabilityBench {
    let key: SigningKey
    let plan: PlanSummary
    let signed: SignedCapability
    var known: DoorKnowledge
    var use: CapabilityUse

    static let issued = Int64.seconds(1_000_000)
    static let order = ActionOrder(
        .scale, door: "supervisor", target: "orders", arguments: [ActionArgument("count", "3")])

    init() throws {
        key = try SigningKey(seed: [UInt8](repeating: 7, count: 32))
        let step = PlanStep(
            Self.order, state: digest(1), blast: BlastRadius(roles: ["orders"], capacity: 0), reversibility: .whole)
        plan = PlanSummary(
            incident: "I-1", generation: 2, category: "Resource_Limit", confidence: 0.9, steps: [step],
            substance: digest(2))
        let issuer = IssuerKey(issuer: "risk", publicKey: key.publicKey)
        let made = try CapabilityIssue.capabilities(
            for: plan, Self.terms(plan, issuer.name), sign: key.sign)
        signed = made[0]
        known = DoorKnowledge(
            door: "supervisor", now: Self.issued + .seconds(1), state: digest(1),
            standing: IncidentStanding(incident: "I-1", generation: 2, isOver: false), issuers: [issuer])
        use = CapabilityUse(signed: signed, order: Self.order, plan: plan.digest)
    }

    static func terms(_ plan: PlanSummary, _ key: Digest) -> CapabilityIssue.Terms {
        CapabilityIssue.Terms(
            issuer: "risk", key: key, plan: plan.digest, grounds: .policy, now: issued, lifetime: .seconds(120))
    }

    func decide() -> CapabilityCheck.Decision { CapabilityCheck.decide(use, known, verify: SigningKey.verify) }

    /// What the door stores when it accepts.
    var stored: StoredUse? {
        if case .accept(_, let store) = decide() { store } else { nil }
    }

    /// Another capability with the same key.
    func sealed(_ change: (inout Capability) -> Void) throws -> SignedCapability {
        guard var capability = CapabilitySeal.open(signed)?.capability else { throw NotSealed() }
        change(&capability)
        guard let sealed = CapabilitySeal.seal(capability, key: known.issuers[0].name, sign: key.sign) else {
            throw NotSealed()
        }
        return sealed
    }
    struct NotSealed: Error {}
}
