/// What a series came to in one minute.
public struct MinuteFigures: Sendable, Codable, Equatable {
    /// Minutes since 1970.
    public var minute: Int64
    public var count = 0
    public var sum = 0.0
    public var least = Double.infinity
    public var most = -Double.infinity
    public var last = 0.0

    init(minute: Int64) { self.minute = minute }

    mutating func add(_ value: Double) {
        count += 1
        sum += value
        least = min(least, value)
        most = max(most, value)
        last = value
    }

    mutating func add(_ other: MinuteFigures) {
        count += other.count
        sum += other.sum
        least = min(least, other.least)
        most = max(most, other.most)
        last = other.last
        minute = max(minute, other.minute)
    }
}

/// The minute that is filled, and the one before it until somebody takes it to disk.
struct MinuteTally: Sendable {
    private var current: MinuteFigures?
    private var closed: MinuteFigures?

    mutating func add(_ value: Double, at second: Int64) {
        let minute = second / 60
        guard let now = current?.minute else {
            current = MinuteFigures(minute: minute)
            current?.add(value)
            return
        }
        if minute > now {
            close()
            current = MinuteFigures(minute: minute)
        }
        // What comes late is of the minute before, or of one that was taken away and is in the fine detail only.
        if minute < now {
            if closed?.minute == minute { closed?.add(value) }
            return
        }
        current?.add(value)
    }

    /// A minute that nobody took is folded into the next: the disk was away for so long.
    private mutating func close() {
        guard let now = current else { return }
        if closed == nil { closed = now } else { closed?.add(now) }
    }

    /// What is over, once.
    mutating func take(before minute: Int64) -> MinuteFigures? {
        if let now = current?.minute, now < minute {
            close()
            current = nil
        }
        defer { closed = nil }
        return closed
    }
}
