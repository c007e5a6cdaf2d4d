/// What an agent asks of a door, such as the supervisor: an order, and the capability that permits it.
public struct DoorOrder: Codable, Sendable, Equatable {
    public var order: ActionOrder
    /// The hash of the plan that is carried out, and which of its steps, from 0.
    public var plan: Digest
    public var step: Int
    public var capability: SignedCapability

    public init(order: ActionOrder, plan: Digest, step: Int, capability: SignedCapability) {
        self.order = order
        self.plan = plan
        self.step = step
        self.capability = capability
    }
}

/// What a door did. The same order under the same capability gets the same answer, however often it comes.
public struct DoorAnswer: Codable, Sendable, Equatable {
    public enum Outcome: String, Codable, Sendable, Equatable, CaseIterable {
        case done
        /// It was tried and did not come to its end; something may have been done.
        case failed
        /// Nothing was done.
        case refused
        /// It was begun before a crash, and what became of it cannot be told: look at the state, and plan anew.
        case unknown
    }

    public var outcome: Outcome
    /// In a sentence.
    public var text: String

    public init(_ outcome: Outcome, _ text: String) {
        self.outcome = outcome
        self.text = text
    }
}

/// What the supervisor's door sees of a role: what commands change, and nothing that changes by itself, such as processes
/// or restarts.
public enum ClusterState {
    /// The state of a role that shall have so many workers under a configuration. Whoever plans can tell the state after a
    /// step: that of another count.
    public static func digest(of role: String, wanted: Int, configuration: String) -> Digest {
        var writer = PackedWriter()
        writer.list(count: 3)
        writer.text(role)
        writer.signed(Int64(wanted))
        writer.text(configuration)
        return Digest("kintsugi cluster state 1", of: writer.bytes)
    }
}

extension ClusterStatus {
    /// The state of a role, as the supervisor's door sees it; nil for a role that the cluster does not have.
    public func state(of role: String) -> Digest? {
        guard let found = roles?.first(where: { $0.role == role }),
            let configuration = found.configuration ?? configuration
        else { return nil }
        return ClusterState.digest(of: role, wanted: found.wanted, configuration: configuration)
    }
}
