/// Who is near whom: along calls, in either direction.
struct Neighbourhood: Sendable {
    private let neighbours: [[Int]]
    private let numbers: [String: Int]
    /// By number.
    let names: [String]
    /// Looking further than this costs more than it tells.
    private static let mostVisited = 512

    init(_ calls: [Call]) {
        var numberByName: [String: Int] = [:]
        var lists: [[Int]] = []
        var names: [String] = []
        func number(_ name: String) -> Int {
            if let known = numberByName[name] { return known }
            numberByName[name] = lists.count
            lists.append([])
            names.append(name)
            return lists.count - 1
        }
        for call in calls.sorted() where call.caller != call.callee {
            let (one, other) = (number(call.caller), number(call.callee))
            lists[one].append(other)
            lists[other].append(one)
        }
        neighbours = lists
        numbers = numberByName
        self.names = names
    }

    func number(_ name: String) -> Int? { numbers[name] }

    /// How far the nearest place is that satisfies a condition; nil where none is within so many steps.
    func distance(from start: Int, within farthest: Int, _ isThere: (Int) -> Bool) -> Int? {
        if isThere(start) { return 0 }
        var visited: Set<Int> = [start]
        var ring = [start]
        for distance in stride(from: 1, through: farthest, by: 1) {
            var next: [Int] = []
            for place in ring {
                for neighbour in neighbours[place] where visited.insert(neighbour).inserted {
                    if isThere(neighbour) { return distance }
                    next.append(neighbour)
                }
            }
            guard visited.count < Self.mostVisited else { return nil }
            ring = next
        }
        return nil
    }
}
