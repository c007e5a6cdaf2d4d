import Insight

/// Reads log lines of a day's folder, as templates with counts.
struct LogTables {
    let folder: CaseFolder
    let name: String

    func evidence(normal: [String], now: [String]) throws -> [LogEvidence] {
        var miner = TemplateMiner()
        var lines: [(node: String, template: Int, gravity: LogGravity, isLate: Bool)] = []
        for (minutes, isLate) in [(normal, false), (now, true)] {
            for minute in minutes {
                let file = "\(name)/logs/\(minute).csv.gz"
                guard folder.exists(file) else { continue }
                let table = try folder.tableOnce(file)
                do {
                    let (service, message) = (try table.column("service"), try table.column("message"))
                    for row in table.rows.indices {
                        let text = table.text(row, message)
                        let gravity = Self.gravity(text)
                        // Notes are many and blame nobody.
                        guard gravity >= .warning else { continue }
                        let id = miner.add(text)
                        lines.append((table.text(row, service), id, gravity, isLate))
                    }
                } catch {
                    throw CommaSeparated.Mistake(description: "\(file): \(error)")
                }
            }
        }
        return Self.count(
            lines.map { ($0.node, miner.settled($0.template), $0.gravity, $0.isLate) }, miner, normal, now)
    }

    private struct Kind: Hashable, Comparable {
        var node: String
        var template: Int
        var gravity: Int

        static func < (left: Kind, right: Kind) -> Bool {
            (left.node, left.template, left.gravity) < (right.node, right.template, right.gravity)
        }
    }

    private static func count(
        _ lines: [(node: String, template: Int, gravity: LogGravity, isLate: Bool)], _ miner: TemplateMiner,
        _ normal: [String], _ now: [String]
    ) -> [LogEvidence] {
        var counts: [Kind: (before: Double, after: Double)] = [:]
        for line in lines {
            let kind = Kind(node: line.node, template: line.template, gravity: line.gravity.rawValue)
            if line.isLate {
                counts[kind, default: (0, 0)].after += 1
            } else {
                counts[kind, default: (0, 0)].before += 1
            }
        }
        return counts.keys.sorted().map { kind in
            let count = counts[kind] ?? (0, 0)
            return LogEvidence(
                node: kind.node, template: miner.template(kind.template)?.text ?? "",
                gravity: LogGravity(rawValue: kind.gravity) ?? .warning,
                before: count.before / Double(max(1, normal.count)), after: count.after / Double(max(1, now.count)))
        }
    }

    /// By the level that the line begins with, or by what it speaks of.
    static func gravity(_ line: String) -> LogGravity {
        let head = line.prefix(80)
        if head.contains("FATAL") || head.contains("CRIT") || head.contains("PANIC") { return .fatal }
        if head.contains("ERROR") || head.contains("SEVERE") { return .error }
        if head.contains("WARN") { return .warning }
        if head.contains("INFO") || head.contains("DEBUG") || head.contains("TRACE") { return .note }
        let lower = line.prefix(400).lowercased()
        return ["exception", "error", "panic", "fatal"].contains { lower.contains($0) } ? .error : .note
    }
}
