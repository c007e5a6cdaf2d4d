import Glibc

/// Alerts that lie close together in time and place: an incident, once there are enough of them.
struct Fire: Sendable {
    /// How fast it fades, in seconds.
    static let fading = 90.0
    private static let mostPlaces = 256
    private static let mostHeld = 64

    /// Its number as an incident, once it is one.
    var incident: Int?
    /// What was usual here when it began.
    let usual: Double
    private(set) var last: Double
    private(set) var heat = 0.0
    private(set) var count = 0
    /// The places that it was seen at, the first ones.
    private(set) var places: [Int] = []
    private var isPlace: Set<Int> = []
    /// Alerts that were heard before it became an incident.
    private(set) var held: [(alert: Int, time: Double)] = []

    init(at time: Double, usual: Double) { (last, self.usual) = (time, usual) }

    func heat(at time: Double) -> Double { heat * exp(-max(0, time - last) / Self.fading) }

    func burns(at place: Int) -> Bool { isPlace.contains(place) }

    mutating func add(_ weight: Double, at time: Double, place: Int?) {
        heat = heat(at: time) + weight
        last = max(last, time)
        count += 1
        if let place, places.count < Self.mostPlaces, isPlace.insert(place).inserted { places.append(place) }
    }

    /// Places have other numbers; nil for those that are no longer known.
    mutating func renumber(_ number: (Int) -> Int?) {
        places = places.compactMap(number)
        isPlace = Set(places)
    }

    mutating func hold(_ alert: Int, at time: Double) {
        if held.count >= Self.mostHeld { held.removeFirst(Self.mostHeld / 2) }
        held.append((alert, time))
    }

    /// It becomes an incident: those who came shortly before belong to it.
    mutating func open(as number: Int, at time: Double) -> [Int] {
        incident = number
        let recalled = held.filter { time - $0.time <= Self.fading }.map(\.alert)
        held = []
        return recalled
    }
}
