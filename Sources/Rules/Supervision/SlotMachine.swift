public import Contracts

/// The life of one slot: what runs in it, and what shall happen next.
///
/// `handle` is total: every event is decided in every state, and what is odd but possible (an event that crossed
/// another on its way) says why it is ignored. The machine knows no clock and no process; it returns effects.
public struct SlotMachine: Sendable, Equatable {
    public enum State: Sendable, Equatable {
        case down
        /// The pid is nil while the guardian has not answered yet.
        case starting(pid: Int32?, since: Moment, deadline: Moment)
        case ready(pid: Int32, since: Moment)
        case backingOff(until: Moment, attempt: Int)
        case stopping(pid: Int32?, deadline: Moment, then: Sequel)
        case failed(reason: String, retryAt: Moment)
    }

    /// What follows when a stopping worker is gone.
    public enum Sequel: Sendable, Equatable {
        case rest
        case startAgain
        /// It was killed for a fault of its own, which counts like a death.
        case fault(String)
    }

    public enum Event: Sendable, Equatable {
        case startWanted
        case restartWanted
        case stopWanted
        case spawned(pid: Int32)
        case spawnRefused(reason: String)
        case becameReady
        case exited(ProcessExit)
        case hung
        case overMemory(bytes: Int)
        /// A living process of an earlier supervisor, from the guardian's table.
        case adopted(pid: Int32, ready: Bool, since: Moment)
        case readinessDue
        /// What the worker needs in order to become ready is away, so its deadline starts anew.
        case readinessPostponed
        case stopDue
        case backOffOver
        case retryDue
    }

    public enum Effect: Sendable, Equatable {
        case spawn
        /// To the worker's whole group or to the worker alone.
        case signal(Int32, group: Bool)
        case note(Note)
    }

    /// What is worth a line in the log.
    public enum Note: Sendable, Equatable {
        case ready
        case died(reason: String, counted: Bool)
        case killing(reason: String)
        case backingOff(Duration)
        case gaveUp(reason: String)
        case stopped(ProcessExit?)
    }

    public internal(set) var state: State = .down
    /// How often it was started again.
    public internal(set) var restarts: Int
    /// How often it died, or could not be started, without being asked to stop.
    public internal(set) var deaths = 0
    /// Those of the deaths that were its own fault.
    public internal(set) var faults = 0
    public internal(set) var lastReason: String?

    var limits: SlotLimits
    var intensity: Intensity
    var chance: Chance
    /// Starts in a row since the last long time of being ready.
    var attempt = 0
    /// Deaths in a row by a hand from outside, before it was ready.
    var interruptions = 0
    /// After a slow retry: one more fault, and it has failed again.
    var onProbation = false

    public init(limits: SlotLimits, seed: UInt64, restarts: Int = 0, lastReason: String? = nil) {
        self.limits = limits
        self.restarts = restarts
        self.lastReason = lastReason
        intensity = Intensity(limit: limits.intensity)
        chance = Chance(seed: seed)
    }

    /// The one way in.
    public mutating func handle(_ event: Event, at now: Moment) -> [Effect] {
        switch state {
        case .down: whenDown(event, now)
        case .starting(let pid, let since, let deadline): whenStarting(event, now, pid, since, deadline)
        case .ready(let pid, let since): whenReady(event, now, pid, since)
        case .backingOff: whenBackingOff(event, now)
        case .stopping(let pid, _, let then): whenStopping(event, now, pid, then)
        case .failed: whenFailed(event, now)
        }
    }

    /// When the machine wants to be asked again, whatever else happens.
    public var deadline: Moment? {
        switch state {
        case .down, .ready: nil
        case .starting(_, _, let deadline), .stopping(_, let deadline, _): deadline
        case .backingOff(let until, _): until
        case .failed(_, let retryAt): retryAt
        }
    }

    /// The event that its deadline makes, if it has passed.
    public func due(at now: Moment) -> Event? {
        guard let deadline, now >= deadline else { return nil }
        switch state {
        case .down, .ready: return nil
        case .starting: return .readinessDue
        case .stopping: return .stopDue
        case .backingOff: return .backOffOver
        case .failed: return .retryDue
        }
    }
}

extension SlotMachine {
    /// The process in the slot, if there is one and it is known.
    public var pid: Int32? {
        switch state {
        case .starting(let pid, _, _), .stopping(let pid, _, _): pid
        case .ready(let pid, _): pid
        case .down, .backingOff, .failed: nil
        }
    }

    public var isReady: Bool {
        if case .ready = state { true } else { false }
    }

    /// Nothing runs in it, and nothing is about to.
    public var isAtRest: Bool {
        switch state {
        case .down, .failed: true
        case .starting, .ready, .backingOff, .stopping: false
        }
    }

    public var hasFailed: Bool {
        if case .failed = state { true } else { false }
    }
}
