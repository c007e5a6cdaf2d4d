/// Lets one line of a kind pass per period, and counts the others.
struct Limiter {
    enum Verdict: Equatable {
        /// Write it, and say that so many of its kind were left out before.
        case pass(leftOut: Int)
        case leaveOut
    }

    private struct Kind {
        let name: String
        var since: Duration
        var leftOut = 0
    }

    /// Kinds come from code, but a name may carry what a peer sent: beyond this many they count as one.
    static let mostKinds = 256
    static let otherKinds = "other kinds"

    private let period: Duration
    private var kinds: [Kind] = []
    private var places: [String: Int] = [:]

    init(period: Duration) {
        self.period = period
    }

    mutating func ask(_ kind: String, now: Duration) -> Verdict {
        let name = places[kind] != nil || kinds.count < Self.mostKinds ? kind : Self.otherKinds
        guard let place = places[name] else {
            places[name] = kinds.count
            kinds.append(Kind(name: name, since: now))
            return .pass(leftOut: 0)
        }
        guard now - kinds[place].since >= period else {
            kinds[place].leftOut += 1
            return .leaveOut
        }
        defer { kinds[place] = Kind(name: name, since: now) }
        return .pass(leftOut: kinds[place].leftOut)
    }

    /// The kinds whose period is over (or all) and of which lines were left out since; each is told once.
    mutating func untold(now: Duration, all: Bool) -> [(kind: String, leftOut: Int)] {
        var told: [(kind: String, leftOut: Int)] = []
        for place in kinds.indices where kinds[place].leftOut > 0 && (all || now - kinds[place].since >= period) {
            told.append((kinds[place].name, kinds[place].leftOut))
            kinds[place] = Kind(name: kinds[place].name, since: now)
        }
        return told
    }
}
