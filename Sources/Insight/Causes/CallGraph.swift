/// Who calls whom, by number: nodes are numbered in the order of their names.
struct CallGraph {
    let names: [String]
    let callees: [[Int]]
    let callers: [[Int]]
    private let numbers: [String: Int]

    init(names: [String], calls: [Call]) {
        self.names = names
        var numberByName: [String: Int] = [:]
        for (number, name) in names.enumerated() { numberByName[name] = number }
        numbers = numberByName
        var down = Array(repeating: [Int](), count: names.count)
        var up = down
        var last: Call?
        for call in calls.sorted() where call != last && call.caller != call.callee {
            last = call
            guard let caller = numberByName[call.caller], let callee = numberByName[call.callee] else { continue }
            down[caller].append(callee)
            up[callee].append(caller)
        }
        (callees, callers) = (down, up)
    }

    func number(_ name: String) -> Int? { numbers[name] }

    /// How many calls away each node is, going down from one; nil where no calls lead.
    func distances(from start: Int) -> [Int?] {
        var distance = Array(repeating: Int?.none, count: names.count)
        distance[start] = 0
        var queue = [start]
        var next = 0
        while next < queue.count {
            let node = queue[next]
            next += 1
            for callee in callees[node] where distance[callee] == nil {
                distance[callee] = (distance[node] ?? 0) + 1
                queue.append(callee)
            }
        }
        return distance
    }
}
