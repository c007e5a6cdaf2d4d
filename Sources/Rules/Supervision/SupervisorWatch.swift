public import Contracts

/// How the guardian keeps the supervisor alive: it pings it, ends it when it is silent, and starts it again.
///
/// A new supervisor has `startWithin` for its first word. The guardian forgives what it may have missed itself: when it
/// comes late to its own clock (the host was asleep, or overloaded), the silence so far does not count.
public struct SupervisorWatch: Sendable, Equatable {
    public enum State: Sendable, Equatable {
        case waiting(until: Moment)
        case alive(since: Moment, silentSince: Moment, hasSpoken: Bool, nextPing: Moment)
        case aborting(killAt: Moment)
        case killed
        /// Nobody is to be started any more.
        case retired
    }
    public enum Event: Sendable, Equatable { case started, heard, died, refused, tick, retire }
    public enum Action: Sendable, Equatable { case start, ping(UInt64), abort, kill }

    public static let interval = Duration.milliseconds(250)
    public static let patience = Duration.milliseconds(1500)
    public static let abortGrace = Duration.milliseconds(200)
    public static let startWithin = Duration.seconds(5)

    public private(set) var state: State
    public private(set) var pings: UInt64 = 0
    private var attempt = 0
    private var chance: Chance
    private let backoff = Backoff(base: .milliseconds(100), longest: .seconds(2), forgottenAfter: .seconds(30))

    public init(at now: Moment, seed: UInt64) {
        state = .waiting(until: now)
        chance = Chance(seed: seed)
    }

    /// When it wants a `tick`.
    public var deadline: Moment? {
        switch state {
        case .waiting(let until): until
        case .alive(_, _, _, let nextPing): nextPing
        case .aborting(let killAt): killAt
        case .killed, .retired: nil
        }
    }

    public mutating func handle(_ event: Event, at now: Moment) -> [Action] {
        switch event {
        case .retire: state = .retired
        case .started:
            guard state != .retired else { return [] }
            state = .alive(since: now, silentSince: now, hasSpoken: false, nextPing: now + Self.interval)
        case .heard:
            guard case .alive(let since, _, _, let nextPing) = state else { return [] }
            state = .alive(since: since, silentSince: now, hasSpoken: true, nextPing: nextPing)
        case .died, .refused: died(now)
        case .tick: return tick(now)
        }
        return []
    }

    private mutating func died(_ now: Moment) {
        guard state != .retired else { return }
        if case .alive(let since, _, _, _) = state, now.since(since) >= backoff.forgottenAfter { attempt = 0 }
        attempt += 1
        state = .waiting(until: now + backoff.delay(attempt: attempt, chance: &chance))
    }

    private mutating func tick(_ now: Moment) -> [Action] {
        guard let deadline, now >= deadline else { return [] }
        switch state {
        case .killed, .retired: return []
        case .waiting: return [.start]
        case .aborting:
            state = .killed
            return [.kill]
        case .alive(let since, let silentSince, let hasSpoken, _):
            let isLate = now.since(deadline) > Self.interval
            let heard = isLate ? now : silentSince
            guard now.since(heard) < (hasSpoken ? Self.patience : Self.startWithin) else {
                state = .aborting(killAt: now + Self.abortGrace)
                return [.abort]
            }
            pings += 1
            state = .alive(since: since, silentSince: heard, hasSpoken: hasSpoken, nextPing: now + Self.interval)
            return [.ping(pings)]
        }
    }
}
