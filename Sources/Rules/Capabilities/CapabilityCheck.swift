public import Contracts

/// What comes to a door: a capability, and what it is to permit.
public struct CapabilityUse: Sendable, Equatable {
    public var signed: SignedCapability
    /// What the caller wants done, as the door itself has understood it.
    public var order: ActionOrder
    /// The hash of the plan that the caller carries out.
    public var plan: Digest

    public init(signed: SignedCapability, order: ActionOrder, plan: Digest) {
        self.signed = signed
        self.order = order
        self.plan = plan
    }
}

/// What a door has stored of an earlier use, in the transaction of the step itself.
public struct StoredUse: Codable, Sendable, Equatable {
    public var id: UUID
    /// The digest of the signed bytes: another capability under the same id is another one.
    public var capability: Digest
    /// What was done with it, and for which plan.
    public var order: Digest
    public var plan: Digest
    /// What came out; nil while it is not known.
    public var result: [UInt8]?

    public init(id: UUID, capability: Digest, order: Digest, plan: Digest, result: [UInt8]? = nil) {
        self.id = id
        self.capability = capability
        self.order = order
        self.plan = plan
        self.result = result
    }
}

/// What a door knows when a capability comes.
public struct DoorKnowledge: Sendable, Equatable {
    /// Its own role.
    public var door: String
    /// Nanoseconds since 1970.
    public var now: Int64
    /// The hash of the state as it is now; nil where this door cannot tell: then nothing is accepted.
    public var state: Digest?
    /// How the incident stands, as far as the door has heard; nil where it has heard nothing of it.
    public var standing: IncidentStanding?
    public var issuers: [IssuerKey]
    /// What is stored under the capability's id.
    public var earlier: StoredUse?

    public init(
        door: String, now: Int64, state: Digest?, standing: IncidentStanding?, issuers: [IssuerKey],
        earlier: StoredUse? = nil
    ) {
        self.door = door
        self.now = now
        self.state = state
        self.standing = standing
        self.issuers = issuers
        self.earlier = earlier
    }
}

/// Whether a door may do what it is asked to.
///
/// The questions in their order; the first that is answered decides:
///
/// | question | answer | |
/// |---|---|---|
/// | is it one of our row of bytes? | no | refused: `malformed` |
/// | is its key known, and the issuer's? | no | refused: `unknownKey` |
/// | is the signature right? | no | refused: `altered` |
/// | is it for this door? | no | refused: `wrongDoor` |
/// | is the id used already? | with other content | refused: `usedWithOtherContent` |
/// | | with this content, result known | the first result, again |
/// | | with this content, no result yet | `underway`: find out what became of it; no second effect |
/// | is this what it permits? | no | refused: `otherOrder` |
/// | is it for this plan? | no | refused: `otherPlan` |
/// | may it be used now? | not yet, not any more | refused: `early`, `expired` |
/// | is it for this state? | no, or nobody knows | refused: `otherState`, `unknownState` |
/// | does the incident still want it? | over, a newer generation | refused: `incidentOver`, `superseded` |
/// | | | accepted |
///
/// A repetition is answered before time, state and incident are asked about: the first use has itself moved the state, and
/// who repeats has only not heard the answer.
public enum CapabilityCheck {
    /// What the door does.
    public enum Decision: Sendable, Equatable {
        /// Store this, in one transaction with the step, and do it.
        case accept(Capability, store: StoredUse)
        /// Answer this, and do nothing.
        case again(result: [UInt8])
        /// It was begun, and its result was not stored: find out, finish, and store; never begin anew.
        case underway(Capability, StoredUse)
        case refuse(Refusal)
    }

    /// Clocks of two hosts may be so far apart.
    public static let clockTolerance = Int64.seconds(5)

    /// Under which id a door looks for an earlier use; nil for what is no capability. Nothing is believed of it yet.
    public static func identifier(of signed: SignedCapability) -> UUID? {
        CapabilitySeal.open(signed)?.capability.id
    }

