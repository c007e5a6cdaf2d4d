public import Contracts

/// Somebody wants to hear nothing of some alerts for a time.
public struct Silence: Codable, Sendable, Equatable {
    public var id: String
    /// All of them must match.
    public var matchers: [LabelMatcher]
    /// Who wants it so, and why.
    public var author: String
    public var reason: String
    /// Nanoseconds since 1970.
    public var from: Int64
    public var until: Int64
    /// When somebody ended it before its time.
    public var ended: Int64?

    public init(
        id: String, _ matchers: [LabelMatcher], author: String, reason: String, from: Int64, until: Int64,
        ended: Int64? = nil
    ) {
        self.id = id
        self.matchers = matchers
        self.author = author
        self.reason = reason
        self.from = from
        self.until = until
        self.ended = ended
    }

    /// Whether it holds at a time.
    public func isActive(_ now: Int64) -> Bool { now >= from && now < until && ended.map { now < $0 } ?? true }

    /// Whether it is about an alert. One without matchers is about none: it would be about all.
    public func covers(_ alert: RaisedAlert) -> Bool { !matchers.isEmpty && matchers.allSatisfy { $0.matches(alert) } }
}

/// A time in which work on some services is announced.
public struct MaintenanceWindow: Sendable, Equatable {
    /// When it is.
    public enum Times: Sendable, Equatable {
        /// By the clocks of its zone: on these days (0 is Monday), in minutes of the day; over midnight where `until` is not
        /// after `from`, and then the day on which it began counts.
        case weekly(days: [Int], from: Int, until: Int)
        /// Once.
        case once(from: CivilTime, until: CivilTime)
    }

    public var name: String
    /// The services; all where empty.
    public var nodes: [String]
    public var zone: Zone
    public var times: Times

    public init(_ name: String, nodes: [String] = [], zone: Zone = .utc, _ times: Times) {
        self.name = name
        self.nodes = nodes
        self.zone = zone
        self.times = times
    }

    /// Whether it is open at a time, in nanoseconds since 1970.
    public func isOpen(_ now: Int64) -> Bool {
        let seconds = now / 1_000_000_000 - (now % 1_000_000_000 < 0 ? 1 : 0)
        switch times {
        case .once(let from, let until):
            // Where clocks show one of its ends twice, the longer window is meant.
            return seconds >= zone.instants(of: from).first && seconds < zone.instants(of: until).last
        case .weekly(let days, let from, let until):
            let local = zone.local(seconds)
            let minute = local.second / 60
            guard until <= from else { return days.contains(local.weekday) && minute >= from && minute < until }
            return days.contains(local.weekday) && minute >= from
                || days.contains((local.weekday + 6) % 7) && minute < until
        }
    }

    /// Whether it is about an alert. What is about no service known is hidden only by a window for all.
    public func covers(_ alert: RaisedAlert) -> Bool { nodes.isEmpty || nodes.contains(alert.node) }
}

/// While one alert fires, others say nothing new: as Alertmanager has it.
public struct Inhibition: Sendable, Equatable {
    public var name: String
    public var source: [LabelMatcher]
    public var target: [LabelMatcher]
    /// Labels that must be the same on both.
    public var equal: [String]

    public init(_ name: String, source: [LabelMatcher], target: [LabelMatcher], equal: [String] = []) {
        self.name = name
        self.source = source
        self.target = target
        self.equal = equal
    }

    /// Whether an alert silences others.
    public func isSource(_ alert: RaisedAlert) -> Bool { !source.isEmpty && source.allSatisfy { $0.matches(alert) } }

    /// Whether an alert is silenced by others.
    public func isTarget(_ alert: RaisedAlert) -> Bool { !target.isEmpty && target.allSatisfy { $0.matches(alert) } }

    /// What must be the same on both.
    public func shared(_ alert: RaisedAlert) -> [String] { equal.map { alert.value(of: $0) } }
}
