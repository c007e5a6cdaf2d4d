public import Contracts

/// Makes the capabilities of a plan that may be carried out: one for each step.
public enum CapabilityIssue {
    /// Why none are made.
    public enum Refusal: Error, Sendable, Equatable, CustomStringConvertible {
        /// The verdict, or what people agreed to, was about another plan.
        case otherPlan(expected: Digest, found: Digest)
        case noLifetime
        /// A step's names are longer than a capability may be.
        case tooLong(step: Int)

        public var description: String {
            switch self {
            case .otherPlan(let expected, let found):
                "expected the plan \(expected.brief) that was judged, found \(found.brief); have it judged anew"
            case .noLifetime: "expected a lifetime above zero, found none"
            case .tooLong(let step): "expected names that fit into a capability, found longer ones in step \(step)"
            }
        }
    }

    /// What a permission is made of beside the plan.
    public struct Terms: Sendable, Equatable {
        public var issuer: String
        /// What the issuer's key is called.
        public var key: Digest
        /// What was judged.
        public var plan: Digest
        public var grounds: Capability.Grounds
        /// Nanoseconds since 1970, and how long from then on.
        public var now: Int64
        public var lifetime: Int64

        public init(
            issuer: String, key: Digest, plan: Digest, grounds: Capability.Grounds, now: Int64, lifetime: Int64
        ) {
            self.issuer = issuer
            self.key = key
            self.plan = plan
            self.grounds = grounds
            self.now = now
            self.lifetime = lifetime
        }
    }

    /// One capability for each step, in their order. The ids come from the plan, its step and the time: who asks twice
    /// at one time gets the same ones.
    public static func capabilities(
        for plan: PlanSummary, _ terms: Terms, sign: ([UInt8]) -> [UInt8]
    ) throws(Refusal) -> [SignedCapability] {
        let digest = plan.digest
        guard digest == terms.plan else { throw .otherPlan(expected: terms.plan, found: digest) }
        guard terms.lifetime > 0 else { throw .noLifetime }
        let (end, overflow) = terms.now.addingReportingOverflow(terms.lifetime)
        var signed: [SignedCapability] = []
        for (index, step) in plan.steps.enumerated() {
            let capability = Capability(
                id: id(digest, index, terms), issuer: terms.issuer, incident: plan.incident,
                generation: plan.generation, plan: digest, step: index, state: step.state, order: step.order,
                grounds: terms.grounds, issued: terms.now, expires: overflow ? .max : end)
            guard let sealed = CapabilitySeal.seal(capability, key: terms.key, sign: sign) else {
                throw .tooLong(step: index)
            }
            signed.append(sealed)
        }
        return signed
    }

    private static func id(_ plan: Digest, _ step: Int, _ terms: Terms) -> UUID {
        var writer = PackedWriter()
        writer.data(plan.bytes)
        writer.signed(Int64(step))
        writer.signed(terms.now)
        writer.text(terms.grounds.rawValue)
        let bytes = Digest("kintsugi capability id 1", of: writer.bytes).bytes
        func word(_ start: Int) -> UInt64 { bytes[start..<start + 8].reduce(0) { $0 << 8 | UInt64($1) } }
        // Made from a hash: version 8 of RFC 9562.
        return UUID(high: word(0) & ~0xF000 | 0x8000, low: word(8) & ~(3 << 62) | 2 << 62)
    }
}
