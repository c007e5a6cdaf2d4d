/// Counts in places of ten seconds, as many as there are.
struct Tally: Sendable {
    static let step: Int64 = 10
    private let places: Int
    private var counts: [UInt32] = []
    private var newest: Int64 = -1

    init(places: Int) { self.places = places }

    /// Adds to the place of a second; false where it is gone.
    mutating func add(_ count: Int, at second: Int64) -> Bool {
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
        let age = Int(newest - place)
        guard age < counts.count else { return false }
        let index = counts.count - 1 - age
        counts[index] = UInt32(clamping: Int(counts[index]) + count)
        return true
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
