import Contracts

/// What the spans of whole traces say of services and of the calls between them, in places of ten seconds.
public struct CallBook: Sendable {
    /// What the book may keep.
    public struct Limits: Sendable {
        public var services = 500
        public var edges = 2_000
        public var faultsOfOne = 64
        /// Places of ten seconds.
        public var places = 360

        public init() {}
    }

    private struct Figures: Sendable {
        var calls: Float = 0
        var errors: Float = 0
        var seconds: Float = 0
        var ownSeconds: Float = 0
        /// The calls whose own time is known, since all of their trace came.
        var timed: Float = 0
    }

    private struct Past: Sendable {
        var newest: Int64 = -1
        var figures: [Figures] = []

        mutating func add(_ more: Figures, place: Int64, most: Int) -> Bool {
            if newest < 0 || place - newest >= Int64(most) { (figures, newest) = ([Figures()], place) }
            while newest < place {
                if figures.count == most { figures.removeFirst() }
                figures.append(Figures())
                newest += 1
            }
            guard newest - place < Int64(most) else { return false }
            let age = Int(newest - place)
            if age >= figures.count {
                figures.insert(contentsOf: repeatElement(Figures(), count: age + 1 - figures.count), at: 0)
            }
            let index = figures.count - 1 - age
            figures[index].calls += more.calls
            figures[index].errors += more.errors
            figures[index].seconds += more.seconds
            figures[index].ownSeconds += more.ownSeconds
            figures[index].timed += more.timed
            return true
        }

        func sum(from: Int64, until: Int64) -> CallFigures {
            let oldest = newest - Int64(figures.count) + 1
            let first = max((from + 9) / 10, oldest)
            let end = min((until + 9) / 10, newest + 1)
            var sum = CallFigures()
            var timed = 0.0
            guard newest >= 0, first < end else { return sum }
            for place in first..<end {
                let part = figures[Int(place - oldest)]
                sum.calls += Double(part.calls)
                sum.errors += Double(part.errors)
                sum.seconds += Double(part.seconds)
                sum.ownSeconds += Double(part.ownSeconds)
                timed += Double(part.timed)
            }
            if sum.calls > 0 { sum.seconds /= sum.calls }
            if timed > 0 { sum.ownSeconds /= timed }
            return sum
        }
    }

    private struct FaultSeen: Sendable {
        var at: Int64
        var name: String
        var text: String
        var trace: String
    }

    private struct Edge: Hashable, Comparable, Sendable {
        var caller: String
        var callee: String
        static func < (left: Edge, right: Edge) -> Bool { (left.caller, left.callee) < (right.caller, right.callee) }
    }

    private let limits: Limits
    /// Addresses that are doors of services here: `127.0.0.1:8081` is `orders`.
    private let doors: [(address: String, node: String)]
    private var services: [String: Past] = [:]
    private var edges: [Edge: Past] = [:]
    private var faults: [String: [FaultSeen]] = [:]
    /// Calls of services and edges for which there was no room, or no place in time.
    public private(set) var leftOut = 0

    public init(limits: Limits = Limits(), doors: [(address: String, node: String)] = []) {
        self.limits = limits
        self.doors = doors
    }

    /// Bytes of memory, about.
    public var bytes: Int {
        (services.count + edges.count) * limits.places * 20 + faults.reduce(0) { $0 + $1.value.count * 480 }
    }

    /// Counts a whole trace. What failed comes always, and counts once; what went well has come for sure in the share
    /// only, and stands there for all. A service's own time is known where the whole trace came, in the share.
    public mutating func take(_ whole: TraceHold.Whole) {
        var own: [String: Int64] = [:]
        var nodes: [String: String] = [:]
        var answered: Set<String> = []
        for span in whole.spans {
            own[span.span, default: 0] += span.nanoseconds
            nodes[span.span] = span.node
            // A consumer works when its producer is long done: only what is waited for is taken off.
            if let parent = span.parent, span.kind != "consumer" { own[parent, default: 0] -= span.nanoseconds }
        }
        for span in whole.spans {
            if let parent = span.parent, let caller = nodes[parent], caller != span.node { answered.insert(parent) }
        }
        for span in whole.spans {
            let place = span.start / 10_000_000_000
            let isEntry = span.parent.flatMap { nodes[$0] } != span.node
            let share = Float(whole.weight)
            let weight = span.ok ? share : 1
            let own = Float(max(0, own[span.span] ?? 0)) / 1e9
            var all = Figures(
                calls: weight, errors: span.ok ? 0 : 1, seconds: weight * Float(span.nanoseconds) / 1e9,
                ownSeconds: share * own, timed: share)
            let out = all
            // What a service does within itself is time of its own, and no call.
            if !isEntry { (all.calls, all.errors, all.seconds, all.timed) = (0, 0, 0, 0) }
            let more = all
            add(more, service: span.node, place)
            if isEntry, let parent = span.parent, let caller = nodes[parent] {
                add(more, edge: Edge(caller: caller, callee: span.node), place)
            } else if !answered.contains(span.span), let address = span.outsidePeer {
                let peer = doors.first { $0.address == address }?.node ?? address
                add(out, edge: Edge(caller: span.node, callee: peer), place)
            }
            if !span.ok { note(span) }
        }
    }

