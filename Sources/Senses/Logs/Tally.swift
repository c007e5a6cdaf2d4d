/// Counts in places of ten seconds, as many as there are.
struct Tally: Sendable {
    static let step: Int64 = 10
    private let places: Int
    private var counts: [UInt32] = []
    private var newest: Int64 = -1

    init(places: Int) { self.places = places }

    /// Adds to the place of a second; false where it is gone.
    mutating func add(_ count: Int, at second: Int64) -> Bool {
        guard second >= 0 else { return false }
        let place = second / Self.step
        if newest < 0 || place - newest >= Int64(places) {
            counts = [0]
            newest = place
        }
        while newest < place {
            if counts.count == places { counts.removeFirst() }
            counts.append(0)
            newest += 1
        }
        guard newest - place < Int64(places) else { return false }
        let age = Int(newest - place)
        if age >= counts.count { counts.insert(contentsOf: repeatElement(0, count: age + 1 - counts.count), at: 0) }
        let index = counts.count - 1 - age
        counts[index] = UInt32(clamping: Int(counts[index]) + min(max(count, 0), Int(UInt32.max)))
        return true
    }

    /// Adds what another counted in the same places.
    mutating func add(_ other: Tally) {
        for (index, count) in other.counts.enumerated() where count > 0 {
            _ = add(Int(count), at: (other.newest - Int64(other.counts.count - 1 - index)) * Self.step)
        }
    }

    /// The sum over the places that begin within a span of seconds.
    func count(from: Int64, until: Int64) -> Int {
        guard newest >= 0 else { return 0 }
        let oldest = newest - Int64(counts.count) + 1
        let first = max((from + Self.step - 1) / Self.step, oldest)
        let end = min((until + Self.step - 1) / Self.step, newest + 1)
        guard first < end else { return 0 }
        return (first..<end).reduce(0) { $0 + Int(counts[Int($1 - oldest)]) }
    }

    /// The last places before a second, oldest first; zero where nothing was counted.
    func latest(_ count: Int, until second: Int64) -> [Int] {
        let end = second / Self.step
        return (0..<count).map { index in
            let place = end - Int64(count - index)
            let age = newest - place
            guard newest >= 0, age >= 0, age < Int64(counts.count) else { return 0 }
            return Int(counts[counts.count - 1 - Int(age)])
        }
    }
}
