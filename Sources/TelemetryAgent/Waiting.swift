import Synchronization

/// How much waits, within a bound.
final class Waiting: Sendable {
    private let count = Atomic<Int>(0)

    /// Takes a place for so many; a single batch always has one.
    func enter(_ more: Int, most: Int) -> Bool {
        let (before, after) = count.add(more, ordering: .acquiringAndReleasing)
        if before == 0 || after <= most { return true }
        count.subtract(more, ordering: .releasing)
        return false
    }

    func leave(_ more: Int) { count.subtract(more, ordering: .releasing) }
}
