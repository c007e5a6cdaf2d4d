/// What is true about a fault, in the layout of ITBench (`itbench.io/v1`, kind `GroundTruth`).
public struct GroundTruth: Codable, Sendable, Equatable {
    /// One entity, or several of a kind.
    public struct Group: Codable, Sendable, Equatable {
        public var id: String
        public var kind: String
        public var namespace: String
        /// Its one name; or the names that it may have, `orders.*` for all that begin so.
        public var name: String?
        public var filter: [String]
        public var isRootCause: Bool

        public init(
            id: String, kind: String, namespace: String = "", name: String? = nil, filter: [String] = [],
            isRootCause: Bool = false
        ) {
            self.id = id
            self.kind = kind
            self.namespace = namespace
            self.name = name
            self.filter = filter
            self.isRootCause = isRootCause
        }

        /// Whether an entity of that name is one of it.
        public func holds(_ entity: String) -> Bool {
            if entity == name { return true }
            return filter.contains { pattern in
                pattern.hasSuffix(".*") ? entity.hasPrefix(pattern.dropLast(2)) : pattern == entity
            }
        }
    }

    /// What was done, to what.
    public struct Cause: Codable, Sendable, Equatable {
        /// `Change`, `Create` or `Delete`.
        public var category: String
        public var condition: String
        public var group: String
        public var kind: String
        public var name: String
        public var mechanism: String

        public init(
            category: String, condition: String, group: String, kind: String, name: String, mechanism: String
        ) {
            self.category = category
            self.condition = condition
            self.group = group
            self.kind = kind
            self.name = name
            self.mechanism = mechanism
        }
    }

    /// An alert that is to be expected.
    public struct Alert: Codable, Sendable, Equatable {
        public var id: String
        public var group: String
        public var text: String

        public init(id: String, group: String, text: String) {
            self.id = id
            self.group = group
            self.text = text
        }
    }

    /// How it spreads.
    public struct Propagation: Codable, Sendable, Equatable {
        public var source: String
        public var target: String
        public var condition: String
        public var effect: String

        public init(source: String, target: String, condition: String, effect: String) {
            self.source = source
            self.target = target
            self.condition = condition
            self.effect = effect
        }
    }

    /// One way out.
    public struct Solution: Codable, Sendable, Equatable {
        /// The class of the action that it takes, such as `configuration`.
        public var id: String
        public var actions: [String]

        public init(id: String, actions: [String]) {
            self.id = id
            self.actions = actions
        }
    }

    public var name: String
    /// One of the five, `cluster` or `control`.
    public var category: String
    /// What changed: `configuration`, `code` or `none`.
    public var change: String
    /// What runs out, such as `memory`; nil where nothing does.
    public var resource: String?
    public var causes: [Cause]
    public var alerts: [Alert]
    public var groups: [Group]
    /// Groups that stand for one and the same.
    public var aliases: [[String]]
    public var propagations: [Propagation]
    public var solutions: [Solution]

    public init(
        name: String, category: String, change: String = "none", resource: String? = nil, causes: [Cause] = [],
        alerts: [Alert] = [], groups: [Group] = [], aliases: [[String]] = [], propagations: [Propagation] = [],
        solutions: [Solution] = []
    ) {
        self.name = name
        self.category = category
        self.change = change
        self.resource = resource
        self.causes = causes
        self.alerts = alerts
        self.groups = groups
        self.aliases = aliases
        self.propagations = propagations
        self.solutions = solutions
    }

    /// The root causes, each with the groups that stand for it.
    public var rootCauses: [[Group]] {
        var found: [[Group]] = []
        var taken: [String] = []
        for group in groups where group.isRootCause && !taken.contains(group.id) {
            let ids = [group.id] + aliases.filter { $0.contains(group.id) }.flatMap { $0 }
            let same = groups.filter { ids.contains($0.id) }
            taken += same.map(\.id)
            found.append(same)
        }
        return found
    }

    /// Whether an entity of that name is a root cause.
    public func isRootCause(_ entity: String) -> Bool {
        rootCauses.contains { $0.contains { $0.holds(entity) } }
    }

    /// From 0 to 1: 0 where the answer misses a root cause, otherwise its precision. Where there is none, only silence is right.
    public func strictScore(of answer: [String]) -> Double {
        var named: [String] = []
        for entity in answer where !named.contains(entity) { named.append(entity) }
        let causes = rootCauses
        guard !causes.isEmpty else { return named.isEmpty ? 1 : 0 }
        let isComplete = causes.allSatisfy { cause in named.contains { name in cause.contains { $0.holds(name) } } }
        guard isComplete else { return 0 }
        return Double(named.filter { isRootCause($0) }.count) / Double(named.count)
    }
}