    private mutating func add(_ more: Figures, service: String, _ place: Int64) {
        if services[service] == nil, services.count >= limits.services {
            leftOut += 1
            return
        }
        if !services[service, default: Past()].add(more, place: place, most: limits.places) { leftOut += 1 }
    }

    private mutating func add(_ more: Figures, edge: Edge, _ place: Int64) {
        if edges[edge] == nil, edges.count >= limits.edges {
            leftOut += 1
            return
        }
        if !edges[edge, default: Past()].add(more, place: place, most: limits.places) { leftOut += 1 }
    }

    private mutating func note(_ span: TraceSpan) {
        guard services[span.node] != nil else { return }
        var seen = faults.removeValue(forKey: span.node) ?? []
        if seen.count >= limits.faultsOfOne { seen.removeFirst() }
        let text = (span.fault ?? "failed").cut(to: 200)
        seen.append(FaultSeen(at: span.start, name: span.name.cut(to: 120), text: text, trace: span.trace))
        faults[span.node] = seen
    }

    /// Forgets what has been silent for as long as is kept.
    public mutating func forget(now second: Int64) {
        let oldest = second / 10 - Int64(limits.places)
        services = services.filter { $0.value.newest >= oldest }
        edges = edges.filter { $0.value.newest >= oldest }
        for node in faults.keys.sorted() where services[node] == nil { faults[node] = nil }
    }

    /// What the services were like before a moment and after it; seconds since 1970.
    func figures(from: Int64, onset: Int64, until: Int64) -> [EvidenceService] {
        services.keys.sorted().compactMap { node in
            guard let past = services[node] else { return nil }
            let before = past.sum(from: from, until: onset)
            let after = past.sum(from: onset, until: until)
            guard before.calls + after.calls > 0 || before.ownSeconds + after.ownSeconds > 0 else { return nil }
            return EvidenceService(
                node: node, before: before, after: after, faults: faults(of: node, from: onset, until: until))
        }
    }

    /// The same for the calls between them.
    func edges(from: Int64, onset: Int64, until: Int64) -> [EvidenceEdge] {
        edges.keys.sorted().compactMap { edge in
            guard let past = edges[edge] else { return nil }
            let before = past.sum(from: from, until: onset)
            let after = past.sum(from: onset, until: until)
            guard before.calls + after.calls > 0 else { return nil }
            return EvidenceEdge(caller: edge.caller, callee: edge.callee, before: before, after: after)
        }
    }

    /// Who calls a service, directly or through others; the nearest first.
    func callers(of node: String) -> [String] {
        var found: [String] = []
        var seen: Set<String> = [node]
        let all = Dictionary(grouping: edges.keys.sorted(), by: \.callee)
        var nearest = [node]
        while !nearest.isEmpty {
            nearest = nearest.flatMap { all[$0] ?? [] }.map(\.caller).filter { seen.insert($0).inserted }
            found += nearest
        }
        return found
    }

    private func faults(of node: String, from: Int64, until: Int64) -> [EvidenceFault] {
        var kinds: [EvidenceFault] = []
        for fault in faults[node] ?? [] where fault.at / 1_000_000_000 >= from && fault.at / 1_000_000_000 <= until {
            if let index = kinds.firstIndex(where: { $0.name == fault.name && $0.text == fault.text }) {
                kinds[index].count += 1
                kinds[index].trace = fault.trace
            } else {
                kinds.append(EvidenceFault(name: fault.name, text: fault.text, count: 1, trace: fault.trace))
            }
        }
        return Array(kinds.sorted { ($1.count, $0.name, $0.text) < ($0.count, $1.name, $1.text) }.prefix(8))
    }
}

extension TraceSpan {
    /// Whom a client's span called where that peer sends no spans of its own.
    var outsidePeer: String? {
        guard kind == "client" || kind == "producer" else { return nil }
        func value(_ name: String) -> String? { attributes.first { $0.name == name }?.value }
        if let engine = value("db.system.name") ?? value("db.system") {
            return value("db.namespace").map { "\(engine) \($0)" } ?? engine
        }
        if let peer = value("peer.service") { return peer }
        if let address = value("server.address") { return value("server.port").map { "\(address):\($0)" } ?? address }
        return value("messaging.destination.name")
    }
}
