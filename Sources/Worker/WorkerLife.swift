public import Contracts

/// The life of one process of the cluster, from its birth to its exit code.
///
/// | state \ event | joined | expelled | told to stop | guardian gone | told again | drained and idle | deadline |
/// |---|---|---|---|---|---|---|---|
/// | starting | ready | exit 1 | exit 0 | leaving | – | – | – |
/// | ready | – | exit 1 | draining | leaving | – | – | – |
/// | leaving (a minute) | ready again: leaving | exit 1 | draining | – | – | – | draining |
/// | draining (10 s) | – | finishing | – | – | finishing | finishing | finishing |
/// | finished | – | – | – | – | – | – | – |
public struct WorkerLife: Sendable {
    public enum State: Sendable, Equatable {
        case starting
        case ready
        /// The guardian is gone: serve on until then, somebody may still need us.
        case leaving(until: Moment, announced: Bool)
        case draining(until: Moment)
        case finished(exit: Int32)
    }
    public enum Event: Sendable, Equatable {
        case joined
        case expelled
        case stopWanted
        case guardianGone
        /// No more work comes, and none is in hand.
        case idle
        case tick
    }
    public enum Effect: Sendable, Equatable {
        case announceReady
        case drain
        /// Close everything, then exit with that code.
        case finish(exit: Int32)
    }

    public static let drainLimit = Duration.seconds(10)
    public static let orphanLimit = Duration.seconds(60)

    public private(set) var state = State.starting

    public init() {}

    /// When the clock alone is an event.
    public var deadline: Moment {
        switch state {
        case .leaving(let until, _), .draining(let until): until
        case .starting, .ready, .finished: .never
        }
    }

    public mutating func handle(_ event: Event, now: Moment) -> [Effect] {
        switch (state, event) {
        case (.finished, _): return []
        case (.starting, .joined):
            state = .ready
            return [.announceReady]
        case (.leaving(let until, false), .joined):
            state = .leaving(until: until, announced: true)
            return [.announceReady]
        case (.starting, .expelled), (.ready, .expelled), (.leaving, .expelled): return finish(exit: 1)
        case (.starting, .stopWanted): return finish(exit: 0)
        case (.ready, .stopWanted), (.leaving, .stopWanted): return drain(now)
        case (.starting, .guardianGone):
            state = .leaving(until: now + Self.orphanLimit, announced: false)
        case (.ready, .guardianGone):
            state = .leaving(until: now + Self.orphanLimit, announced: true)
        case (.leaving(let until, _), .tick) where now >= until: return drain(now)
        case (.draining, .idle), (.draining, .stopWanted), (.draining, .expelled): return finish(exit: 0)
        // What is still in hand is lost, and its callers are told: a stop must not depend on it.
        case (.draining(let until), .tick) where now >= until: return finish(exit: 0)
        case (.ready, .joined), (.leaving, .joined), (.draining, .joined), (.leaving, .guardianGone),
            (.draining, .guardianGone), (.starting, .idle), (.ready, .idle), (.leaving, .idle), (.starting, .tick),
            (.ready, .tick), (.leaving, .tick), (.draining, .tick):
            break
        }
        return []
    }

    private mutating func drain(_ now: Moment) -> [Effect] {
        state = .draining(until: now + Self.drainLimit)
        return [.drain]
    }
    private mutating func finish(exit code: Int32) -> [Effect] {
        state = .finished(exit: code)
        return [.finish(exit: code)]
    }
}
