/// One run of the shop in one process: orders, inventory and carrier, by the rules that the services link, under one
/// seed.
///
/// The same seed gives the same run in every process. A faulty phase, in which what must always hold is checked after
/// every commit, is followed by healing, by the demand that everything comes to its end, and by a second delivery of
/// every message there ever was, which must change nothing.
public struct ShopSimulation: Sendable {
    public let seed: UInt64
    public let options: ShopOptions

    public init(seed: UInt64, options: ShopOptions = ShopOptions()) {
        self.seed = seed
        self.options = options
    }

    /// Runs to the end; a run that fails is repeated with its events written down.
    public func run() -> ShopOutcome {
        let outcome = ShopWorld(seed: seed, options: options).run()
        guard outcome.violation != nil, !options.trace else { return outcome }
        var traced = options
        traced.trace = true
        return ShopWorld(seed: seed, options: traced).run()
    }
}

/// What a run of the shop is allowed to do.
public struct ShopOptions: Sendable, Equatable {
    /// Writes every event down; slow.
    public var trace = false
    /// A rule that is broken on purpose, to see that it is noticed.
    public var mutation: ShopMutation?
    /// How long faults are made, in virtual milliseconds.
    public var faultyMilliseconds: Int64 = 1_200
    /// How long the healed shop may take to finish everything, in virtual milliseconds.
    public var healedMilliseconds: Int64 = 20_000

    public init() {}
}

/// One rule of the shop broken on purpose.
public enum ShopMutation: String, Sendable, CaseIterable {
    // What orders decides.
    /// An order is placed, and nothing is asked of inventory.
    case dropsReserve
    /// A late reservation makes a deleted order a confirmed one.
    case revivesTheDeleted
    /// A confirmed order is deleted, and keeps its reservation.
    case dropsReleaseOfConfirmed
    /// An order is deleted before its reservation comes, and nothing is ever given back.
    case dropsReleaseOfPending
    /// A reservation that comes too late is answered by nothing.
    case dropsLateRelease
    /// An order that was cancelled is released once more when it is deleted.
    case releasesTheCancelled
    /// A confirmed order is not booked.
    case dropsBooking
    /// A confirmed order is booked by two messages.
    case booksTwice
    /// A confirmed order is deleted, and its delivery goes on.
    case dropsCancelling
    /// An order whose total is above the limit is confirmed.
    case confirmsTheUnaffordable
    /// An order whose total is above the limit is cancelled, and keeps its reservation.
    case keepsTheUnaffordable
    // What inventory decides.
    /// A reservation is made whatever is on hand.
    case takesWhatIsNotThere
    /// The second of the items of an order is not taken.
    case takesInPart
    /// A reserve that comes again takes again.
    case takesAgain
    /// A release that comes again gives back again.
    case givesBackTwice
    /// A release that comes first is forgotten.
    case forgetsEarlyRelease
    /// A failed reservation is not answered.
    case keepsFailuresToItself
    // What the shells do.
    /// A message that was taken already is taken again.
    case ignoresInbox
    /// Messages are written in a transaction of their own, behind that of their cause.
    case writesOutboxApart
    /// The customer is answered before the order is on disk.
    case answersBeforeCommit
    /// A customer's retry is a new order.
    case forgetsOrderKeys
    /// A restocking's retry is another restocking.
    case forgetsRestockKeys
    /// A message that nobody answered is settled.
    case settlesTheUnanswered
    /// The messages of one order overtake each other.
    case ignoresKeyOrder
    /// What is given up is gone.
    case losesDeadLetters
    /// Each call to the carrier has other idempotency keys.
    case changesCarrierKeys
    /// Whatever the carrier answers counts as booked.
    case believesTheCarrier
    /// A booking is sent although its order was deleted meanwhile.
    case sendsTheOvertaken
    /// The carrier's word is settled in the outbox, and not written into the delivery.
    case forgetsTheCarriersWord
}

/// How a run of the shop ended.
public struct ShopOutcome: Sendable, Equatable {
    public var seed: UInt64
    public var violation: Violation?
    public var tally = ShopTally()
    /// A number that differs as soon as one event does.
    public var digest: UInt64 = 0
    /// The last events, when they were written down.
    public var events: [String] = []
}

/// What happened in a run of the shop, to see that it reaches what it is meant to reach.
public struct ShopTally: Sendable, Equatable {
    public var steps = 0
    public var virtualNanoseconds: UInt64 = 0
    public var orders = 0
    public var confirmed = 0
    public var cancelled = 0
    public var deleted = 0
    public var restocks = 0
    public var messages = 0
    public var lost = 0
    public var doubled = 0
    public var known = 0
    public var crashes = 0
    public var deaths = 0
    public var deadLetters = 0
    public var redriven = 0
    public var carrierCalls = 0
    public var wrongAnswers = 0
    public var breakerWaits = 0
    public var split = 0
    public var overtaken = 0
    public var lateReservations = 0
    public var earlyReleases = 0
    public var unaffordable = 0

    /// Adds another run's numbers.
    public mutating func add(_ other: ShopTally) {
        steps += other.steps
        virtualNanoseconds += other.virtualNanoseconds
        orders += other.orders
        confirmed += other.confirmed
        cancelled += other.cancelled
        deleted += other.deleted
        restocks += other.restocks
        messages += other.messages
        lost += other.lost
        doubled += other.doubled
        known += other.known
        crashes += other.crashes
        deaths += other.deaths
        deadLetters += other.deadLetters
        redriven += other.redriven
        carrierCalls += other.carrierCalls
        wrongAnswers += other.wrongAnswers
        breakerWaits += other.breakerWaits
        split += other.split
        overtaken += other.overtaken
        lateReservations += other.lateReservations
        earlyReleases += other.earlyReleases
        unaffordable += other.unaffordable
    }

    public init() {}
}
