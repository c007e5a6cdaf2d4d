/// The latest values of a series at even steps of time. Gaps are kept as gaps; what comes late finds its place while
/// there is one.
public struct Ring: Sendable {
    /// Seconds of one place.
    let step: Int64
    private let capacity: Int
    private var values: [Float] = []
    /// The number of the newest place since 1970.
    private var newest: Int64 = -1

    init(step: Int64, capacity: Int) {
        self.step = step
        self.capacity = capacity
    }

    /// Bytes of memory.
    var bytes: Int { values.capacity * MemoryLayout<Float>.size }

    /// Puts a value into its place; false where the place is gone.
    mutating func put(_ value: Double, at second: Int64) -> Bool {
        guard second >= 0 else { return false }
        let place = second / step
        guard newest >= 0 else {
            newest = place
            values.append(Float(value))
            return true
        }
        if place > newest {
            advance(to: place)
        } else if newest - place >= Int64(values.count) {
            guard newest - place < Int64(capacity) else { return false }
            // Older than the first of all, while there is room: only a ring that was never full has its head at zero.
            values.insert(contentsOf: repeatElement(.nan, count: Int(newest - place) + 1 - values.count), at: 0)
        }
        values[index(place)] = Float(value)
        return true
    }

    private mutating func advance(to place: Int64) {
        guard place - newest < Int64(capacity) else {
            values = [.nan]
            head = 0
            newest = place
            return
        }
        while newest < place {
            newest += 1
            if values.count < capacity {
                // Grown in pieces: most series are short-lived.
                if values.count == values.capacity { values.reserveCapacity(min(capacity, values.count + 64)) }
                values.append(.nan)
            } else {
                values[head] = .nan
                head = (head + 1) % capacity
            }
        }
    }

    /// Where the oldest value stands once the ring is full.
    private var head = 0

    private func index(_ place: Int64) -> Int {
        let age = Int(newest - place)
        return (head + values.count - 1 - age) % values.count
    }

    /// The value at a time; nil in a gap and outside.
    func value(at second: Int64) -> Double? {
        guard second >= 0 else { return nil }
        let place = second / step
        guard newest >= 0, place <= newest, newest - place < Int64(values.count) else { return nil }
        let value = values[index(place)]
        return value.isNaN ? nil : Double(value)
    }

    /// The first and the last second for which there may be values.
    var span: ClosedRange<Int64>? {
        guard newest >= 0 else { return nil }
        return (newest - Int64(values.count) + 1) * step...newest * step
    }
}
