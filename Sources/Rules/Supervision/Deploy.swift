public import Contracts

/// A deploy: one role after the other gets another release, and is watched for a while before the next one's turn.
///
/// | phase | what is waited for | goes on to |
/// |---|---|---|
/// | next | that nobody else rolls or scales the role | acting |
/// | acting | the roll, the start or the new number of workers | watching; taking back, where it fails |
/// | watching | readiness without a fault, and the word of the objectives | next, or done; taking back, where one fails |
/// | taking back | every role that was touched, the last first, has what it had | ended |
///
/// All of it is in the memo that the guardian keeps: the next supervisor goes on at the role that was being changed. One that
/// supervisors die of is taken back.
struct Deploy: Sendable {
    enum Phase: Sendable {
        case next
        case acting(DeployStep)
        case watching(DeployStep, since: Moment, until: Moment, deaths: Int, judged: Bool)
        /// What is left to be taken back, its first being under way or not.
        case takingBack([DeployStep], isActing: Bool)
    }

    let order: DeployOrder
    /// The plan of the new release.
    let plan: ClusterPlan
    /// What ran before.
    let previous: ClusterPlan
    let previousRelease: Release
    let ticket: Int?
    var remaining: [DeployStep]
    var done: [DeployStep] = []
    var phase = Phase.next
    /// How often a supervisor died meanwhile.
    var resumed = 0
    /// Why it is taken back.
    var cause = ""

    /// How long a role is watched after its roll, and how much longer the word about the objectives is waited for.
    static let watch = Duration.seconds(5)
    static let patience = Duration.seconds(4)
    static let mostResumed = 2
}

/// What a deploy does to one role.
public enum DeployStep: Sendable, Equatable, Codable {
    /// Its workers are replaced one at a time.
    case roll(String)
    /// It gets another number of workers.
    case resize(String, from: Int, to: Int)
    /// The cluster did not have it.
    case start(String)
    /// The cluster shall not have it any more.
    case retire(String)

    /// The role that it is about.
    public var role: String {
        switch self {
        case .roll(let role), .resize(let role, _, _), .start(let role), .retire(let role): role
        }
    }
}

/// What the guardian keeps for the next supervisor about a deploy.
public struct DeployMemo: Sendable, Equatable, Codable {
    public var order: DeployOrder
    public var previous: Release
    /// In order: the first of them was being done.
    public var remaining: [DeployStep]
    public var done: [DeployStep]
    public var resumed: Int
    /// Why it is being taken back; empty while it goes forth.
    public var cause: String
}

/// The word of the objectives about a role that was just rolled.
public enum GateWord: Sendable, Equatable {
    case holds(String)
    case fails(String)
    /// Nobody could tell.
    case unseen(String)
}

/// Whether objectives that were well before fail at once.
public enum DeployGate {
    /// So many times faster than allowed counts as failing at once, as in the fastest of the usual burn alerts.
    static let burn = 14.4
    /// Whatever the target, a share below this is none that fails at once.
    static let leastShare = 0.05
    static let leastBad = 5.0

    /// `before` was asked before the deploy began, `since` when the watch began, `now` at its end.
    public static func word(
        before: [ObjectiveReport], since: [ObjectiveReport], now: [ObjectiveReport]
    ) -> GateWord {
        // A cluster that is ill already is no measure: what mends it may bring back load that it has not felt for a while, and who
        // mends it looks whether it holds.
        if let ill = before.first(where: isBurning) { return .unseen("\(ill.name) was failing before") }
        var events = 0.0
        for after in now {
            guard let start = since.first(where: { $0.name == after.name }),
                before.contains(where: { $0.name == after.name })
            else { continue }
            let total = after.total - start.total
            let bad = total - (after.good - start.good)
            // Counts that fell were begun anew in between.
            guard total > 0, bad >= 0 else { continue }
            events += total
            guard bad >= leastBad, bad / total >= max(leastShare, (1 - after.target) * burn) else { continue }
            return .fails("\(after.name): \(Int(bad)) of \(Int(total)) failed within \(Deploy.watch.inSeconds) s")
        }
        return events > 0
            ? .holds("\(Int(events)) events were well") : .unseen("no objective had traffic to be judged by")
    }

    private static func isBurning(_ report: ObjectiveReport) -> Bool {
        report.windows.contains { $0.isFiring || ($0.shortBurn ?? 0) > burn }
    }
}

/// Which roles a change of the configuration reaches.
public enum Reach {
    /// The roles of `new` whose workers read one of the paths, or run one of the executables, in the order of start; paths are
    /// below the folder of the configuration.
    public static func roles(
        touched paths: [String], executables: [String] = [], old: ClusterPlan, new: ClusterPlan
    ) -> [String] {
        let ordered = ((try? new.startOrder()) ?? new.roles)
        return ordered.filter { role in
            guard let before = old.role(named: role.name) else { return false }
            return paths.contains { reads(role, $0) } || executables.contains(role.executable)
                || needsRoll(before, role)
        }.map(\.name)
    }

    /// Whether the plan of a role changed in what its processes are born with.
    static func needsRoll(_ before: RolePlan, _ after: RolePlan) -> Bool {
        var before = before
        before.replicas = after.replicas
        before.group = after.group
        before.after = after.after
        return before != after
    }

    static func reads(_ role: RolePlan, _ path: String) -> Bool {
        let parts = path.split(separator: "/").map(String.init)
        guard let first = parts.first, !path.hasSuffix(".md") else { return false }
        switch first {
        case "cluster.yaml": return false
        case "roles": return parts.count == 2 && parts[1] == "\(role.name).yaml"
        case "acl.yaml": return role.executable.hasSuffix("Broker")
        case "keys.yaml": return !role.listens.isEmpty
        case "slo", "canaries": return role.executable.hasSuffix("TelemetryAgent")
        case "policy", "people.yaml": return role.executable.hasSuffix("RiskAgent")
        case "calibration":
            return role.executable.hasSuffix("RiskAgent") || role.executable.hasSuffix("TriageAgent")
        case "triage": return role.executable.hasSuffix("TriageAgent")
        case "runbooks", "pipeline.yaml", "forge.yaml": return role.executable.hasSuffix("RemediationAgent")
        // Nobody knows who reads it.
        default: return true
        }
    }
}
