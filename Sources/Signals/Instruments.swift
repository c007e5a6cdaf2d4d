import Glibc
import Synchronization

/// Counts what happens; only ever rises. One atomic addition, no lock.
public final class Counter: Sendable {
    private let total = Atomic<Int>(0)
    init() {}

    /// Counts one more, or `count` more.
    public func increment(by count: Int = 1) {
        total.wrappingAdd(count, ordering: .relaxed)
    }

    public var value: Int { total.load(ordering: .relaxed) }
}

/// A number that rises and falls.
public final class Gauge: Sendable {
    private let bits = Atomic<UInt64>(Double.zero.bitPattern)
    init() {}

    /// What is no finite number is not taken: neither JSON nor a sum could carry it.
    public func set(_ value: Double) {
        guard value.isFinite else { return }
        bits.store(value.bitPattern, ordering: .relaxed)
    }

    /// Adds `change`, which may be negative.
    public func add(_ change: Double) {
        guard change.isFinite else { return }
        _ = addDouble(change, to: bits)
    }

    public var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }
}

/// An exponential histogram of OpenTelemetry at scale 3: eight buckets for each doubling, so that a quantile read from
/// it is at most 4.5 % off. The range is fixed at birth, so that recording is two atomic additions and no lock.
public final class Histogram: Sendable {
    static let scale = 3
    private static let bucketsPerDoubling = 1 << scale

    /// Bucket i holds what is above 2^(i/8) and at most 2^((i+1)/8).
    private let lowest: Int
    private let count: Int
    // Holds because the pointer never changes after init, what it points to are atomics, and only deinit frees them.
    nonisolated(unsafe) private let cells: UnsafeMutablePointer<Atomic<Int>>
    private let zeros = Atomic<Int>(0)
    private let sum = Atomic<UInt64>(Double.zero.bitPattern)

    /// Covers 2^lower to 2^upper; what is smaller counts as zero, what is larger in the last bucket.
    init(doublings: ClosedRange<Int>) {
        lowest = doublings.lowerBound * Self.bucketsPerDoubling
        count = doublings.count * Self.bucketsPerDoubling
        cells = .allocate(capacity: count)
        for index in 0..<count { (cells + index).initialize(to: Atomic(0)) }
    }

    deinit {
        cells.deinitialize(count: count)
        cells.deallocate()
    }

    /// Records one measurement; what is negative or no number is not one.
    public func record(_ value: Double) {
        guard value >= 0 else { return }
        let exact = Glibc.ceil(Glibc.log2(value) * Double(Self.bucketsPerDoubling)) - 1 - Double(lowest)
        if exact < 0 {
            zeros.wrappingAdd(1, ordering: .relaxed)
        } else {
            // Compared before it is converted: infinity has no Int.
            let index = exact < Double(count) ? Int(exact) : count - 1
            cells[index].wrappingAdd(1, ordering: .relaxed)
        }
        if value.isFinite { _ = addDouble(value, to: sum) }
    }

    /// Records a duration in seconds.
    public func record(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        record(Double(seconds) + Double(attoseconds) * 1e-18)
    }

    var snapshot: HistogramSnapshot {
        let counts = (0..<count).map { cells[$0].load(ordering: .relaxed) }
        let first = counts.firstIndex { $0 > 0 } ?? 0
        let last = counts.lastIndex { $0 > 0 } ?? -1
        return HistogramSnapshot(
            scale: Self.scale, zeroCount: zeros.load(ordering: .relaxed), offset: lowest + first,
            counts: first <= last ? Array(counts[first...last]) : [],
            sum: Double(bitPattern: sum.load(ordering: .relaxed)))
    }
}

private func addDouble(_ change: Double, to bits: borrowing Atomic<UInt64>) -> Double {
    var current = bits.load(ordering: .relaxed)
    while true {
        let next = (Double(bitPattern: current) + change).bitPattern
        let (exchanged, original) = bits.weakCompareExchange(expected: current, desired: next, ordering: .relaxed)
        if exchanged { return Double(bitPattern: next) }
        current = original
    }
}
