public import Contracts

/// How the supervisor sees that the broker hangs: it asks it a question over the bus, again and again. Nobody else can
/// tell, since everyone else's hanging is told by the broker.
///
/// The watch forgives what the supervisor may have missed itself: when it comes late to its own clock, the silence so
/// far does not count.
public struct BrokerWatch: Sendable, Equatable {
    /// How often to ask and look.
    public static let interval = Duration.milliseconds(500)
    /// Without an answer for so long, a broker that has answered before hangs.
    public static let patience = Duration.milliseconds(1_500)
    /// So long a broker that has just become ready has for its first answer: its peers have to join it first.
    public static let joinWithin = Duration.seconds(5)

    private struct Watched: Sendable, Equatable {
        var spawn: UInt64
        var heard: Moment
        var hasAnswered: Bool
    }
    private var watched: Watched?
    private var lastLook: Moment?

    public init() {}

    /// Any answer of that start of the broker to a question of ours, also one that refuses it.
    public mutating func answered(spawn: UInt64, at now: Moment) {
        guard watched?.spawn == spawn else { return }
        watched = Watched(spawn: spawn, heard: now, hasAnswered: true)
    }

    /// A look at the start of the broker that is ready, if one is; true when it hangs.
    public mutating func hangs(ready spawn: UInt64?, at now: Moment) -> Bool {
        let wasLate = lastLook.map { now.since($0) > Self.interval * 2 } ?? false
        lastLook = now
        guard let spawn else {
            watched = nil
            return false
        }
        if watched?.spawn != spawn { watched = Watched(spawn: spawn, heard: now, hasAnswered: false) }
        if wasLate { watched?.heard = now }
        guard let watched else { return false }
        return now.since(watched.heard) >= (watched.hasAnswered ? Self.patience : Self.joinWithin)
    }
}
