import Bus
import Contracts
import Synchronization

/// What became of the calls that were offered, each kind of end apart.
struct Report: Codable, Sendable {
    var seconds = 0.0
    var offered = 0
    /// Offered and not ended yet.
    var open = 0
    var ok = 0
    var lost = 0
    var late = 0
    var overloaded = 0
    var unavailable = 0
    /// Poison among them, and whatever else there is; `why` has the first of them.
    var other = 0
    var why: String?
    /// The longest time between two good answers, in milliseconds: how long the role was away.
    var longestGap = 0.0
    /// Milliseconds from when a call was due, not from when it was sent: a generator that falls behind hides nothing.
    var p50 = 0.0
    var p90 = 0.0
    var p99 = 0.0
    var longest = 0.0
}

/// Counts ends as they come, from any thread.
final class Tally: Sendable {
    fileprivate struct State {
        var report = Report()
        var latencies: [Int64] = []
        var lastGood: Moment?
    }
    private let state = Mutex(State())
    private let start = Moment.now

    func offered() {
        state.withLock { state in
            state.report.offered += 1
            state.report.open += 1
        }
    }

    func ended(_ fault: (any Error)?, due: Moment) {
        let now = Moment.now
        state.withLock { state in
            state.report.open -= 1
            guard let fault else { return state.good(now, due) }
            state.bad(fault)
        }
    }

    /// What never ended, at the end of all patience, is a fault like any other.
    func giveUp() {
        state.withLock { state in
            guard state.report.open > 0 else { return }
            state.report.other += state.report.open
            state.report.why = state.report.why ?? "\(state.report.open) calls never ended"
            state.report.open = 0
        }
    }

    var report: Report {
        var (report, latencies) = state.withLock { ($0.report, $0.latencies) }
        latencies.sort()
        func quantile(_ share: Double) -> Double {
            guard let last = latencies.indices.last else { return 0 }
            return Double(latencies[min(last, Int(Double(latencies.count) * share))]) / 1e6
        }
        report.seconds = Moment.now.since(start).inSeconds
        (report.p50, report.p90, report.p99) = (quantile(0.5), quantile(0.9), quantile(0.99))
        report.longest = latencies.last.map { Double($0) / 1e6 } ?? 0
        return report
    }
}

extension Tally.State {
    fileprivate mutating func good(_ now: Moment, _ due: Moment) {
        report.ok += 1
        latencies.append(now.nanoseconds(since: due))
        if let lastGood { report.longestGap = max(report.longestGap, Double(now.nanoseconds(since: lastGood)) / 1e6) }
        lastGood = now
    }

    fileprivate mutating func bad(_ fault: any Error) {
        switch fault as? BusError {
        case .lost: report.lost += 1
        case .late: report.late += 1
        case .overloaded: report.overloaded += 1
        case .unavailable: report.unavailable += 1
        default:
            report.other += 1
            report.why = report.why ?? "\(fault)"
        }
    }
}
