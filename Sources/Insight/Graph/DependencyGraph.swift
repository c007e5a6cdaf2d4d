/// Which service calls which, learned from spans as they come, in any order, with a bound on everything.
public struct DependencyGraph: Sendable {
    /// A service calls another, or sends it messages.
    public struct Edge: Sendable, Equatable {
        /// Who calls, and whom.
        public let call: Call
        /// How many calls were seen.
        public internal(set) var count = 0
        /// How many of them failed.
        public internal(set) var errors = 0
        /// How long the callee took.
        public internal(set) var durations = DurationSummary()
        /// When the last one began, in seconds.
        public internal(set) var lastSeen: Double
    }

    private struct Waiting: Sendable {
        var callee: String
        var start: Double
        var seconds: Double
        var isError: Bool
    }

    private let mostNodes: Int
    private let mostEdges: Int
    private var services: RecentTable<SpanIdentity, String>
    private var waiting: RecentTable<SpanIdentity, [Waiting]>
    private var placeByCall: [Call: Int] = [:]
    private var edgeList: [Edge] = []
    private var useByService: [String: Int] = [:]
    /// Calls that were left out since their services or edges would have been too many.
    public private(set) var dropped = 0

    /// Spans of one parent that wait for it.
    private static let mostWaiting = 64

    /// `spans` is how many spans are remembered to find the parents of others.
    public init(nodes: Int = 2_000, edges: Int = 20_000, spans: Int = 50_000) {
        mostNodes = max(2, nodes)
        mostEdges = max(1, edges)
        services = RecentTable(capacity: spans)
        waiting = RecentTable(capacity: spans)
    }

    /// Takes a span. Its parent may come later.
    public mutating func add(_ span: ObservedSpan) {
        services.keep(span.service, for: span.identity)
        for waiting in waiting.take(span.identity) ?? [] { count(waiting, calledBy: span.service) }
        let own = Waiting(callee: span.service, start: span.start, seconds: span.seconds, isError: span.isError)
        for source in [span.parent].compactMap({ $0 }) + span.links {
            if let caller = services.find(source) {
                count(own, calledBy: caller)
            } else {
                var others = waiting.find(source) ?? []
                guard others.count < Self.mostWaiting else {
                    dropped += 1
                    continue
                }
                others.append(own)
                waiting.keep(others, for: source)
            }
        }
    }

    /// Forgets the edges that were not seen since a time, and the services that no edge is left of.
    public mutating func forget(before time: Double) {
        guard edgeList.contains(where: { $0.lastSeen < time }) else { return }
        rebuild(edgeList.filter { $0.lastSeen >= time })
    }

    private mutating func count(_ one: Waiting, calledBy caller: String) {
        guard caller != one.callee, one.start.isFinite else { return }
        let call = Call(caller: caller, callee: one.callee)
        guard let place = placeByCall[call] ?? add(call, at: one.start) else {
            dropped += 1
            return
        }
        edgeList[place].count += 1
        if one.isError { edgeList[place].errors += 1 }
        edgeList[place].durations.add(one.seconds)
        edgeList[place].lastSeen = max(edgeList[place].lastSeen, one.start)
    }

    private mutating func add(_ call: Call, at time: Double) -> Int? {
        if edgeList.count >= mostEdges {
            // An eighth at once, so that the work is shared by many.
            let byAge = edgeList.sorted { ($1.lastSeen, $0.call) < ($0.lastSeen, $1.call) }
            rebuild(Array(byAge.prefix(mostEdges - max(1, mostEdges / 8))))
        }
        let unknown = [call.caller, call.callee].filter { useByService[$0] == nil }.count
        guard useByService.count + unknown <= mostNodes else { return nil }
        useByService[call.caller, default: 0] += 1
        useByService[call.callee, default: 0] += 1
        placeByCall[call] = edgeList.count
        edgeList.append(Edge(call: call, lastSeen: time))
        return edgeList.count - 1
    }

    private mutating func rebuild(_ edges: [Edge]) {
        edgeList = edges
        placeByCall = [:]
        useByService = [:]
        for (place, edge) in edges.enumerated() {
            placeByCall[edge.call] = place
            useByService[edge.call.caller, default: 0] += 1
            useByService[edge.call.callee, default: 0] += 1
        }
    }
}

extension DependencyGraph {
    /// All edges, by caller and callee.
    public var edges: [Edge] { edgeList.sorted { $0.call < $1.call } }

    /// All calls, for a scene.
    public var calls: [Call] { edgeList.map(\.call).sorted() }

    /// All services, by name.
    public var nodes: [String] { TraceBlame.unique(edgeList.flatMap { [$0.call.caller, $0.call.callee] }.sorted()) }

    /// What is known of a call.
    public func edge(from caller: String, to callee: String) -> Edge? {
        placeByCall[Call(caller: caller, callee: callee)].map { edgeList[$0] }
    }

    /// Whom a service calls, by name.
    public func callees(of service: String) -> [String] {
        edgeList.filter { $0.call.caller == service }.map(\.call.callee).sorted()
    }

    /// Who calls a service, by name.
    public func callers(of service: String) -> [String] {
        edgeList.filter { $0.call.callee == service }.map(\.call.caller).sorted()
    }

    /// All services that calls lead to from a service, without itself, by name.
    public func reachable(from service: String) -> [String] {
        let graph = CallGraph(names: nodes, calls: calls)
        guard let start = graph.number(service) else { return [] }
        let distances = graph.distances(from: start)
        return graph.names.indices.filter { $0 != start && distances[$0] != nil }.map { graph.names[$0] }
    }

    /// Over how many calls one service reaches another; nil where no calls lead there.
    public func distance(from caller: String, to callee: String) -> Int? {
        let graph = CallGraph(names: nodes, calls: calls)
        guard let start = graph.number(caller), let end = graph.number(callee) else { return nil }
        return graph.distances(from: start)[end]
    }
}
