import Contracts
import Glibc
import Insight

/// What can be used up, how much of it is, and when it will be.
public struct LimitBook: Sendable {
    /// The bounds that are known from the configuration and from the host.
    public struct Bounds: Sendable {
        /// Bytes that a process of a role may use, by role.
        public var memory: [(role: String, bytes: Double)] = []
        /// Workers of each role that the configuration asks for.
        public var workers: [(role: String, count: Int)] = []
        public var processors = 1.0
        public var descriptors = 1_024.0
        /// Messages that may wait before they wait too long.
        public var waiting = 10_000.0
        /// Bytes of the disk that holds the data.
        public var disk: Double?

        public init() {}
    }

    /// A resource of a process, or of the whole role.
    private struct Resource: Hashable, Comparable, Sendable {
        var node: String
        var instance: String?
        var name: String
        static func < (left: Resource, right: Resource) -> Bool {
            (left.node, left.name, left.instance ?? "") < (right.node, right.name, right.instance ?? "")
        }
    }

    private struct Use: Sendable {
        var trend = TrendForecaster(window: 120)
        var used = 0.0
        var limit = 0.0
        var peak = 0.0
        var last: Int64 = 0
        /// How often in a row the forecast said that the limit comes within the horizon.
        var agreed = 0
    }

    private static let every: Int64 = 5
    /// A limit further away than this is no finding.
    private static let horizon = 3_600.0
    /// So many forecasts in a row must agree, which takes half a minute.
    private static let agreement = 6
    /// Below this share a trend is no news: what starts grows.
    private static let leastShare = 0.25
    private static let comfortable = 0.7
    /// Resources that are watched.
    private static let most = 1_000

    public var bounds: Bounds
    private var uses: [Resource: Use] = [:]
    private var next: Int64 = 0
    /// Readings of resources beyond those that are watched.
    public private(set) var leftOut = 0

    /// Bytes of memory, about.
    public var bytes: Int { uses.count * 2_400 }

    public init(bounds: Bounds = Bounds()) { self.bounds = bounds }

    /// The bound of a series, where it has one.
    func limit(of key: SeriesKey) -> Double? {
        switch key.metric {
        case "process.memory.usage": bounds.memory.first { $0.role == key.node }?.bytes
        case "process.unix.file_descriptor.count": bounds.descriptors
        case "process.cpu.time:rate": bounds.processors
        case "store.outbox.messages": bounds.waiting
        default: nil
        }
    }

    private static let resources: [(metric: String, name: String, unit: String)] = [
        ("process.memory.usage", "memory", "By"), ("process.cpu.time:rate", "processor", "cores"),
        ("process.unix.file_descriptor.count", "descriptors", "1"), ("store.outbox.messages", "queue", "messages"),
    ]

    /// Looks at the latest values, and says what will run out.
    mutating func tick(_ series: SeriesBook, disk: Double?, into findings: inout FindingBook, now: Int64) {
        let second = now / 1_000_000_000
        guard second >= next || next - second > Self.every else { return }
        next = second + Self.every
        for resource in Self.resources {
            for (key, value, at) in series.latest(resource.metric) where second - at < 15 {
                guard let limit = limit(of: key) else { continue }
                let name = Resource(node: key.node, instance: key.instance, name: resource.name)
                take(value, limit, name, into: &findings, now: now)
            }
        }
        if let disk, let whole = bounds.disk {
            take(disk, whole, Resource(node: "host", instance: nil, name: "disk"), into: &findings, now: now)
        }
        if uses.count >= Self.most { uses = uses.filter { abs(second - $0.value.last) < 60 } }
    }

