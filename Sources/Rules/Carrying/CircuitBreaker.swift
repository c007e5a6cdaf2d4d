public import Contracts

/// Keeps from calling somebody who does not answer, and finds out when that is over.
///
/// | | too many failures | a pause is asked for | its time is over | probe succeeds | probe fails |
/// |---|---|---|---|---|---|
/// | closed | open | open | | | |
/// | open | – | open, no shorter | half-open: one probe | | |
/// | half-open | | open | another probe | closed | open, for up to twice as long |
///
/// A call reports with the ticket that let it go: what a call from before the last change says is not about now.
public struct CircuitBreaker: Sendable, Equatable {
    /// When it opens, and for how long.
    public struct Limits: Sendable, Equatable {
        /// Failures in a row that open it.
        public var failures = 5
        /// The share of failures among the calls of the window that opens it, in percent.
        public var percent = 50
        /// Fewer calls than this in the window say nothing.
        public var fewest = 20
        public var window = Duration.seconds(10)
        /// How long it stays open at first, and at most.
        public var shortest = Duration.seconds(1)
        public var longest = Duration.seconds(30)
        /// A probe that was not heard of for so long is lost, and another may go.
        public var probePatience = Duration.seconds(30)
        /// Nobody may make us wait for longer than this at a time.
        public var longestPause = Duration.seconds(300)

        public init() {}
    }

    /// Whether calls go.
    public enum State: Sendable, Equatable {
        case closed
        case open(until: Moment)
        case halfOpen(probing: Moment)
    }

    /// Whether somebody has taken the decision off it.
    public enum Hold: Sendable, Equatable {
        /// It decides by itself.
        case auto
        /// No call goes, whatever it knows.
        case open
        /// Every call goes, whatever becomes of it.
        case closed
    }

    /// The right to one call.
    public struct Ticket: Sendable, Equatable {
        fileprivate let era: UInt64
        /// The call on which it depends whether others follow.
        public let isProbe: Bool
    }

    /// What it says to who wants to call.
    public enum Admission: Sendable, Equatable {
        case go(Ticket)
        /// Not before then, and then it is worth asking again.
        case wait(until: Moment)
    }

    /// What a call tells about whom it called.
    public enum Report: Sendable, Equatable {
        case success
        case failure
        /// It asked to be left alone for so long.
        case pause(Duration)
    }

    /// The calls of one tenth of the window.
    private struct Slice: Sendable, Equatable {
        let number: UInt64
        var calls = 0
        var failures = 0
    }

    /// Where it stands.
    public private(set) var state = State.closed
    /// What it is held at.
    public private(set) var hold = Hold.auto
    private let limits: Limits
    private var chance: Chance
    private var era: UInt64 = 0
    private var inARow = 0
    /// How often it opened since it was last closed for good.
    private var openings = 0
    private var slices: [Slice] = []

    /// Closed; two breakers of one seed open for as long as each other.
    public init(limits: Limits = Limits(), seed: UInt64) {
        self.limits = limits
        chance = Chance(seed: seed)
    }

    /// 0 closed, 1 half-open, 2 open.
    public var gauge: Int {
        switch (hold, state) {
        case (.closed, _), (.auto, .closed): 0
        case (.auto, .halfOpen): 1
        case (.open, _), (.auto, .open): 2
        }
    }

    /// Takes the decision off it, or gives it back: then it begins anew, as one that has seen nothing yet.
    public mutating func hold(_ hold: Hold) {
        guard hold != self.hold else { return }
        self.hold = hold
        openings = 0
        inARow = 0
        slices = []
        change(to: .closed)
    }

    /// Asks to make a call now.
    public mutating func admit(now: Moment) -> Admission {
        if hold == .open { return .wait(until: .never) }
        switch state {
        case .closed: return .go(Ticket(era: era, isProbe: false))
        case .open(let until):
            guard now >= until else { return .wait(until: until) }
        case .halfOpen(let probing):
            let lost = probing + limits.probePatience
            guard now >= lost else { return .wait(until: lost) }
        }
        change(to: .halfOpen(probing: now))
        return .go(Ticket(era: era, isProbe: true))
    }

    /// Hears how a call ended.
    public mutating func hear(_ report: Report, from ticket: Ticket, now: Moment) {
        guard hold == .auto else { return }
        if case .pause(let duration) = report { return pause(duration, now) }
        guard ticket.era == era else { return }
        switch state {
        // Nothing goes out of it, so nothing of its era comes back.
        case .open: break
        case .halfOpen:
            guard report == .success else { return open(now) }
            openings = 0
            inARow = 0
            slices = []
            change(to: .closed)
        case .closed:
            count(report, now)
            if isTooMuch { open(now) }
        }
    }

    private mutating func change(to next: State) {
        state = next
        era += 1
    }

    private mutating func open(_ now: Moment) {
        openings += 1
        // Beyond 2^20 any sensible `longest` is passed, and the shift must not overflow.
        let most = min(limits.shortest * (1 << min(openings - 1, 20)), limits.longest).wholeNanoseconds
        change(to: .open(until: now.adding(Int64.random(in: most / 2...max(most, 1), using: &chance))))
    }

    private mutating func pause(_ duration: Duration, _ now: Moment) {
        let asked = max(min(duration, limits.longestPause), .milliseconds(50)).wholeNanoseconds
        // A little later than asked for: others were told the same.
        let until = now.adding(Int64.random(in: asked...asked + asked / 8, using: &chance))
        if case .open(let already) = state, already >= until { return }
        change(to: .open(until: until))
    }

    private mutating func count(_ report: Report, _ now: Moment) {
        inARow = report == .success ? 0 : inARow + 1
        let slice = UInt64(max(limits.window.wholeNanoseconds / 10, 1))
        let number = now.nanoseconds / slice
        slices.removeAll { $0.number + 10 <= number }
        if slices.last?.number != number { slices.append(Slice(number: number)) }
        slices[slices.count - 1].calls += 1
        if report != .success { slices[slices.count - 1].failures += 1 }
    }

    private var isTooMuch: Bool {
        if inARow >= limits.failures { return true }
        let calls = slices.reduce(0) { $0 + $1.calls }
        let failures = slices.reduce(0) { $0 + $1.failures }
        return failures > 0 && calls >= limits.fewest && failures * 100 >= calls * limits.percent
    }
}
