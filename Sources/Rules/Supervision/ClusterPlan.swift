import Contracts

/// What a cluster runs: its groups, its roles in the order in which they are written, and the sockets they share.
public struct ClusterPlan: Sendable, Equatable, Codable {
    /// The host's part of every slot's name.
    public var host: String
    public var groups: [GroupPlan]
    public var roles: [RolePlan]
    public var listeners: [ListenerPlan]

    public init(
        host: String = "local", groups: [GroupPlan] = [], roles: [RolePlan], listeners: [ListenerPlan] = []
    ) {
        self.host = host
        self.groups = groups
        self.roles = roles
        self.listeners = listeners
    }

    public func role(named name: String) -> RolePlan? { roles.first { $0.name == name } }
}

/// What a role's failure (not one worker's death) means for the roles of its group that come after it.
public enum Strategy: String, Sendable, Codable, CaseIterable {
    /// Nothing.
    case oneForOne = "one-for-one"
    /// They rest on it: they start only once it is ready, are stopped when it is given up, and start again after it.
    case restForOne = "rest-for-one"
}

/// A group of roles, under one strategy.
public struct GroupPlan: Sendable, Equatable, Codable {
    public var name: String
    public var strategy: Strategy

    public init(name: String, strategy: Strategy) {
        self.name = name
        self.strategy = strategy
    }
}

/// A TCP socket that the guardian binds once and every worker of the roles that name it inherits.
public struct ListenerPlan: Sendable, Equatable, Codable {
    public var name: String
    public var address: String
    public var port: UInt16

    public init(name: String, address: String = "127.0.0.1", port: UInt16) {
        self.name = name
        self.address = address
        self.port = port
    }
}

/// How a worker of a role gives way to the next one in a roll.
public enum Replacement: String, Sendable, Codable, CaseIterable {
    /// A spare is started first, so that the role never has fewer ready workers than it wants.
    case startFirst = "start-first"
    /// For a role of which there may be only one at a time, such as the broker.
    case stopFirst = "stop-first"
}

/// One role: what its workers run, how many there are, and what is borne from them.
public struct RolePlan: Sendable, Equatable, Codable {
    public var name: String
    public var group: String?
    /// A path, or a name beside the running executable.
    public var executable: String
    public var arguments: [String] = []
    public var environment: [String: String] = [:]
    public var replicas: Int = 1
    /// The names of the listeners its workers inherit.
    public var listens: [String] = []
    /// The roles of which one worker must be ready before this one starts.
    public var after: [String] = []
    public var replacement: Replacement = .startFirst
    /// It stands in for somebody outside the cluster: nobody here can mend it.
    public var isOutside = false
    public var limits: SlotLimits = SlotLimits()

    public init(name: String, executable: String) {
        self.name = name
        self.executable = executable
    }
}

/// The deadlines and the limits of one worker.
public struct SlotLimits: Sendable, Equatable, Codable {
    public var readyWithin: Duration = .seconds(10)
    public var stopWithin: Duration = .seconds(10)
    /// From ABRT, which leaves a trace, to KILL, which leaves nothing.
    public var abortGrace: Duration = .milliseconds(200)
    public var slowRetry: Duration = .seconds(60)
    public var memoryBytes: Int?
    public var intensity = Intensity.Limit()
    public var backoff = Backoff()

    public init() {}
}

/// What is wrong with a plan, in a sentence that names the key.
public enum PlanFault: Error, Equatable, CustomStringConvertible {
    case badName(String)
    case badHost(String)
    /// A name of Kintsugi's own: its processes use it for their slots, logs and secrets.
    case reserved(String)
    case twice(String)
    case unknown(role: String, key: String, name: String)
    case badReplicas(role: String, found: Int)
    case circle([String])

    public var description: String {
        switch self {
        case .badName(let name):
            "role \"\(name)\": a role's name is a small letter, then up to 31 small letters, digits and hyphens"
        case .badHost(let host): "host \"\(host)\": expected small letters, digits, dots and hyphens"
        case .reserved(let name): "role \"\(name)\": that name is Kintsugi's own; give the role another one"
        case .twice(let name): "\"\(name)\" is there twice; give one of them another name"
        case .unknown(let role, let key, let name):
            "role \"\(role)\": \(key) names \"\(name)\", which the plan does not have"
        case .badReplicas(let role, let found): "role \"\(role)\": replicas is \(found), expected 0 to 1000"
        case .circle(let names): "these roles wait for each other: \(names.joined(separator: ", "))"
        }
    }
}

extension ClusterPlan {
    /// Throws what is wrong first.
    public func validate() throws(PlanFault) {
        guard SlotName.isHost(host) else { throw .badHost(host) }
        for names in [roles.map(\.name), groups.map(\.name), listeners.map(\.name)] {
            if let twice = names.indices.first(where: { names[..<$0].contains(names[$0]) }) {
                throw .twice(names[twice])
            }
        }
        for role in roles { try validate(role) }
        _ = try startOrder()
    }

    private func validate(_ role: RolePlan) throws(PlanFault) {
        guard SlotName.isRole(role.name) else { throw .badName(role.name) }
        guard role.name != "supervisor", role.name != "guardian" else { throw .reserved(role.name) }
        guard (0...1000).contains(role.replicas) else {
            throw .badReplicas(role: role.name, found: role.replicas)
        }
        for name in role.after where self.role(named: name) == nil {
            throw .unknown(role: role.name, key: "after", name: name)
        }
        for name in role.listens where !listeners.contains(where: { $0.name == name }) {
            throw .unknown(role: role.name, key: "listens", name: name)
        }
        if let group = role.group, !groups.contains(where: { $0.name == group }) {
            throw .unknown(role: role.name, key: "group", name: group)
        }
    }

    /// The names of the roles that must have a ready worker before this role starts.
    public func needs(of role: RolePlan) -> [String] {
        var needs = role.after
        if let earlier = earlierInGroup(role).last, !needs.contains(earlier) { needs.append(earlier) }
        return needs
    }

    /// The roles before this one in its rest-for-one group; empty under one-for-one.
    public func earlierInGroup(_ role: RolePlan) -> [String] {
        guard let group = groups.first(where: { $0.name == role.group }), group.strategy == .restForOne,
            let place = roles.firstIndex(where: { $0.name == role.name })
        else { return [] }
        return roles[..<place].filter { $0.group == group.name }.map(\.name)
    }

    /// All roles, each after what it needs; otherwise in the order of the plan.
    public func startOrder() throws(PlanFault) -> [RolePlan] {
        var ordered: [RolePlan] = []
        var waiting = roles
        while !waiting.isEmpty {
            let next = waiting.firstIndex { role in
                needs(of: role).allSatisfy { need in ordered.contains { $0.name == need } }
            }
            guard let next else { throw .circle(waiting.map(\.name)) }
            ordered.append(waiting.remove(at: next))
        }
        return ordered
    }

    /// How long an orderly stop may take: roles stop one after another along the longest chain of needs.
    public var stopsWithin: Duration {
        var spans: [(name: String, span: Duration)] = []
        // Those without dependents stop first, so a role's span is its own and the longest of those that need it.
        for role in ((try? startOrder()) ?? roles).reversed() {
            let before =
                roles.filter { needs(of: $0).contains(role.name) }
                .compactMap { dependent in spans.first { $0.name == dependent.name }?.span }.max() ?? .zero
            spans.append((role.name, before + role.limits.stopWithin + .seconds(1)))
        }
        return spans.map(\.span).max() ?? .zero
    }
}
