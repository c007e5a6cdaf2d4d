/// All routes of a server, and which of them a request means.
struct RouteTable: Sendable {
    enum Match {
        case route(Int, captures: [ArraySlice<UInt8>])
        /// The path is known, the method is not one of these.
        case otherMethods(String)
        case nothing
    }

    let routes: [Route]

    init(_ routes: [Route]) {
        for (index, route) in routes.enumerated() {
            precondition(
                !routes[..<index].contains { $0.method == route.method && $0.pattern.text == route.pattern.text },
                "\(route.method.rawValue) \(route.pattern.text) is there twice")
        }
        self.routes = routes
    }

    /// The path with the fewest parameters is meant where several fit, whatever their methods: so OpenAPI has it.
    func match(method: String, path: ArraySlice<UInt8>) -> Match {
        var fewest = Int.max
        var best: (index: Int, captures: [ArraySlice<UInt8>])?
        var others: [String] = []
        for (index, route) in routes.enumerated() {
            guard let captures = route.pattern.match(path), captures.count <= fewest else { continue }
            if captures.count < fewest { (fewest, best, others) = (captures.count, nil, []) }
            if route.method.rawValue == method || (method == "HEAD" && route.method == .get) {
                best = (index, captures)
            } else {
                others.append(route.method.rawValue)
            }
        }
        if let best { return .route(best.index, captures: best.captures) }
        guard !others.isEmpty else { return .nothing }
        if others.contains("GET") { others.append("HEAD") }
        others.append("OPTIONS")
        return .otherMethods(others.joined(separator: ", "))
    }

    /// What is here, for those who lost their way.
    var places: String {
        var places: [String] = []
        for route in routes where !places.contains(route.pattern.text) { places.append(route.pattern.text) }
        return places.joined(separator: ", ")
    }
}
