public import Contracts

/// How urgent an incident is.
public enum AlertPriority: String, Codable, Sendable, Equatable, CaseIterable, Comparable {
    case first = "P1"
    case second = "P2"
    case third = "P3"
    case fourth = "P4"

    /// From 1, the most urgent.
    public var number: Int {
        switch self {
        case .first: 1
        case .second: 2
        case .third: 3
        case .fourth: 4
        }
    }

    /// The more urgent one is the greater.
    public static func < (left: AlertPriority, right: AlertPriority) -> Bool { left.rawValue > right.rawValue }
}

/// What an alert, or many, say of those who use the application. It only grows.
public struct Impact: Codable, Sendable, Equatable {
    /// Whether users notice.
    public enum Users: String, Codable, Sendable, Equatable, CaseIterable, Comparable {
        case unknown, some, many

        private var rank: Int { self == .unknown ? 0 : self == .some ? 1 : 2 }
        public static func < (left: Users, right: Users) -> Bool { left.rank < right.rank }
    }

    public private(set) var severity = FindingSeverity.notice
    public private(set) var users = Users.unknown
    /// Objectives that are hurt, in the order of their names.
    public private(set) var objectives: [String] = []
    /// Services that are hurt, in the order of their names.
    public private(set) var nodes: [String] = []
    private static let mostNames = 64

    public init() {}

    /// What one alert says.
    public init(_ alert: RaisedAlert) {
        severity = alert.severity
        if !alert.node.isEmpty { nodes = [alert.node] }
        guard let kind = alert.kind else { return }
        switch kind {
        case .objectiveBurning, .failing:
            users = alert.severity == .critical ? .many : .some
            objectives = alert.endangered
        case .canaryFailing:
            users = .some
            objectives = alert.endangered
        case .givenUp: users = .some
        default: break
        }
    }

    /// Takes in what another one says.
    public mutating func grow(by other: Impact) {
        severity = max(severity, other.severity)
        users = max(users, other.users)
        for name in other.objectives { Self.add(name, to: &objectives) }
        for name in other.nodes { Self.add(name, to: &nodes) }
    }

    private static func add(_ name: String, to names: inout [String]) {
        guard names.count < mostNames, !names.contains(name) else { return }
        names.append(name)
        names.sort()
    }

    /// How urgent that is, and why, with points that add up.
    public var judgement: (priority: AlertPriority, reasons: [DecisionReason]) {
        var reasons: [DecisionReason] = []
        let grave: Double = severity == .critical ? 3 : severity == .warning ? 1 : 0
        reasons.append(DecisionReason("severity", points: grave, "the gravest alert is \(severity.rawValue)"))
        switch users {
        case .unknown: break
        case .some: reasons.append(DecisionReason("users", points: 2, "some users are not served"))
        case .many:
            reasons.append(DecisionReason("users", points: 3, "many users are not served, or the budget burns fast"))
        }
        if objectives.count > 1 {
            let points = Double(min(objectives.count - 1, 2))
            reasons.append(
                DecisionReason(
                    "objectives", points: points, "\(objectives.count) objectives are hurt: \(listed(objectives))"))
        }
        if nodes.count > 3 {
            reasons.append(DecisionReason("spread", points: 1, "\(nodes.count) services are hurt: \(listed(nodes))"))
        }
        let sum = reasons.reduce(0) { $0 + ($1.points ?? 0) }
        let priority: AlertPriority = sum >= 7 ? .first : sum >= 5 ? .second : sum >= 2 ? .third : .fourth
        return (priority, reasons)
    }

    /// How urgent that is.
    public var priority: AlertPriority { judgement.priority }

    private func listed(_ names: [String]) -> String {
        names.prefix(5).joined(separator: ", ") + (names.count > 5 ? " and \(names.count - 5) more" : "")
    }
}

extension RaisedAlert {
    /// What was noticed, where it was noticed inside.
    public var kind: FindingKind? {
        source == .telemetry || source == .supervisor ? FindingKind(rawValue: name) : nil
    }

    /// The objectives that a finding endangers.
    public var endangered: [String] {
        value(of: "endangers").split(separator: ",").map(String.init)
    }

    /// Whether users are hurt by what it says, so that it needs no company to be believed.
    public var tellsOfUsers: Bool {
        switch kind {
        case .objectiveBurning, .failing, .canaryFailing: severity >= .warning
        case .givenUp: true
        default: source == .supervisor && (severity == .critical || isRecord)
        }
    }

    /// Whether it was sent so that there is an incident of it, though nothing may be left to do.
    public var isRecord: Bool { labels.contains(Self.record) }

    /// Whether it says something about a symptom inside alone: alone, or among its like, that is no incident.
    public var isCircumstance: Bool {
        switch kind {
        case nil: source == .supervisor && severity < .critical && !isRecord
        case .anomaly, .newMessage, .deadProcess, .silentProcess, .drift: severity < .critical
        case .messageRate, .limitAhead, .ownWork: severity < .warning
        case .objectiveBurning, .failing, .canaryFailing, .givenUp: false
        }
    }
}
