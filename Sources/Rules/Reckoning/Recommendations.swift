import Contracts

/// What would prevent a cause that has come again and again.
public struct Recommendation: Codable, Sendable, Equatable {
    public var category: String
    public var culprit: String
    /// What was blamed each time, such as a kind of change.
    public var blamed: String?
    /// The incidents from which it follows, the earliest first.
    public var incidents: [String]
    public var text: String
}

/// Finds what several incidents have in common.
public enum Recommendations {
    /// The same cause as often as this is no accident any more.
    public static let least = 3

    /// What follows from incidents that are over; the most frequent cause first. Noise tells of no cause.
    public static func of(_ all: [IncidentFigures]) -> [Recommendation] {
        let known = all.filter { $0.outcome != .suppressed && $0.wasRight != false }
            .sorted { ($0.ended, $0.incident) < ($1.ended, $1.incident) }
        var found: [Recommendation] = []
        for one in known {
            guard let category = one.category, let culprit = one.culprit else { continue }
            let place = found.firstIndex {
                $0.category == category && $0.culprit == culprit && $0.blamed == one.blamed
            }
            if let place {
                if !found[place].incidents.contains(one.incident) { found[place].incidents.append(one.incident) }
            } else {
                found.append(
                    Recommendation(
                        category: category, culprit: culprit, blamed: one.blamed, incidents: [one.incident], text: ""))
            }
        }
        let frequent = found.filter { $0.incidents.count >= least }.map { one in
            var one = one
            one.text = text(one)
            return one
        }
        return frequent.enumerated().sorted {
            ($1.element.incidents.count, $0.offset) < ($0.element.incidents.count, $1.offset)
        }.map(\.element)
    }

    private static func text(_ one: Recommendation) -> String {
        let blamed = one.blamed.map { " (\($0))" } ?? ""
        let times = "\(one.category) in \(one.culprit)\(blamed) came \(one.incidents.count) times"
        return "\(times) (\(one.incidents.joined(separator: ", "))): \(prevention(one))"
    }

    private static func prevention(_ one: Recommendation) -> String {
        switch one.category {
        case "Config_Error":
            "let the check before a merge refuse such a value of \(one.culprit), and let its deploys be watched for longer"
        case "Code_Bug":
            "add a test of \(one.culprit) that fails as these incidents did, and run it before every merge"
        case "Permission_Issue":
            "let the check before a merge refuse a change that takes from \(one.culprit) what it uses"
        case "Resource_Limit":
            "give \(one.culprit) more of what it runs short of before the forecast reaches the limit, or bound what it takes"
        case "External_Dependency":
            "let \(one.culprit) do without what it calls: a circuit breaker, a queue, or a second provider"
        default: "look for what these incidents have in common, and write a runbook for it"
        }
    }
}
