public import Contracts

/// One process's standing with the broker, seen from the process: greeted or not, alive or silent, leaving or not.
///
/// | state \ event | connected | welcome | refused | disconnected | drain wanted | drained | silence |
/// |---|---|---|---|---|---|---|---|
/// | offline | READY → greeting | – | – | – | closed | – | – |
/// | greeting | READY | ready; if it was leaving: DRAIN → draining | wait, READY | offline | closed | – | reconnect |
/// | ready | READY | – | offline, READY | offline | DRAIN → draining | – | reconnect |
/// | draining, drained | READY | – | offline, READY | offline | – | drained | reconnect |
/// | closed | – | – | – | – | – | – | – |
public struct PeerSession: Sendable {
    public enum Stage: Sendable, Equatable {
        /// No connection, or none that the broker has accepted.
        case offline
        /// READY was sent at that moment.
        case greeting(Moment)
        case ready(incarnation: UInt64)
        /// DRAIN was sent; the broker may still hand out what was under way.
        case draining(incarnation: UInt64)
        /// The broker has promised that no more work comes.
        case drained(incarnation: UInt64)
        /// Left, or put out for good.
        case closed
    }

    public enum Effect: Sendable, Equatable {
        case send(FrameKind)
        /// In; calls that waited may go, and those that can be repeated go again.
        case joined(incarnation: UInt64)
        /// The broker, or this life of ours, is gone: what was sent is lost or has to go again, and what is in hand
        /// is nobody's any more.
        case parted
        /// The connection stands but nobody speaks: open a new one.
        case reconnect
        /// The broker will never take this process: why.
        case expelled(RefusalReason)
        /// Everything that was given to us came before this.
        case drained
    }

    public private(set) var stage = Stage.offline
    public private(set) var heard: Moment
    private var said: Moment
    private var retryAt: Moment?
    /// It asked to drain: what it finds after a broken connection must not keep it.
    private var isLeaving = false
    public var heartbeat: Int64
    public var silence: Int64

    public init(heartbeat: Int64 = .milliseconds(250), silence: Int64 = .milliseconds(1_000), now: Moment) {
        self.heartbeat = heartbeat
        self.silence = silence
        heard = now
        said = now
    }

    /// The incarnation under which we may speak, if any.
    public var incarnation: UInt64? {
        switch stage {
        case .ready(let incarnation), .draining(let incarnation), .drained(let incarnation): incarnation
        case .offline, .greeting, .closed: nil
        }
    }

    public mutating func connected(now: Moment) -> [Effect] {
        guard stage != .closed else { return [] }
        let parted = part()
        heard = now
        return parted + greet(now)
    }

    public mutating func disconnected(now: Moment) -> [Effect] {
        guard stage != .closed else { return [] }
        let parted = part()
        stage = .offline
        retryAt = nil
        return parted
    }

    public mutating func welcome(incarnation: UInt64, body: WelcomeBody, now: Moment) -> [Effect] {
        heard = now
        guard case .greeting = stage else { return [] }
        heartbeat = max(.milliseconds(Int64(body.heartbeatMilliseconds)), .milliseconds(1))
        silence = max(.milliseconds(Int64(body.silenceMilliseconds)), heartbeat)
        retryAt = nil
        guard !isLeaving else {
            stage = .draining(incarnation: incarnation)
            return [.joined(incarnation: incarnation), .send(.drain)]
        }
        stage = .ready(incarnation: incarnation)
        return [.joined(incarnation: incarnation)]
    }

    public mutating func refused(_ reason: RefusalReason, now: Moment) -> [Effect] {
        heard = now
        guard stage != .closed else { return [] }
        // A frame of ours was not understood; that says nothing against the connection.
        guard reason != .malformed else { return [] }
        let parted = part()
        guard reason.retry else {
            stage = .closed
            return parted + [.expelled(reason)]
        }
        if reason == .held {
            // Somebody else has our place: ask again when the broker has had time to find out whether he lives.
            stage = .greeting(now)
            retryAt = now.adding(heartbeat)
            return parted
        }
        if case .greeting = stage { return parted }
        return parted + greet(now)
    }

    /// Any frame of the broker.
    public mutating func heardFrom(now: Moment) { heard = now }

    /// A frame of ours went out: no heartbeat is needed for a while.
    public mutating func spoke(now: Moment) { said = now }

    public mutating func drain(now: Moment) -> [Effect] {
        switch stage {
        case .ready(let incarnation):
            isLeaving = true
            stage = .draining(incarnation: incarnation)
            return [.send(.drain)]
        case .offline, .greeting:
            stage = .closed
            return [.drained]
        case .draining, .drained, .closed: return []
        }
    }

    public mutating func drainConfirmed(now: Moment) -> [Effect] {
        heard = now
        guard case .draining(let incarnation) = stage else { return [] }
        stage = .drained(incarnation: incarnation)
        return [.drained]
    }

    public mutating func leave() -> [Effect] {
        defer { stage = .closed }
        return incarnation == nil ? [] : [.send(.bye)]
    }

    /// When the clock alone has something to do.
    public var nextDue: Moment {
        let silent = heard.adding(silence * 3 + 1)
        switch stage {
        case .offline, .closed: return .never
        case .greeting: return min(retryAt ?? .never, silent)
        case .ready, .draining, .drained: return min(said.adding(heartbeat), silent)
        }
    }

    /// `beating` is false for a process that must not say that it lives, since its pool is blocked.
    public mutating func tick(now: Moment, beating: Bool = true) -> [Effect] {
        switch stage {
        case .offline, .closed: return []
        case .greeting:
            if let retryAt, now >= retryAt { return greet(now) }
            guard now.nanoseconds(since: heard) > silence * 3 else { return [] }
        case .ready, .draining, .drained:
            if now.nanoseconds(since: heard) <= silence * 3 {
                guard now.nanoseconds(since: said) >= heartbeat else { return [] }
                said = now
                return beating ? [.send(.heartbeat)] : []
            }
        }
        let parted = part()
        stage = .offline
        heard = now
        return parted + [.reconnect]
    }

    private mutating func greet(_ now: Moment) -> [Effect] {
        stage = .greeting(now)
        retryAt = nil
        said = now
        return [.send(.ready)]
    }

    /// What follows from losing the broker depends on whether it had let us in, and on whether we were leaving.
    private mutating func part() -> [Effect] {
        switch stage {
        case .ready: [.parted]
        case .draining, .drained: [.parted, .drained]
        case .offline, .greeting, .closed: []
        }
    }
}