    private mutating func take(
        _ value: Double, _ limit: Double, _ resource: Resource, into findings: inout FindingBook, now: Int64
    ) {
        let second = now / 1_000_000_000
        guard limit > 0, value.isFinite else { return }
        guard uses[resource] != nil || uses.count < Self.most else {
            leftOut += 1
            return
        }
        var use = uses.removeValue(forKey: resource) ?? Use()
        // A process that began anew has another trend.
        if value < use.used * 0.5, resource.name != "processor" { use.trend = TrendForecaster(window: 120) }
        (use.used, use.limit, use.last) = (value, limit, second)
        use.peak = max(use.peak * 0.999, value)
        use.trend.add(value, at: Double(second))
        defer { uses[resource] = use }
        // A busy processor is not used up: it is slow, which others notice.
        guard resource.name != "processor" else { return }
        guard value >= limit * Self.leastShare,
            let after = seconds(use.trend.reaches(limit, now: Double(second))), after <= Self.horizon
        else {
            use.agreed = 0
            return
        }
        use.agreed += 1
        guard use.agreed >= Self.agreement || value >= limit else { return }
        let share = shown(value / limit * 100)
        let finding = Finding(
            .limitAhead, after < 600 ? .warning : .notice, node: resource.node, instance: resource.instance,
            subject: resource.name, began: now, noticed: now,
            text: "\(resource.name) of \(resource.instance ?? resource.node) is at \(share) % of its limit of "
                + "\(shown(limit)) and reaches it in \(shown(after)) s at today's trend", value: value, expected: limit)
        findings.assert(finding, hold: 60_000_000_000, now: now)
    }

    private func seconds(_ forecast: LimitForecast) -> Double? {
        switch forecast {
        case .reached: 0
        case .expected(let after, _, _): after
        case .never, .unknown: nil
        }
    }

    /// Everything that has a limit, the nearest end first.
    func report(now: Int64) -> [CapacityReport] {
        let second = Double(now / 1_000_000_000)
        let known = uses.keys.sorted().filter { second - Double(uses[$0]?.last ?? 0) < 60 }
        var peaks: [String: (sum: Double, workers: Int)] = [:]
        for resource in known where resource.name == "processor" {
            let before = peaks[resource.node] ?? (0, 0)
            peaks[resource.node] = (before.sum + (uses[resource]?.peak ?? 0), before.workers + 1)
        }
        let reports = known.compactMap { resource -> CapacityReport? in
            guard let use = uses[resource] else { return nil }
            let unit = Self.resources.first { $0.name == resource.name }?.unit ?? "By"
            var report = CapacityReport(
                node: resource.node, instance: resource.instance, resource: resource.name, unit: unit, used: use.used,
                limit: use.limit, text: "")
            if case .expected(let after, let earliest, let latest) = use.trend.reaches(use.limit, now: second) {
                report.after = after
                report.earliest = earliest
                report.latest = latest.isFinite ? latest : nil
            } else if use.used >= use.limit {
                report.after = 0
            }
            if resource.name == "processor", let peak = peaks[resource.node] {
                // One worker is comfortable up to seven tenths of a core: that many carry the role's peak.
                report.workers = peak.workers
                report.workersNeeded = max(1, Int(Glibc.ceil(min(peak.sum, 1e6) / Self.comfortable)))
            }
            report.text = text(report)
            return report
        }
        return reports.sorted { left, right in
            let (a, b) = (left.after ?? .infinity, right.after ?? .infinity)
            return a == b ? left.used / left.limit > right.used / right.limit : a < b
        }
    }

    private func text(_ report: CapacityReport) -> String {
        let share = "\(shown(report.used / max(report.limit, 1e-9) * 100)) % of \(shown(report.limit)) \(report.unit)"
        let workers = report.workersNeeded.map { "; its peak takes \($0) of \(report.workers ?? 0) workers" } ?? ""
        guard let after = report.after else { return "\(share), no end in sight\(workers)" }
        guard let earliest = report.earliest else { return "\(share), used up\(workers)" }
        let latest = report.latest.map { "\(shown($0)) s" } ?? "never"
        return "\(share), used up in \(shown(after)) s (\(shown(earliest)) s to \(latest))\(workers)"
    }
}
