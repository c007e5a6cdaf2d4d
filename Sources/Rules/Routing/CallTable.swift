public import Contracts

/// How a call ended without the broker's or the worker's word.
public enum CallFault: Error, Sendable, Equatable {
    case late, lost, cancelled, overloaded, closed
}

/// The caller's side: which calls are open, which may go again after the broker died, and which are too late.
///
/// Whoever removes an entry finishes it, and nobody else can: a call ends once.
public struct CallTable<Frame, Waiter, Answer> {
    public enum Effect {
        case send(correlation: UInt64, deaths: UInt8, budget: UInt64, Frame)
        /// The broker may forget it.
        case cancel(correlation: UInt64)
        case finish(Waiter, Result<Answer, CallFault>)
        /// A worker died with a delivery in hand: so many by now.
        case death(Waiter, UInt8)
    }

    struct Entry {
        var frame: Frame
        var waiter: Waiter
        var deadline: Moment
        var again: Bool
        var deaths: UInt8
        var sent: Bool
    }

    /// More open calls than this are refused at once.
    public let limit: Int
    private var calls: [UInt64: Entry] = [:]
    private var deadlines = DeadlineHeap()
    private var open = false
    private var closed = false

    public init(limit: Int = 65_536) { self.limit = limit }

    public var count: Int { calls.count }

    /// When the clock may have something to do; earlier than the next deadline where a call has ended meanwhile.
    public var nextDeadline: Moment { deadlines.next }

    public mutating func begin(
        correlation: UInt64, frame: Frame, waiter: Waiter, deadline: Moment, again: Bool, deaths: UInt8, now: Moment,
        into effects: inout [Effect]
    ) {
        guard !closed else { return effects.append(.finish(waiter, .failure(.closed))) }
        guard calls.count < limit else { return effects.append(.finish(waiter, .failure(.overloaded))) }
        guard deadline > now else { return effects.append(.finish(waiter, .failure(.late))) }
        calls[correlation] = Entry(
            frame: frame, waiter: waiter, deadline: deadline, again: again, deaths: deaths, sent: open)
        if deadline != .never { deadlines.push(deadline, correlation) }
        if open {
            effects.append(.send(correlation: correlation, deaths: deaths, budget: budget(deadline, now), frame))
        }
    }

    private func budget(_ deadline: Moment, _ now: Moment) -> UInt64 {
        deadline == .never ? 0 : UInt64(max(deadline.nanoseconds(since: now) / 1_000, 1))
    }

    public mutating func answered(_ correlation: UInt64, _ answer: Answer, into effects: inout [Effect]) {
        guard let entry = calls.removeValue(forKey: correlation) else { return }
        effects.append(.finish(entry.waiter, .success(answer)))
    }

    public mutating func cancel(_ correlation: UInt64, into effects: inout [Effect]) {
        guard let entry = calls.removeValue(forKey: correlation) else { return }
        if open, entry.sent { effects.append(.cancel(correlation: correlation)) }
        effects.append(.finish(entry.waiter, .failure(.cancelled)))
    }

    /// The broker's count of deaths. It rises, also when a frame of before comes late; only a death that is
    /// `takenBack` lowers it.
    public mutating func died(
        _ correlation: UInt64, deaths: UInt8, takenBack: Bool = false, into effects: inout [Effect]
    ) {
        guard var entry = calls[correlation], takenBack ? deaths < entry.deaths : deaths > entry.deaths else { return }
        entry.deaths = deaths
        calls[correlation] = entry
        effects.append(.death(entry.waiter, deaths))
    }

    /// The broker let us in: everything that waits goes out, in the order in which it was asked.
    public mutating func joined(now: Moment, into effects: inout [Effect]) {
        open = true
        for correlation in calls.keys.sorted() {
            guard var entry = calls[correlation] else { continue }
            entry.sent = true
            calls[correlation] = entry
            effects.append(
                .send(
                    correlation: correlation, deaths: entry.deaths, budget: budget(entry.deadline, now), entry.frame))
        }
    }

    /// The broker is gone: what was sent and cannot be repeated is lost; the rest waits for the next broker.
    public mutating func parted(into effects: inout [Effect]) {
        open = false
        for correlation in calls.keys.sorted() {
            guard let entry = calls[correlation], entry.sent, !entry.again else { continue }
            calls[correlation] = nil
            effects.append(.finish(entry.waiter, .failure(.lost)))
        }
    }

    public mutating func tick(now: Moment, into effects: inout [Effect]) {
        while let correlation = deadlines.popDue(now) {
            guard let entry = calls[correlation], entry.deadline <= now else { continue }
            calls[correlation] = nil
            if open, entry.sent { effects.append(.cancel(correlation: correlation)) }
            effects.append(.finish(entry.waiter, .failure(.late)))
        }
        if deadlines.count > 2 * calls.count + 1_024 {
            deadlines.rebuild(calls.keys.sorted().compactMap { key in calls[key].map { ($0.deadline, key) } })
        }
    }

    /// Shut down: nobody is left waiting.
    public mutating func close(into effects: inout [Effect]) {
        closed = true
        open = false
        for correlation in calls.keys.sorted() {
            guard let entry = calls.removeValue(forKey: correlation) else { continue }
            effects.append(.finish(entry.waiter, .failure(.closed)))
        }
    }
}

/// The open deadlines, earliest first. An entry whose call has ended stays until its time comes or the heap is
/// rebuilt: that is cheaper than finding it.
struct DeadlineHeap {
    private var items: [(moment: Moment, correlation: UInt64)] = []

    var count: Int { items.count }
    var next: Moment { items.first?.moment ?? .never }

    mutating func push(_ moment: Moment, _ correlation: UInt64) {
        items.append((moment, correlation))
        var child = items.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard items[child].moment < items[parent].moment else { return }
            items.swapAt(child, parent)
            child = parent
        }
    }

    mutating func popDue(_ now: Moment) -> UInt64? {
        guard let first = items.first, first.moment <= now else { return nil }
        items.swapAt(0, items.count - 1)
        items.removeLast()
        sink()
        return first.correlation
    }

    mutating func rebuild(_ live: [(Moment, UInt64)]) {
        items.removeAll(keepingCapacity: true)
        for (moment, correlation) in live where moment != .never { push(moment, correlation) }
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < items.count {
                if items[child].moment < items[least].moment { least = child }
            }
            guard least != parent else { return }
            items.swapAt(parent, least)
            parent = least
        }
    }
}
