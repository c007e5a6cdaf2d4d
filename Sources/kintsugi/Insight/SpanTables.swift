import Insight

/// Reads spans, and sums of spans, of a day's folder.
struct SpanTables {
    let folder: CaseFolder
    let name: String
    let alert: Double

    struct Key: Hashable, Comparable {
        var service: String
        var peer: String
        var operation: String

        static func < (left: Key, right: Key) -> Bool {
            (left.service, left.peer, left.operation) < (right.service, right.peer, right.operation)
        }
    }

    /// Spans one by one: a row each.
    func evidence(normal: [String], now: [String]) throws -> [TraceEvidence] {
        let before = try sums(normal)
        let after = try sums(now)
        guard before.traces > 0, after.traces > 0 else { return [] }
        let keys = Set(before.byKey.keys).union(after.byKey.keys).sorted()
        return keys.map { key in
            TraceEvidence(
                service: key.service, peer: key.peer.isEmpty ? nil : key.peer, operation: key.operation,
                before: before.byKey[key] ?? SpanStatistics(count: 0, seconds: 0),
                after: after.byKey[key] ?? SpanStatistics(count: 0, seconds: 0),
                scale: Double(after.traces) / Double(before.traces))
        }
    }

    private typealias Sums = (byKey: [Key: SpanStatistics], traces: Int)

    private func sums(_ minutes: [String]) throws -> Sums {
        var sums: Sums = ([:], 0)
        for minute in minutes {
            let file = "\(name)/traces/\(minute).csv.gz"
            guard folder.exists(file) else { continue }
            try add(SpanTable(try folder.tableOnce(file), file), to: &sums)
        }
        return sums
    }

    private func add(_ spans: SpanTable, to sums: inout Sums) throws {
        let keys = spans.indices.map { spans.key($0) }
        var parental: Set<Key> = []
        for (index, key) in keys.enumerated() where spans.childSeconds[index] > 0 {
            parental.insert(Key(service: key.service, peer: "", operation: key.operation))
        }
        for (index, key) in keys.enumerated() {
            if spans.parents[index] == nil { sums.traces += 1 }
            // Where others of its kind have children and this one has none, they were lost on the way: what it did is
            // not known.
            guard spans.childSeconds[index] > 0 || !parental.contains(key) else { continue }
            sums.byKey[key, default: SpanStatistics(count: 0, seconds: 0)].count += 1
            sums.byKey[key, default: SpanStatistics(count: 0, seconds: 0)].seconds += max(
                0, spans.seconds[index] - spans.childSeconds[index])
        }
    }

    /// Sums a minute, a row for each operation of a service and its caller.
    func summaryEvidence() throws -> [TraceEvidence] {
        let file = "\(name)/trace_summary.csv.gz"
        let table = try SummaryTable(try folder.table(file), file)
        let last = DayReader.minuteOfDay(alert)
        let minutes = table.minutes.filter { $0 <= last }
        let (earlier, now) = (minutes.filter { $0 < last - 1 }, minutes.filter { $0 >= last - 1 })
        guard !earlier.isEmpty, !now.isEmpty else { return [] }
        let load = table.roots(now)
        // What is usual for a minute is what most minutes were, so that an incident among them is not taken for it.
        return table.keys.compactMap { key in
            let rows = earlier.map { table.statistics(key, $0) }
            let present = rows.filter { $0.count > 0 }
            guard !present.isEmpty else { return nil }
            let usual = Self.median(present.map(\.mean))
            let share = Self.median(
                zip(earlier, rows).map { minute, row in row.count / max(1, table.roots([minute])) })
            let after = now.map { table.statistics(key, $0) }
            let count = share * load
            return TraceEvidence(
                service: key.service, peer: key.peer.isEmpty ? nil : key.peer, operation: key.operation,
                before: SpanStatistics(count: count > 0 ? count : 1, seconds: usual * (count > 0 ? count : 1)),
                after: SpanStatistics(
                    count: after.reduce(0) { $0 + $1.count }, seconds: after.reduce(0) { $0 + $1.seconds }),
                scale: 1)
        }
    }

    static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return 0 }
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }
}

/// A table of spans.
private struct SpanTable {
    private let table: CommaSeparated
    private let service: Int
    private let operation: Int
    let parents: [Int?]
    let seconds: [Double]
    let childSeconds: [Double]
    /// The service of a child elsewhere: then a span is the wait for it.
    private let peers: [Int?]

    private static let mostSiblings = 32

