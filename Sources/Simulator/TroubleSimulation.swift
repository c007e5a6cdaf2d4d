public import Contracts
import Glibc

/// Troubles as they happen to a shop, each as the evidence of its minutes shows it: what a diagnosis of them came to is
/// counted, and says how far a diagnosis is to be believed.
///
/// The same seed gives the same troubles. Which kind and where is drawn; so are its size, what else moves at the time,
/// which changes are innocent, and which signals are missing.
public struct TroubleSimulation: Sendable {
    /// Evidence, and what is true.
    public struct Episode: Sendable {
        public var evidence: Evidence
        public var node: String
        public var category: String
    }

    private enum Kind: String, CaseIterable {
        case codeBug = "Code_Bug"
        case configuration = "Config_Error"
        case permission = "Permission_Issue"
        case resource = "Resource_Limit"
        case outside = "External_Dependency"
    }

    private static let calls = [
        ("shop", "orders"), ("orders", "inventory"), ("orders", "payments"), ("orders", "carrier"),
        ("payments", "bank"),
    ]
    private static let own = ["shop", "orders", "inventory", "payments"]
    private static let outside = ["carrier", "bank"]
    private static let steps = 66
    private static let step = 10.0

    public let seed: UInt64

    public init(seed: UInt64) { self.seed = seed }

    /// The trouble of a number.
    public func episode(_ number: Int) -> Episode {
        var chance = Chance(seed: seed &+ UInt64(number) &* 0x9E37_79B9)
        let kind = Kind.allCases[Int.random(in: 0..<Kind.allCases.count, using: &chance)]
        let nodes = kind == .outside ? Self.outside : Self.own
        let node = nodes[Int.random(in: 0..<nodes.count, using: &chance)]
        var scene = Draft(chance: chance, kind: kind.rawValue, node: node)
        scene.draw(isResource: kind == .resource, isOutside: kind == .outside)
        scene.speak(kind)
        scene.change(kind)
        return Episode(evidence: scene.evidence, node: node, category: kind.rawValue)
    }

    /// Evidence in the making.
    private struct Draft {
        var chance: Chance
        var evidence: Evidence
        let node: String
        /// How strongly it shows, and since which step.
        let size: Double
        let onset: Int
        let start = Int64.seconds(1_900_000_000)

        init(chance: Chance, kind: String, node: String) {
            var chance = chance
            self.node = node
            size = exp(Double.random(in: -2.5...1, using: &chance))
            onset = Int.random(in: 52...61, using: &chance)
            let until = start + Int64(Double(steps) * step * 1e9)
            evidence = Evidence(scope: EvidenceScope(from: start), from: start, until: until)
            evidence.onset = start + Int64(Double(onset) * step * 1e9)
            self.chance = chance
        }

        mutating func random(_ least: Double, _ most: Double) -> Double {
            Double.random(in: least...most, using: &chance)
        }
        mutating func isDrawn(_ odds: Double) -> Bool { Double.random(in: 0..<1, using: &chance) < odds }

        private mutating func series(
            _ name: String, _ metric: String, calm: Double, spread: Double, trouble: Double, limit: Double? = nil
        ) {
            guard !isDrawn(0.08) else {
                evidence.missing.append(MissingSignal("\(metric) of \(name)", "it was not heard"))
                return
            }
            let stray = isDrawn(0.04) ? random(2, 6) * spread : 0
            let from = Int.random(in: 0..<TroubleSimulation.steps, using: &chance)
            let points = (0..<TroubleSimulation.steps).map { index -> Double? in
                var value = calm + spread * (random(-1, 1) + random(-1, 1))
                if index >= onset { value += trouble * min(1, Double(index - onset + 1) / 2) }
                if index >= from { value += stray }
                return max(0, value)
            }
            var series = EvidenceSeries(
                node: name, metric: metric, unit: "", start: start, step: TroubleSimulation.step, points: points)
            series.limit = limit
            evidence.series.append(series)
        }

