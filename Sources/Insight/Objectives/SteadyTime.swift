import Contracts

/// A time that never goes back. A reading that is a little older than the last one is taken for the last one; a clock that
/// was set back goes on from where it was, so that no window waits for it to catch up.
struct SteadyTime: Sendable, Equatable, Codable {
    /// Readings come late by less than this; a clock that is set back goes by more.
    private static let late: Int64 = 60_000_000_000

    private(set) var latest = Moment.zero
    private var ahead: Int64 = 0

    mutating func advance(_ now: Moment) -> Moment {
        // No clock comes to where there is no time left to go on.
        guard now.nanoseconds < 1 << 62, ahead < 1 << 62 else { return latest }
        let shifted = now.adding(ahead)
        if latest.nanoseconds(since: shifted) > Self.late {
            ahead = latest.nanoseconds(since: now)
        } else {
            latest = max(latest, shifted)
        }
        return latest
    }
}
