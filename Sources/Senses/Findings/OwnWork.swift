import Contracts

/// Watches the agents' own work: steps that fail, a step that does not end, verifications that fail one after the other.
struct OwnWork: Sendable {
    private static let steps = "agent.steps"
    private static let age = "agent.step.age"
    private static let verifications = "agent.verifications"
    /// The window for the share of failed steps, in seconds.
    private static let window: Int64 = 300
    private static let mostFailed = 0.05
    /// Of fewer steps no share is taken.
    private static let leastSteps = 10.0
    private static let longestStep = 240.0
    private static let mostFailedVerifications = 2.0
    /// Agents that are watched; whoever sends a metric of this name is taken for one.
    private static let most = 256

    private struct Count: Sendable {
        var second: Int64
        var failed: Double
        var all: Double
    }

    private var counts: [(agent: String, past: [Count])] = []
    private var ages: [(agent: String, seconds: Double, at: Int64)] = []
    private var failedInARow: [(agent: String, count: Double)] = []

    /// How many numbers are kept.
    var held: Int { counts.reduce(ages.count + failedInARow.count) { $0 + $1.past.count } }

    mutating func take(_ increase: MetricIncrease, now: Int64) {
        let outcome = increase.key.labels.first { $0.name == "outcome" }?.value
        switch increase.key.metric {
        case Self.steps:
            guard let place = place(of: increase.key.node) else { return }
            let failed = outcome == "ok" ? 0 : increase.count
            let second = now / 1_000_000_000
            let last = counts[place].past.indices.last
            if let last, counts[place].past[last].second == second {
                counts[place].past[last].failed += failed
                counts[place].past[last].all += increase.count
            } else {
                counts[place].past.append(Count(second: second, failed: failed, all: increase.count))
            }
        case Self.verifications:
            let place = failedInARow.firstIndex { $0.agent == increase.key.node }
            let before = place.map { failedInARow[$0].count } ?? 0
            guard increase.count > 0 else { return }
            let count = outcome == "ok" ? 0 : before + increase.count
            if let place {
                failedInARow[place].count = count
            } else if failedInARow.count < Self.most {
                failedInARow.append((increase.key.node, count))
            }
        default: break
        }
    }

    mutating func take(gauge point: MetricPoint, now: Int64) {
        guard point.metric == Self.age, case .gauge(let seconds) = point.reading else { return }
        let name = point.instance ?? point.node
        ages.removeAll { $0.agent == name }
        if ages.count < Self.most { ages.append((name, seconds, now)) }
    }

    private mutating func place(of agent: String) -> Int? {
        if let place = counts.firstIndex(where: { $0.agent == agent }) { return place }
        guard counts.count < Self.most else { return nil }
        counts.append((agent, []))
        return counts.count - 1
    }

    mutating func tick(into findings: inout FindingBook, now: Int64) {
        let oldest = now / 1_000_000_000 - Self.window
        ages.removeAll { now - $0.at > 60_000_000_000 }
        for place in counts.indices {
            counts[place].past.removeAll { $0.second < oldest || $0.second > oldest + 2 * Self.window }
            let all = counts[place].past.reduce(0) { $0 + $1.all }
            let failed = counts[place].past.reduce(0) { $0 + $1.failed }
            guard all >= Self.leastSteps, failed / all > Self.mostFailed else { continue }
            let agent = counts[place].agent
            say(
                "steps", agent, "\(shown(failed / all * 100)) % of \(Int(all)) steps of \(agent) failed in 5 min", now,
                &findings)
        }
        for (agent, seconds, at) in ages where seconds > Self.longestStep && now - at < 10_000_000_000 {
            say("age", agent, "a step of \(agent) has been under way for \(shown(seconds)) s", now, &findings)
        }
        for (agent, count) in failedInARow where count > Self.mostFailedVerifications {
            say("verification", agent, "\(Int(count)) verifications in a row have failed", now, &findings)
        }
    }

    private func say(_ subject: String, _ agent: String, _ text: String, _ now: Int64, _ findings: inout FindingBook) {
        let node = agent.split(separator: "@").first.map(String.init) ?? agent
        findings.assert(
            Finding(.ownWork, .warning, node: node, subject: subject, began: now, noticed: now, text: text),
            hold: 30_000_000_000, now: now)
    }
}
