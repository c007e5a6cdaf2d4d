import Contracts

/// How many events there were, and how many of them bad, over a window that ends now. Sums since the beginning stand in
/// a ring, one for each step of time: a window's count is a difference, and memory does not grow.
struct EventHistory: Sendable, Equatable {
    struct Counts: Sendable, Equatable {
        var bad = 0.0
        var total = 0.0
    }

    let span: Int64
    let step: Int64
    private var sums: [Counts]
    private var sum = Counts()
    private var current: Int64 = -1
    private var first: Int64 = -1

    /// `parts` steps make the window; what is within one step is taken to be spread evenly.
    init(span: Duration, parts: Int64 = 720) {
        self.span = max(1, span.wholeNanoseconds)
        step = max(min(self.span, 1_000_000_000), self.span / parts)
        sums = Array(repeating: Counts(), count: Int(self.span / step) + 3)
    }

    private func stepNumber(_ now: Moment) -> Int64 { Int64(clamping: now.nanoseconds) / step }
    private func place(_ number: Int64) -> Int { Int(number % Int64(sums.count)) }

    /// Closes the steps up to now. A moment before the last one is taken for the last one.
    private mutating func advance(to now: Moment) {
        let number = stepNumber(now)
        guard current >= 0 else {
            (current, first) = (number, number)
            return
        }
        guard number > current else { return }
        // After a silence longer than the ring every place holds the same sum.
        for closed in max(current, number - Int64(sums.count))..<number { sums[place(closed)] = sum }
        current = number
    }

    mutating func add(bad: Double, total: Double, now: Moment) {
        advance(to: now)
        sum.bad += bad
        sum.total += total
    }

    /// The counts of the window that ends now, or of a shorter one.
    func counts(over window: Duration, now: Moment) -> Counts {
        guard current >= 0 else { return Counts() }
        // Later than the ring it is a time in which nothing happened.
        let length = min(span, max(1, window.wholeNanoseconds))
        let begin = max(0, Int64(clamping: now.nanoseconds) - length)
        let start = sumAt(begin)
        return Counts(bad: max(0, sum.bad - start.bad), total: max(0, sum.total - start.total))
    }

    /// For how long events have been counted, as far as is known; zero where none ever was.
    func age(now: Moment) -> Int64 {
        guard first >= 0 else { return 0 }
        return max(0, Int64(clamping: now.nanoseconds) - first * step)
    }

    /// What had been counted by then.
    private func sumAt(_ nanoseconds: Int64) -> Counts {
        let number = nanoseconds / step
        guard number <= current else { return sum }
        let after = number == current ? sum : closed(number)
        let before = closed(number - 1)
        let share = Double(nanoseconds % step) / Double(step)
        return Counts(
            bad: before.bad + (after.bad - before.bad) * share,
            total: before.total + (after.total - before.total) * share)
    }

    /// The sum at the end of a step that is over.
    private func closed(_ number: Int64) -> Counts {
        guard number >= first else { return Counts() }
        return sums[place(max(number, current - Int64(sums.count) + 1))]
    }
}

extension EventHistory {
    /// What each step added, the oldest first, in a few bytes a step.
    struct Snapshot: Sendable, Equatable, Codable {
        var span: Int64
        var current: Int64
        var steps: [UInt8]
    }

    var snapshot: Snapshot {
        var writer = CountBytes()
        guard current >= 0 else { return Snapshot(span: span, current: -1, steps: []) }
        let oldest = max(first, current - Int64(sums.count) + 2)
        var last = closed(oldest - 1)
        var silent: UInt64 = 0
        for number in oldest...current {
            let next = number == current ? sum : closed(number)
            if next == last {
                silent += 1
                continue
            }
            writer.write(whole: silent)
            writer.write(next.bad - last.bad)
            writer.write(next.total - last.total)
            (last, silent) = (next, 0)
        }
        return Snapshot(span: span, current: current, steps: writer.bytes)
            .beginning(oldest)
    }

    /// A snapshot of another window is none of ours: then it begins empty.
    mutating func restore(_ snapshot: Snapshot) {
        var empty = EventHistory(span: .nanoseconds(span))
        guard snapshot.span == span, (0...Int64.max / step).contains(snapshot.current) else {
            self = empty
            return
        }
        var reader = CountReader(snapshot.steps)
        guard let back = reader.whole(), back < UInt64(sums.count) else {
            self = empty
            return
        }
        var number = snapshot.current - Int64(back)
        empty.advance(to: Moment(nanoseconds: UInt64(max(0, number) * step)))
        while let silent = reader.whole(), let bad = reader.number(), let total = reader.number() {
            guard silent <= UInt64(sums.count), bad.isFinite, total.isFinite else { break }
            number += Int64(silent)
            guard number <= snapshot.current else { break }
            empty.add(bad: bad, total: total, now: Moment(nanoseconds: UInt64(max(0, number) * step)))
            number += 1
        }
        empty.advance(to: Moment(nanoseconds: UInt64(snapshot.current * step)))
        self = empty
    }
}

extension EventHistory.Snapshot {
    /// With how many steps back it begins before everything else.
    fileprivate func beginning(_ oldest: Int64) -> Self {
        var writer = CountBytes()
        writer.write(whole: UInt64(max(0, current - oldest)))
        return Self(span: span, current: current, steps: writer.bytes + steps)
    }
}

/// Counts in few bytes: whole ones by sevens of bits, others in full behind a mark.
private struct CountBytes {
    private(set) var bytes: [UInt8] = []

    mutating func write(whole: UInt64) {
        var rest = whole
        while rest > 0x7F {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func write(_ number: Double) {
        if number >= 0, number < 0x1p52, number == number.rounded() {
            write(whole: UInt64(number) << 1)
        } else {
            write(whole: 1)
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                bytes.append(UInt8(number.bitPattern >> shift & 0xFF))
            }
        }
    }
}

private struct CountReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    mutating func whole() -> UInt64? {
        var (result, shift) = (UInt64(0), UInt64(0))
        while let byte = rest.popFirst() {
            guard shift < 63 else { return nil }
            result |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return result }
            shift += 7
        }
        return nil
    }

    mutating func number() -> Double? {
        guard let first = whole() else { return nil }
        guard first & 1 == 1 else { return Double(first >> 1) }
        guard rest.count >= 8 else { return nil }
        var bits: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 8) { bits |= UInt64(rest.removeFirst()) << shift }
        return Double(bitPattern: bits)
    }
}
