import Contracts

/// How many events there were, and how many of them bad, over any window up to a span. Sums since the beginning stand
/// in a ring, one for each step of time: a window's count is a difference, and memory does not grow.
struct EventHistory: Sendable {
    struct Counts: Sendable, Equatable {
        var bad = 0.0
        var total = 0.0
    }

    let step: Int64
    private var sums: [Counts]
    private var sum = Counts()
    private var current: Int64 = -1
    private var first: Int64 = -1

    init(step: Duration, span: Duration) {
        self.step = max(1, step.wholeNanoseconds)
        let count = max(1, span.wholeNanoseconds) / self.step + 2
        sums = Array(repeating: Counts(), count: Int(min(count, 200_000)))
    }

    func covers(_ window: Duration) -> Bool { window.wholeNanoseconds / step + 1 < Int64(sums.count) }

    private func stepNumber(_ now: Moment) -> Int64 { Int64(clamping: now.nanoseconds) / step }

    /// Closes the steps up to now. A moment before the last one is taken for the last one.
    private mutating func advance(to now: Moment) {
        let number = stepNumber(now)
        guard current >= 0 else {
            (current, first) = (number, number)
            return
        }
        guard number > current else { return }
        for closed in current..<min(number, current + Int64(sums.count)) { sums[place(closed)] = sum }
        // After a silence longer than the ring every place holds the same sum.
        current = number
    }

    private func place(_ number: Int64) -> Int { Int(number % Int64(sums.count)) }

    mutating func add(bad: Double, total: Double, now: Moment) {
        advance(to: now)
        sum.bad += bad
        sum.total += total
    }

    /// The counts of the window that ends now; at least one step of time.
    func counts(over window: Duration, now: Moment) -> Counts {
        guard current >= 0 else { return Counts() }
        let end = stepNumber(now)
        let before = end - max(1, window.wholeNanoseconds / step)
        guard before < current else { return Counts() }
        guard before >= first else { return sum }
        let start = sums[place(max(before, current - Int64(sums.count) + 1))]
        return Counts(bad: max(0, sum.bad - start.bad), total: max(0, sum.total - start.total))
    }
}