    /// Decides; `verify` says whether a signature over a message is that of a public key.
    public static func decide(
        _ use: CapabilityUse, _ known: DoorKnowledge,
        verify: (_ message: [UInt8], _ signature: [UInt8], _ publicKey: [UInt8]) -> Bool
    ) -> Decision {
        guard let opened = CapabilitySeal.open(use.signed) else { return .refuse(.malformed) }
        let capability = opened.capability
        guard let key = known.issuers.first(where: { $0.name == opened.key && $0.issuer == capability.issuer }) else {
            return .refuse(.unknownKey(opened.key))
        }
        guard verify(opened.message, opened.signature, key.publicKey) else { return .refuse(.altered) }
        guard capability.door == known.door else {
            return .refuse(.wrongDoor(expected: capability.door, found: known.door))
        }
        let use = StoredUse(
            id: capability.id, capability: Digest(of: use.signed.bytes), order: use.order.digest, plan: use.plan)
        if let earlier = known.earlier, earlier.id == capability.id { return repeated(use, earlier, capability) }
        if let refusal = refusal(use, capability, known) { return .refuse(refusal) }
        return .accept(capability, store: use)
    }

    private static func repeated(_ use: StoredUse, _ earlier: StoredUse, _ capability: Capability) -> Decision {
        guard earlier.capability == use.capability, earlier.order == use.order, earlier.plan == use.plan else {
            return .refuse(.usedWithOtherContent)
        }
        return earlier.result.map { .again(result: $0) } ?? .underway(capability, earlier)
    }

    private static func refusal(
        _ use: StoredUse, _ capability: Capability, _ known: DoorKnowledge
    ) -> CapabilityCheck.Refusal? {
        if use.order != capability.order { return .otherOrder(expected: capability.order, found: use.order) }
        if use.plan != capability.plan { return .otherPlan(expected: capability.plan, found: use.plan) }
        let opens = capability.issued.subtractingReportingOverflow(clockTolerance)
        if !opens.overflow, known.now < opens.partialValue { return .early(from: capability.issued, now: known.now) }
        if known.now >= capability.expires { return .expired(at: capability.expires, now: known.now) }
        guard let state = known.state else { return .unknownState }
        if state != capability.state { return .otherState(expected: capability.state, found: state) }
        guard let standing = known.standing, standing.incident == capability.incident else { return nil }
        if standing.isOver { return .incidentOver(capability.incident) }
        if standing.generation != capability.generation {
            return .superseded(expected: capability.generation, found: standing.generation)
        }
        return nil
    }
}

extension CapabilityCheck {
    /// Why a door does nothing.
    public enum Refusal: Error, Sendable, Equatable {
        case malformed
        case unknownKey(Digest)
        case altered
        case wrongDoor(expected: String, found: String)
        case usedWithOtherContent
        case otherOrder(expected: Digest, found: Digest)
        case otherPlan(expected: Digest, found: Digest)
        case early(from: Int64, now: Int64)
        case expired(at: Int64, now: Int64)
        case unknownState
        case otherState(expected: Digest, found: Digest)
        case incidentOver(String)
        case superseded(expected: Int, found: Int)
    }
}

extension CapabilityCheck.Refusal: CustomStringConvertible {
    public var description: String {
        switch self {
        case .malformed: "expected a capability as Risk writes it, found other bytes; ask Risk for one"
        case .unknownKey(let key): "expected a key that this door knows for the issuer, found \(key.brief)"
        case .altered: "the signature is not that of these bytes; ask Risk for a capability"
        case .wrongDoor(let expected, let found): "the capability is for the door \(expected), this is \(found)"
        case .usedWithOtherContent: "the capability was used already, for something else; ask Risk for another"
        case .otherOrder(let expected, let found):
            "the capability permits the order \(expected.brief), asked for was \(found.brief)"
        case .otherPlan(let expected, let found):
            "the capability is for the plan \(expected.brief), found \(found.brief); have the plan judged anew"
        case .early(let from, let now): "the capability is from \(Self.seconds(from, now)) in the future"
        case .expired(let at, let now):
            "the capability expired \(Self.seconds(now, at)) ago; ask Risk for another"
        case .unknownState: "the door cannot tell the present state, and so not whether the capability is for it"
        case .otherState(let expected, let found):
            "the capability is for the state \(expected.brief), found \(found.brief); have the plan judged anew"
        case .incidentOver(let incident): "the incident \(incident) is over: nothing is done for it any more"
        case .superseded(let expected, let found):
            "the capability is for generation \(expected) of the incident, found \(found)"
        }
    }

    private static func seconds(_ one: Int64, _ other: Int64) -> String {
        let (difference, overflow) = one.subtractingReportingOverflow(other)
        return overflow ? "centuries" : "\(Double(difference / 1_000_000) / 1_000) s"
    }
}
