import Glibc

/// Puts alerts together that have one cause, as they come, and leaves noise aside.
///
/// Alerts that are close in time and place heat one fire; what was heard often of late heats little, what is grave heats
/// more. A fire becomes an incident when it is hot enough, also beside how hot it usually is here; when it has cooled
/// down it ends. So a thousand alerts of one cause are one incident, and a rule that never stops to shout makes none.
public struct AlertGrouping: Sendable {
    /// Heat of an incident: as much as one grave alert that nobody heard before.
    private static let hot = 2.0
    /// And so many times the usual heat.
    private static let unusual = 1.6
    /// An incident ends below the usual heat.
    private static let cold = 1.0
    /// Usual is at least an alert every six minutes.
    private static let leastUsual = 0.25
    /// An hour of memory for what is usual.
    private static let memory = 3_600.0
    private static let shortestMemory = 600.0
    /// What one storm may add to what is usual, as a multiple of it.
    private static let stormShare = 8.0
    private static let mostFires = 64
    /// Calls between two places that one fire may leap.
    private static let farthest = 3

    private var topology: Neighbourhood
    private var habits: AlertHabits
    private var fires: [Fire] = []
    private var usual = 0.0
    private var clock = -Double.infinity
    private var began: Double?
    private var incidents = 0
    private var heard = 0

    /// `calls` is who depends on whom; without it only time decides. `series` is how many series are remembered.
    public init(calls: [Call] = [], series: Int = 50_000) {
        topology = Neighbourhood(calls)
        habits = AlertHabits(series: series)
    }

    /// Series that are remembered at the moment.
    public var remembered: Int { habits.count }

    /// Who depends on whom is known better by now; what burns goes on burning where it does.
    public mutating func learn(_ calls: [Call]) {
        let before = topology
        let after = Neighbourhood(calls)
        topology = after
        for index in fires.indices { fires[index].renumber { after.number(before.names[$0]) } }
    }

    /// How many calls a place is away from the nearest of others; nil where that is further than `farthest`, or not known.
    public func distance(from place: String, to others: [String], within farthest: Int) -> Int? {
        guard let start = topology.number(place) else { return nil }
        let ends = others.compactMap { topology.number($0) }
        return ends.isEmpty ? nil : topology.distance(from: start, within: farthest) { ends.contains($0) }
    }

    /// Takes the next alert.
    public mutating func add(_ alert: Alert) -> Placement {
        let number = heard
        heard += 1
        // A time that is none, or one that lies back, is now.
        let time = alert.time.isFinite ? max(clock, alert.time) : max(clock, 0)
        pass(to: time)
        guard alert.state == .firing else { return settled(alert, number, time) }
        let before = habits.hear(alert, at: time)
        let weight = Self.weight(alert.gravity) / (1 + before)
        let place = topology.number(alert.place)
        let (fire, nearness) = fire(for: place, at: time)
        fires[fire].add(weight, at: time, place: place)
        learn(weight, fires[fire])
        var reasons = [
            Contribution(
                "weight", weight,
                before < 0.5
                    ? "\(alert.name) was not heard of late"
                    : "\(alert.name) was heard \(Figures.short(before)) times of late")
        ]
        if let nearness { reasons.append(nearness) }
        return decide(number, fire, time, reasons)
    }

    private mutating func decide(
        _ number: Int, _ fire: Int, _ time: Double, _ reasons: [Contribution]
    ) -> Placement {
        let usual = usualHeat(at: time)
        let heat = fires[fire].heat
        var reasons = reasons
        reasons.append(
            Contribution(
                "heat", heat,
                "\(fires[fire].count) alerts within reach are worth \(Figures.short(heat)); "
                    + "usual is \(Figures.short(usual)), an incident needs \(Figures.short(max(Self.hot, Self.unusual * usual)))"
            ))
        if let incident = fires[fire].incident {
            return Placement(alert: number, incident: incident, reasons: reasons, recalled: [])
        }
        guard heat >= Self.hot, heat >= Self.unusual * usual else {
            fires[fire].hold(number, at: time)
            return Placement(alert: number, incident: nil, reasons: reasons, recalled: [])
        }
        incidents += 1
        let recalled = fires[fire].open(as: incidents, at: time)
        return Placement(alert: number, incident: incidents, reasons: reasons, recalled: recalled)
    }

    /// What hurts no longer heats nothing, and belongs to where it burns.
    private func settled(_ alert: Alert, _ number: Int, _ time: Double) -> Placement {
        let place = topology.number(alert.place)
        let fire = place.flatMap { place in fires.firstIndex { $0.burns(at: place) } } ?? (fires.isEmpty ? nil : 0)
        return Placement(
            alert: number, incident: fire.flatMap { fires[$0].incident },
            reasons: [Contribution("state", 0, "it hurts no longer")], recalled: [])
    }

    /// The fire that an alert belongs to: at the same place, or the nearest one; a new one where none is near.
    private mutating func fire(for place: Int?, at time: Double) -> (Int, Contribution?) {
        if let place {
            if let same = fires.firstIndex(where: { $0.burns(at: place) }) {
                return (same, Contribution("place", 1, "it is where others are"))
            }
            var distances: [Int?] = []
            for fire in fires {
                distances.append(topology.distance(from: place, within: Self.farthest) { fire.burns(at: $0) })
            }
            let best = fires.indices.min {
                (distances[$0] ?? .max, -fires[$0].heat, $0) < (distances[$1] ?? .max, -fires[$1].heat, $1)
            }
            if let best, let distance = distances[best] {
                return (
                    best, Contribution("place", 1 / Double(1 + distance), "it is \(distance) calls away from others")
                )
            }
            // A fire whose places nobody knows may be anywhere.
            if let placeless = fires.firstIndex(where: { $0.places.isEmpty }) { return (placeless, nil) }
        } else if let hottest = fires.indices.max(by: { (fires[$0].heat, $1) < (fires[$1].heat, $0) }) {
            return (hottest, nil)
        }
        if fires.count >= Self.mostFires, let coldest = fires.indices.min(by: { fires[$0].heat < fires[$1].heat }) {
            fires.remove(at: coldest)
        }
        fires.append(Fire(at: time, usual: usualHeat(at: time)))
        return (fires.count - 1, nil)
    }

    /// Time passes: fires cool down, and what is usual fades.
    private mutating func pass(to time: Double) {
        if began == nil { (began, clock) = (time, time) }
        usual *= exp(-(time - clock) / Self.memory)
        clock = time
        let cold = Self.cold * usualHeat(at: time)
        fires.removeAll { fire in
            let heat = fire.heat(at: time)
            return fire.incident != nil ? heat < cold : heat < 0.05
        }
    }

    /// A storm is not what is usual: the hotter it is beside what was usual before it, the less is learned.
    private mutating func learn(_ weight: Double, _ fire: Fire) {
        usual += weight * min(1, Self.stormShare * fire.usual / max(fire.heat, .leastNormalMagnitude))
    }

    private func usualHeat(at time: Double) -> Double {
        let age = max(Self.shortestMemory, min(Self.memory, time - (began ?? time)))
        return max(Self.leastUsual, usual / age * Fire.fading)
    }

    private static func weight(_ gravity: LogGravity) -> Double {
        switch gravity {
        case .note: 0.5
        case .warning: 1
        case .error: 1.5
        case .fatal: 2
        }
    }
}
