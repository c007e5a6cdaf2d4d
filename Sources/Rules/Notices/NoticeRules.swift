public import Contracts

/// Who is told of what, when and how: all that the files of `config/comms` say of it.
public struct NoticeRules: Sendable, Equatable {
    public var channels: [ChannelRules]
    public var audiences: [Audience]
    public var routes: [Route]
    /// What came so long ago is forgotten: a delivery is not repeated so late.
    public var remembers: Int64 = .seconds(7 * 86_400)

    /// The journal alone, for everybody: what holds where nothing is configured.
    public init(
        channels: [ChannelRules] = [ChannelRules("journal", isImmediate: true)],
        audiences: [Audience] = [Audience("engineers", .engineer)],
        routes: [Route] = [Route("engineers", channels: ["journal"])]
    ) {
        self.channels = channels
        self.audiences = audiences
        self.routes = routes
    }

    func channel(_ name: String) -> ChannelRules? { channels.first { $0.name == name } }

    /// Each channel that a notice goes to, once: where several routes lead there the first one counts.
    func targets(of notice: IncidentNotice) -> [(channel: ChannelRules, audience: Audience)] {
        var found: [(channel: ChannelRules, audience: Audience)] = []
        for route in routes {
            guard let audience = audiences.first(where: { $0.name == route.audience }),
                route.takes(notice, audience.words)
            else { continue }
            for name in route.channels where !found.contains(where: { $0.channel.name == name }) {
                if let channel = channel(name) { found.append((channel, audience)) }
            }
        }
        return found
    }
}

/// Which notices go to an audience, and by which channels.
public struct Route: Sendable, Equatable {
    public var audience: String
    public var channels: [String]
    /// Nil for what the audience usually wants to know.
    public var kinds: [IncidentNotice.Kind]?
    /// The least urgent priority that is told; 1 is the most urgent.
    public var priority: Int

    public init(_ audience: String, channels: [String], kinds: [IncidentNotice.Kind]? = nil, priority: Int = 4) {
        self.audience = audience
        self.channels = channels
        self.kinds = kinds
        self.priority = priority
    }

    /// The end of an incident is told whatever its priority is by then: who heard of its beginning waits for it.
    func takes(_ notice: IncidentNotice, _ words: Audience.Words) -> Bool {
        (kinds ?? words.usual).contains(notice.kind) && (notice.priority <= priority || notice.kind.isEnd)
    }
}

/// People who are told things in the same words and at the same hours.
public struct Audience: Sendable, Equatable {
    /// For whom the words are.
    public enum Words: String, Codable, Sendable, Equatable, CaseIterable {
        case engineer, payer

        /// What they are told where a route does not say.
        var usual: [IncidentNotice.Kind] {
            switch self {
            case .engineer: IncidentNotice.Kind.allCases
            case .payer: [.opened, .escalated, .resolved, .failed]
            }
        }
    }

    public var name: String
    public var words: Words
    public var quiet: QuietHours?

    public init(_ name: String, _ words: Words, quiet: QuietHours? = nil) {
        self.name = name
        self.words = words
        self.quiet = quiet
    }
}

/// Hours, by the clocks of a zone, at whose end what is not urgent is told.
public struct QuietHours: Sendable, Equatable {
    public var zone: Zone
    /// On which they begin: 0 is Monday; every day where empty.
    public var days: [Int]
    /// In minutes of the day; over midnight where `until` is not after `from`.
    public var from: Int
    public var until: Int
    /// What is as urgent as this, or more, is told at once.
    public var passes: Int

    public init(zone: Zone = .utc, days: [Int] = [], from: Int, until: Int, passes: Int = 1) {
        self.zone = zone
        self.days = days
        self.from = from
        self.until = until
        self.passes = passes
    }

    /// When the hours end that it is in; nil outside of them. In nanoseconds since 1970, as all times here.
    public func end(_ now: Int64) -> Int64? {
        let seconds = now / 1_000_000_000 - (now % 1_000_000_000 < 0 ? 1 : 0)
        let local = zone.local(seconds)
        let minute = local.second / 60
        let isOvernight = until <= from
        let begins = { (weekday: Int) in days.isEmpty || days.contains(weekday) }
        let midnight = local.seconds - Int64(local.second)
        if minute >= from, isOvernight || minute < until, begins(local.weekday) {
            return instant(midnight + (isOvernight ? 86_400 : 0))
        }
        guard isOvernight, minute < until, begins((local.weekday + 6) % 7) else { return nil }
        return instant(midnight)
    }

    /// Where the clocks show it twice, the later one.
    private func instant(_ midnight: Int64) -> Int64 {
        .seconds(zone.instants(of: CivilTime(seconds: midnight + Int64(until) * 60)).last)
    }
}

/// How a channel is used, whatever it is made of.
public struct ChannelRules: Sendable, Equatable {
    /// At most so many messages in so much time.
    public struct Rate: Sendable, Equatable {
        public var count: Int
        public var within: Int64

        public init(_ count: Int, within: Int64) {
            self.count = count
            self.within = within
        }
    }

    /// More notices than `moreThan` in the time: then they are gathered into one message each `every`.
    public struct Storm: Sendable, Equatable {
        public var moreThan: Int
        public var within: Int64
        public var every: Int64
        /// In one message; more make another one.
        public var most = 200

        public init(moreThan: Int = 10, within: Int64 = .seconds(60), every: Int64 = .seconds(10)) {
            self.moreThan = moreThan
            self.within = within
            self.every = every
        }
    }

    public var name: String
    /// It wakes somebody: after an acknowledgement it is quiet.
    public var pages: Bool
    /// It is told of acknowledgements, as PagerDuty is.
    public var takesAcknowledgements: Bool
    /// Nil where each notice must be a message of its own.
    public var storm: Storm?
    public var rate = Rate(60, within: .seconds(60))
    /// After so many it is a dead letter.
    public var attempts = 12
    /// The first wait after a failure, and the longest.
    public var patience: Int64 = .seconds(1)
    public var longestPatience: Int64 = .seconds(300)
    /// Messages under way at once.
    public var inHand = 4

    /// `isImmediate` for what costs nobody anything: no limit, nothing gathered.
    public init(
        _ name: String, pages: Bool = false, takesAcknowledgements: Bool = false, storm: Storm? = Storm(),
        isImmediate: Bool = false
    ) {
        self.name = name
        self.pages = pages
        self.takesAcknowledgements = takesAcknowledgements
        self.storm = isImmediate ? nil : storm
        if isImmediate { rate = Rate(1_000_000, within: .seconds(1)) }
    }

    /// The wait after so many failures: up to twice as long each time, somewhere in its second half.
    func wait(after attempts: Int, _ chance: inout Chance) -> Int64 {
        var ceiling = max(patience, 2)
        for _ in 1..<max(attempts, 1) where ceiling < longestPatience { ceiling *= 2 }
        ceiling = max(min(ceiling, longestPatience), 2)
        return Int64.random(in: ceiling / 2...ceiling, using: &chance)
    }
}

extension IncidentNotice.Kind {
    /// Nothing comes after it.
    public var isEnd: Bool { self == .resolved || self == .suppressed || self == .failed }

    /// Whether it may wake somebody who has said that they know.
    var passesAcknowledgement: Bool { isEnd || self == .approvalNeeded || self == .priorityRaised }

    /// A question has its own message, with its own buttons.
    var mayBeGathered: Bool { self != .approvalNeeded }
}
