/// One run of the whole cluster in one process: the rules that the executables link, under one seed.
///
/// The same seed gives the same run in every process: time is counted, chance is seeded, nothing iterates a
/// dictionary. A faulty phase with safety checked at every step is followed by healing, and then by the demand that
/// everything which was begun comes to its end.
public struct Simulation: Sendable {
    public let seed: UInt64
    public let options: SimulationOptions

    public init(seed: UInt64, options: SimulationOptions = SimulationOptions()) {
        self.seed = seed
        self.options = options
    }

    /// Runs to the end; a run that fails is repeated with its events written down.
    public func run() -> Outcome {
        let outcome = World(seed: seed, options: options).run()
        guard outcome.violation != nil, !options.trace else { return outcome }
        var traced = options
        traced.trace = true
        return World(seed: seed, options: traced).run()
    }
}

/// What a run is allowed to do.
public struct SimulationOptions: Sendable, Equatable {
    /// Writes every event down; slow.
    public var trace = false
    /// A rule that is broken on purpose, to see that it is noticed.
    public var mutation: Mutation?
    /// How long faults are made, in virtual milliseconds.
    public var faultyMilliseconds: Int64 = 1_500
    /// How long the healed cluster may take to finish everything, in virtual milliseconds.
    public var healedMilliseconds: Int64 = 60_000

    public init() {}
}

/// One rule broken on purpose.
public enum Mutation: String, Sendable, CaseIterable {
    /// The broker gives back what a dead worker held, but it never arrives anywhere.
    case doesNotRequeue
    /// A worker goes on with the work of its last life, and answers it in the name of the new one.
    case answersForItsLastLife
    /// The caller sends a delivery again without the deaths that it was told of.
    case forgetsDeaths
    /// The broker believes that each worker takes one call more than it does.
    case handsOutBeyondCredit
    /// The caller repeats calls that may not be repeated.
    case resendsPlainCalls
    /// The broker promises a draining worker that nothing comes any more, and goes on.
    case ignoresDrain
    /// The broker never gives up on what kills its workers.
    case neverCallsItPoison
    /// The broker does not tell callers what was lost.
    case keepsLossesToItself
    /// The broker gives calls to a role that is paused.
    case ignoresPause
    /// The broker does not hear that nobody waits any more.
    case ignoresCancel
    /// The supervisor takes a hang for an exit, and fills the slot at once.
    case fillsTheSlotOfTheHung
    /// The supervisor does not look at what its predecessor started.
    case forgetsToAdopt
    /// The supervisor blames workers for having been killed from outside.
    case blamesTheKilled
    /// The guardian does not tell exits.
    case keepsExitsToItself
}

/// A promise that was broken.
public struct Violation: Sendable, Equatable {
    /// The promise, in words.
    public var promise: String
    public var detail: String
    public var step: Int
    /// Virtual time.
    public var nanoseconds: UInt64
}

/// How a run ended.
public struct Outcome: Sendable, Equatable {
    public var seed: UInt64
    public var violation: Violation?
    public var tally = Tally()
    /// A number that differs as soon as one event does.
    public var digest: UInt64 = 0
    /// The last events, when they were written down.
    public var events: [String] = []
}

/// What happened in a run, to see that a simulation reaches what it is meant to reach.
public struct Tally: Sendable, Equatable {
    public var steps = 0
    public var virtualNanoseconds: UInt64 = 0
    public var calls = 0
    public var answered = 0
    public var executions = 0
    public var deliveries = 0
    public var poisoned = 0
    public var requeued = 0
    public var crashes = 0
    public var freezes = 0
    public var breaks = 0
    public var clogs = 0
    public var commands = 0
    public var brokers = 0
    public var supervisors = 0
    public var hangs = 0
    public var givenUp = 0

    /// Adds another run's numbers.
    public mutating func add(_ other: Tally) {
        steps += other.steps
        virtualNanoseconds += other.virtualNanoseconds
        calls += other.calls
        answered += other.answered
        executions += other.executions
        deliveries += other.deliveries
        poisoned += other.poisoned
        requeued += other.requeued
        crashes += other.crashes
        freezes += other.freezes
        breaks += other.breaks
        clogs += other.clogs
        commands += other.commands
        brokers += other.brokers
        supervisors += other.supervisors
        hangs += other.hangs
        givenUp += other.givenUp
    }

    public init() {}
}
