import Glibc

/// Whom the spans blame: a service whose own work takes longer, or at whose door all calls wait.
///
/// The time that a call spends between the caller's wait and the callee's work belongs to both ends. It is the callee's
/// in so far as all who call it wait, and the caller's in so far as it waits for all whom it calls.
struct TraceBlame {
    /// A service's part of what takes longer than before, and why.
    struct Part {
        var node: String
        var share: Double
        /// From 0 to 1: how clearly what it is blamed for takes longer than before.
        var clarity: Double
        /// The share of what takes longer that it has anything to do with.
        var involved: Double
        var reason: String
    }

    private struct Sum {
        var name: String
        var other = ""
        var expected = 0.0
        var excess = 0.0
        var spans = 0.0

        /// From 0, as before, to 1, eight times as long.
        var slowness: Double {
            guard expected > 0, excess > 0 else { return 0 }
            return min(1, log2(1 + excess / expected) / 3)
        }
    }

    /// A caller of a single callee is less likely the cause than that callee.
    private static let onlyCall = 0.7
    /// So many spans are half as clear as very many.
    private static let enoughSpans = 10.0
    private static let leastSpans = 2.0

    private(set) var parts: [Part] = []
    /// From 0 to 1: whether the time in all grew enough to mean something.
    private(set) var significance = 0.0

    init(_ evidence: [TraceEvidence]) {
        let (own, edges) = Self.sums(evidence)
        let total = own.reduce(0) { $0 + $1.excess } + edges.reduce(0) { $0 + $1.excess }
        let expected = own.reduce(0) { $0 + $1.expected } + edges.reduce(0) { $0 + $1.expected }
        guard total > 0, expected > 0 else { return }
        significance = min(1, log2(1 + total / expected))
        var nodes = own.map(\.name) + edges.map(\.name) + edges.map(\.other)
        nodes = TraceBlame.unique(nodes.sorted())
        for node in nodes { parts.append(Self.part(of: node, own: own, edges: edges, total: total)) }
    }

    private static func part(of node: String, own: [Sum], edges: [Sum], total: Double) -> Part {
        let (incoming, outgoing) = (edges.filter { $0.other == node }, edges.filter { $0.name == node })
        func fraction(_ sums: [Sum]) -> Double {
            sums.isEmpty ? 0 : sums.reduce(0) { $0 + $1.slowness } / Double(sums.count)
        }
        let arriving = fraction(incoming)
        let leaving = fraction(outgoing) * (outgoing.count == 1 ? onlyCall : 1)
        let working = own.first { $0.name == node }
        let waits = (
            calls: incoming.reduce(0) { $0 + $1.excess } * arriving,
            called: outgoing.reduce(0) { $0 + $1.excess } * leaving,
            own: (working?.excess ?? 0) * (working?.slowness ?? 0)
        )
        let spans = (incoming + outgoing).reduce(working?.spans ?? 0) { $0 + $1.spans }
        let slowest = max(arriving, leaving, working?.slowness ?? 0)
        let touched = (incoming + outgoing).reduce(working?.excess ?? 0) { $0 + $1.excess }
        let blame = waits.calls + waits.called + waits.own
        let reason: String
        if waits.calls >= max(waits.called, waits.own) {
            reason = "calls to it wait \(Figures.seconds(incoming.reduce(0) { $0 + $1.excess })) longer in all"
        } else if waits.called >= waits.own {
            reason = "its calls wait \(Figures.seconds(outgoing.reduce(0) { $0 + $1.excess })) longer in all"
        } else {
            reason = "its own work takes \(Figures.seconds(working?.excess ?? 0)) longer in all"
        }
        return Part(
            node: node, share: min(1, blame / total), clarity: slowest * spans / (spans + enoughSpans),
            involved: min(1, touched / total), reason: reason)
    }

    private static func sums(_ evidence: [TraceEvidence]) -> (own: [Sum], edges: [Sum]) {
        var own: [Sum] = []
        var edges: [Sum] = []
        for one in evidence where one.before.count > 0 && one.after.count >= leastSpans {
            let isOwn = one.peer == nil
            var sum = Sum(name: one.service, other: one.peer ?? "")
            let list = isOwn ? own : edges
            if let last = list.last, last.name == sum.name, last.other == sum.other {
                sum = last
                if isOwn { own.removeLast() } else { edges.removeLast() }
            }
            sum.spans += one.after.count
            sum.expected += one.before.mean * one.after.count
            sum.excess += max(0, one.after.mean - one.before.mean) * one.after.count
            if isOwn { own.append(sum) } else { edges.append(sum) }
        }
        return (own, edges)
    }

    /// A sorted list without repetitions.
    static func unique(_ sorted: [String]) -> [String] {
        var result: [String] = []
        for name in sorted where result.last != name { result.append(name) }
        return result
    }
}

/// Figures as a person reads them.
enum Figures {
    static func seconds(_ seconds: Double) -> String {
        if abs(seconds) >= 100 { return "\(Int(seconds.rounded())) s" }
        if abs(seconds) >= 1 { return "\(short(seconds)) s" }
        return "\(short(seconds * 1_000)) ms"
    }

    /// Three digits that count.
    static func short(_ number: Double) -> String {
        guard number.isFinite, number != 0 else { return number == 0 ? "0" : "\(number)" }
        let scale = pow(10, 2 - floor(log10(abs(number))))
        let rounded = scale.isFinite && scale > 0 ? (number * scale).rounded() / scale : number
        return rounded == rounded.rounded() && abs(rounded) < 1e15 ? "\(Int(rounded))" : "\(rounded)"
    }
}
