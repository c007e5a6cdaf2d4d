public import Contracts

/// Decides which messages of an outbox leave when, and what becomes of each.
///
/// A message stays in the outbox until it is answered, so it may go twice; its receiver's inbox makes that harmless.
/// Messages of one key go one after the other, in their order: the head of a key holds up that key alone.
public struct OutboxRelay: Sendable {
    /// What the relay knows of a row of the outbox: all but the message.
    public struct Row: Sendable, Equatable {
        public var seq: Int64
        public var key: String
        public var attempts: Int
        public var deaths: Int
        public var notBefore: Moment

        public init(seq: Int64, key: String, attempts: Int = 0, deaths: Int = 0, notBefore: Moment = .zero) {
            self.seq = seq
            self.key = key
            self.attempts = attempts
            self.deaths = deaths
            self.notBefore = notBefore
        }
    }

    /// How the sending of one message ended.
    public enum Outcome: Sendable, Equatable {
        case answered
        /// The receiver said no: it counts as an attempt.
        case refused(String)
        /// Nobody was there to take it, or the answer was lost: that says nothing about the message.
        case unavailable(String)
        /// So many of its receivers died with it in hand.
        case died(Int)
        /// It was one of several in hands that kept dying: from here on it goes alone, and the next death decides.
        case suspected
        /// It cannot ever be taken.
        case poison(String)
    }

    /// What is to be written about one message.
    public enum Verdict: Sendable, Equatable {
        case done
        case again(attempts: Int, deaths: Int, notBefore: Moment, reason: String)
        case dead(attempts: Int, deaths: Int, reason: String)
    }

    public enum Event: Sendable, Equatable {
        /// A transaction that put messages for these targets into the outbox is on disk.
        case committed(targets: [String])
        /// The rows after the place that was asked for, in their order; fewer than the limit when there are no more.
        case loaded(target: String, rows: [Row], limit: Int)
        /// The table could not be read.
        case unreadable(target: String)
        case sent(target: String, outcomes: [SentMessage])
        /// What was decided about these is on disk.
        case settled(target: String, verdicts: [DecidedMessage])
        /// It could not be written: they will go again.
        case unsettled(target: String, seqs: [Int64])
        /// Looks at everything again, as a net under the commits.
        case sweep(targets: [String])
        case tick
        /// To these targets nothing is sent until another word, and to all others again.
        case held(targets: [String])
        /// What the outbox had for a target up to there is in it no more.
        case drained(target: String, upTo: Int64)
    }

    public enum Effect: Sendable, Equatable {
        case load(target: String, after: Int64, limit: Int)
        case send(target: String, seqs: [Int64])
        case settle(target: String, verdicts: [DecidedMessage])
    }

    public struct SentMessage: Sendable, Equatable {
        public var seq: Int64
        public var outcome: Outcome
        public init(_ seq: Int64, _ outcome: Outcome) { (self.seq, self.outcome) = (seq, outcome) }
    }

    public struct DecidedMessage: Sendable, Equatable {
        public var seq: Int64
        public var verdict: Verdict
        public init(_ seq: Int64, _ verdict: Verdict) { (self.seq, self.verdict) = (seq, verdict) }
    }

    public struct Limits: Sendable, Equatable {
        /// Messages in one sending.
        public var batch = 100
        /// Sendings to one target at the same time.
        public var sendings = 4
        /// Messages of one target in memory; a target that is away costs no more.
        public var window = 2_048
        /// Refusals before a message is dead.
        public var attempts = 12
        /// Deaths in whose hands it was before a message is dead.
        public var deaths = 3
        public var refused = Patience()
        public var unavailable = Patience(base: .milliseconds(50), longest: .seconds(5))

        public init() {}
    }

    private let limits: Limits
    private var chance: Chance
    private var lanes: [String: Lane] = [:]
    /// The same targets in the order of their names.
    private var names: [String] = []
    private var heldTargets: [String] = []

    public init(limits: Limits = Limits(), seed: UInt64) {
        self.limits = limits
        chance = Chance(seed: seed)
    }

    /// What to do about an event.
    public mutating func handle(_ event: Event, now: Moment) -> [Effect] {
        switch event {
        case .committed(let targets), .sweep(let targets):
            return targets.flatMap { target in advance(target, now) { lane, _, _ in lane.expectMore() } }
        case .loaded(let target, let rows, let limit):
            return advance(target, now) { lane, _, _ in lane.take(rows, all: rows.count < limit) }
        case .unreadable(let target):
            return advance(target, now) { lane, limits, chance in
                lane.stopLoading()
                lane.pause(limits, now, &chance)
            }
        case .sent(let target, let outcomes): return judge(target, outcomes, now)
        case .settled(let target, let verdicts): return advance(target, now) { lane, _, _ in lane.settle(verdicts) }
        case .unsettled(let target, let seqs):
            return advance(target, now) { lane, limits, chance in
                lane.putBack(seqs)
                lane.pause(limits, now, &chance)
            }
        case .held(let targets):
            heldTargets = targets
            return names.flatMap { name in
                advance(name, now) { lane, _, _ in lane.hold(targets.contains(name)) }
            }
        case .drained(let target, let seq): return advance(target, now) { lane, _, _ in lane.drain(upTo: seq) }
        case .tick: return names.flatMap { name in advance(name, now) { _, _, _ in } }
        }
    }

    /// When the clock alone is a reason to `tick`.
    public var due: Moment { names.map { lanes[$0]?.due ?? .never }.min() ?? .never }

    /// Messages in memory, for a gauge.
    public var held: Int { names.reduce(0) { $0 + (lanes[$1]?.waiting.count ?? 0) } }

    /// Whether a message of a target is in memory.
    public func holds(_ seq: Int64, _ target: String) -> Bool { lanes[target]?.has(seq) ?? false }

    private mutating func advance(
        _ target: String, _ now: Moment, _ change: (inout Lane, Limits, inout Chance) -> Void
    ) -> [Effect] {
        withLane(target) { lane, limits, chance in
            change(&lane, limits, &chance)
            return lane.next(target, limits, now)
        }
    }

    private mutating func judge(_ target: String, _ outcomes: [SentMessage], _ now: Moment) -> [Effect] {
        withLane(target) { lane, limits, chance in
            let verdicts = lane.judge(outcomes, limits, now, &chance)
            let effects = verdicts.isEmpty ? [] : [Effect.settle(target: target, verdicts: verdicts)]
            return effects + lane.next(target, limits, now)
        }
    }

    private mutating func withLane<Result>(
        _ target: String, _ body: (inout Lane, Limits, inout Chance) -> Result
    ) -> Result {
        if lanes[target] == nil {
            names.insert(target, at: names.firstIndex { $0 > target } ?? names.count)
            var lane = Lane()
            lane.hold(heldTargets.contains(target))
            lanes[target] = lane
        }
        return body(&lanes[target, default: Lane()], limits, &chance)
    }
}