        /// The numbers: what fails, fails its callers too.
        mutating func draw(isResource: Bool, isOutside: Bool) {
            let isSlow = isDrawn(0.4)
            for name in TroubleSimulation.own + (isOutside && isDrawn(0.5) ? TroubleSimulation.outside : []) {
                let reach = distance(to: name)
                let share = reach.map { pow(0.7, Double($0)) } ?? 0
                let failing = isSlow ? 0 : 12 * size * share
                series(name, "http.server.errors:rate", calm: 0.2, spread: 0.1, trouble: failing)
                series(
                    name, "http.server.request.duration:mean", calm: 0.02, spread: 0.003,
                    trouble: isSlow ? 0.3 * size * share : 0.01 * size * share)
                series(
                    name, "http.server.requests:rate", calm: 50, spread: 4, trouble: isDrawn(0.2) ? random(-20, 25) : 0)
                let isHere = isResource && name == node
                series(
                    name, "process.memory.usage", calm: 3e7, spread: 5e5, trouble: isHere ? random(2e7, 6e7) : 0,
                    limit: 1e8)
                series(
                    name, "process.cpu.time:rate", calm: 0.2, spread: 0.03, trouble: isHere && isDrawn(0.5) ? 0.6 : 0)
                let after = CallFigures(
                    calls: 500, errors: failing * 10, seconds: 0.02 + (isSlow ? 0.3 * size * share : 0),
                    ownSeconds: 0.01 + (isSlow && name == node ? 0.3 * size : 0))
                if !isDrawn(0.15) {
                    evidence.services.append(
                        EvidenceService(
                            node: name, before: CallFigures(calls: 3_000, errors: 6, seconds: 0.02, ownSeconds: 0.01),
                            after: after))
                }
            }
            for (caller, callee) in TroubleSimulation.calls where !isDrawn(0.1) {
                let share = distance(to: callee).map { pow(0.7, Double($0)) } ?? 0
                evidence.edges.append(
                    EvidenceEdge(
                        caller: caller, callee: callee,
                        before: CallFigures(calls: 1_000, errors: 2, seconds: 0.01, ownSeconds: 0.01),
                        after: CallFigures(
                            calls: 200, errors: isSlow ? 0 : 100 * min(1, size) * share,
                            seconds: 0.01 + (isSlow ? 0.3 * size * share : 0), ownSeconds: 0.01)))
            }
        }

        /// How many calls lie between a caller and the culprit; nil where none lead there.
        private func distance(to name: String) -> Int? {
            var ring = [node]
            var seen = [node]
            var far = 0
            while !ring.isEmpty {
                if ring.contains(name) { return far }
                ring = TroubleSimulation.calls.filter { ring.contains($0.1) && !seen.contains($0.0) }.map(\.0)
                seen += ring
                far += 1
            }
            return nil
        }

        /// What the logs say, if they say anything of it.
        mutating func speak(_ kind: Kind) {
            let lines: [String]
            switch kind {
            case .codeBug:
                lines = [
                    "unhandled exception in total of <*>", "assertion failed: price below <*>", "cannot read order <*>",
                    "request <*> failed",
                ]
            case .configuration:
                lines = [
                    "timed out after <*> ms", "unknown host <*>", "invalid value for <*>", "connection refused by <*>",
                ]
            case .permission:
                lines = ["denied: <*> may not call <*>", "401 from <*>", "key <*> is not known", "request <*> failed"]
            case .resource:
                lines = [
                    "no space left on device", "the queue is full", "cannot allocate <*> bytes",
                    "request <*> took <*> ms",
                ]
            case .outside:
                lines = [
                    "<*> answered 503", "timed out waiting for <*>", "connection reset by <*>",
                    "unexpected answer of <*>",
                ]
            }
            let speaker = kind == .outside ? (TroubleSimulation.calls.first { $0.1 == node }?.0 ?? node) : node
            if !isDrawn(0.25) {
                let text = lines[Int.random(in: 0..<lines.count, using: &chance)]
                message(speaker, isDrawn(0.7) ? "error" : "warning", text, after: 30 * size)
            }
            if isDrawn(0.3) {
                message(
                    TroubleSimulation.own[Int.random(in: 0..<4, using: &chance)], "warning", "slow answer to <*>",
                    after: random(0, 5))
            }
            if kind == .resource, isDrawn(0.4) {
                evidence.processes.append(
                    ProcessNotice(
                        .died, role: node, slot: "\(node)@local.1",
                        reason: isDrawn(0.6) ? "killed at its memory limit" : "killed by signal 9 (KILL)",
                        isOwnFault: true, at: evidence.onset ?? start))
            }
        }

        private mutating func message(_ name: String, _ level: String, _ text: String, after: Double) {
            evidence.messages.append(
                EvidenceMessage(
                    node: name, level: level, template: text, before: 0, after: after,
                    firstSeen: evidence.onset ?? start))
        }

        /// What was changed, by whom it may be; and what has nothing to do with it.
        mutating func change(_ kind: Kind) {
            let isTold = !isDrawn(0.2)
            let before = Int64(random(2, 60) * 1e9)
            switch kind {
            case .codeBug where isTold: notice(.deploy, node, "version \(Int(random(100, 999)))", before: before)
            case .configuration where isTold:
                notice(.configuration, node, "time-out and address of a peer", before: before)
            case .permission where isTold:
                notice(.configuration, node, isDrawn(0.7) ? "acl: what \(node) may call" : "keys", before: before)
            default: break
            }
            if isDrawn(0.3) {
                let other = TroubleSimulation.own[Int.random(in: 0..<4, using: &chance)]
                notice(
                    isDrawn(0.5) ? .deploy : .configuration, other, "something else",
                    before: Int64(random(1, 500) * 1e9))
            }
        }

        private mutating func notice(_ kind: ChangeNotice.Kind, _ name: String, _ text: String, before: Int64) {
            let at = (evidence.onset ?? start) - before
            evidence.changes.append(
                ChangeNotice(
                    id: "c\(evidence.changes.count)", kind: kind, nodes: [name], text: text, author: "somebody", at: at)
            )
        }
    }
}