    init(_ table: CommaSeparated, _ file: String) throws {
        self.table = table
        do {
            service = try table.column("service")
            operation = try table.column("operation")
            let (span, parent) = (try table.column("span"), try table.column("parent"))
            let (duration, start) = (try table.column("duration_us"), try table.column("start_us"))
            var rowBySpan: [[UInt8]: Int] = [:]
            for row in table.rows.indices where span < table.rows[row].count { rowBySpan[table.rows[row][span]] = row }
            var seconds: [Double] = []
            var starts: [Double] = []
            for row in table.rows.indices {
                seconds.append(try table.number(row, duration) / 1e6)
                starts.append(try table.number(row, start) / 1e6)
            }
            var (children, peers) = (
                Array(repeating: 0.0, count: seconds.count), [Int?](repeating: nil, count: seconds.count)
            )
            let parents = table.rows.map { parent < $0.count ? rowBySpan[$0[parent]] : nil }
            var siblings = [[Int]](repeating: [], count: seconds.count)
            for (row, parent) in parents.enumerated() {
                guard let parent, parent != row else { continue }
                children[parent] += seconds[row]
                siblings[parent].append(row)
                if table.rows[parent][service] != table.rows[row][service] { peers[parent] = row }
            }
            // Where calls do not block, what a span waits for is no child of it, but begins beside it within its time.
            for family in siblings where family.count > 1 && family.count <= Self.mostSiblings {
                for outer in family {
                    let end = starts[outer] + seconds[outer]
                    for inner in family where inner != outer && (starts[outer], outer) < (starts[inner], inner) {
                        children[outer] += max(0, min(end, starts[inner] + seconds[inner]) - starts[inner])
                    }
                }
            }
            (self.parents, self.seconds, childSeconds, self.peers) = (parents, seconds, children, peers)
        } catch {
            throw CommaSeparated.Mistake(description: "\(file): \(error)")
        }
    }

    var indices: Range<Int> { seconds.indices }

    func key(_ row: Int) -> SpanTables.Key {
        SpanTables.Key(
            service: table.text(row, service), peer: peers[row].map { table.text($0, service) } ?? "",
            operation: table.text(row, operation))
    }
}

/// A table of sums of spans: a row for each minute, caller, service and operation.
private struct SummaryTable {
    private var byKey: [SpanTables.Key: [Int: SpanStatistics]] = [:]
    private var rootsByMinute: [Int: Double] = [:]
    let minutes: [Int]
    let keys: [SpanTables.Key]

    init(_ table: CommaSeparated, _ file: String) throws {
        do {
            let (minute, caller) = (try table.column("minute"), try table.column("caller_service"))
            let (service, operation) = (try table.column("service"), try table.column("operation"))
            let (spans, own) = (try table.column("spans"), try table.column("self_mean_us"))
            var peers: [String: [(operation: String, callee: String)]] = [:]
            for row in table.rows.indices {
                let (from, to) = (table.text(row, caller), table.text(row, service))
                if from != to { peers[from, default: []].append((table.text(row, operation), to)) }
            }
            for row in table.rows.indices {
                guard let at = DayReader.minuteOfDay(table.text(row, minute)) else {
                    throw CommaSeparated.Mistake(
                        description:
                            "line \(table.lines[row]): expected a minute HH_MM, found \(table.text(row, minute))")
                }
                let (name, work) = (table.text(row, service), table.text(row, operation))
                // A span by the name of an operation that the service calls elsewhere is the wait for it.
                let peer = peers[name]?.first { $0.operation.hasSuffix(work) || work.hasSuffix($0.operation) }?.callee
                let key = SpanTables.Key(service: name, peer: peer ?? "", operation: work)
                let count = try table.number(row, spans)
                let seconds = count * (try table.number(row, own)) / 1e6
                byKey[key, default: [:]][at, default: SpanStatistics(count: 0, seconds: 0)].count += count
                byKey[key, default: [:]][at, default: SpanStatistics(count: 0, seconds: 0)].seconds += seconds
                if table.text(row, caller) == "-" { rootsByMinute[at, default: 0] += count }
            }
        } catch {
            throw CommaSeparated.Mistake(description: "\(file): \(error)")
        }
        keys = byKey.keys.sorted()
        minutes = Set(byKey.values.flatMap(\.keys)).sorted()
    }

    func statistics(_ key: SpanTables.Key, _ minute: Int) -> SpanStatistics {
        byKey[key]?[minute] ?? SpanStatistics(count: 0, seconds: 0)
    }

    /// Requests from outside.
    func roots(_ minutes: [Int]) -> Double { minutes.reduce(0) { $0 + (rootsByMinute[$1] ?? 0) } }
}
