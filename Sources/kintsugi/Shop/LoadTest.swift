import Audit
import Glibc
import Load
import Store

/// Runs the load generator, and reads in the tables when each order was decided.
struct LoadTest {
    let plan: LoadPlan
    let ordersFile: String
    /// Where the ids of what was answered 201 go, one a line; nil for nowhere.
    let idsFile: String?

    func run(progress: (LoadRun.Progress) -> Void) throws -> LoadResult {
        let run = try LoadRun(plan)
        var result = try run.run(progress: progress)
        if let idsFile { try write(run.placed.map(\.id), to: idsFile) }
        try? confirm(run.placed, &result)
        return result
    }

    private func write(_ ids: [String], to path: String) throws {
        guard let file = fopen(path, "w") else { throw Failure("\(path): \(String(cString: strerror(errno)))") }
        defer { fclose(file) }
        for id in ids { fputs(id + "\n", file) }
        guard fflush(file) == 0 else { throw Failure("\(path): \(String(cString: strerror(errno)))") }
    }

    /// Waits until no placed order is undecided, or for ten seconds; then reads when each was decided.
    private func confirm(_ placed: [PlacedOrder], _ result: inout LoadResult) throws {
        guard access(ordersFile, R_OK) == 0 else { return }
        let undecided = "SELECT count(*) FROM orders WHERE status = 'PENDING_INVENTORY'"
        for _ in 0..<100 {
            let left = try Inspection.read(ordersFile) {
                try $0.first(undecided) { try $0.value(0, as: Int.self) } ?? 0
            }
            if left == 0 { break }
            poll(nil, 0, 100)
        }
        var record = LatencyRecord()
        var (confirmed, cancelled) = (0, 0)
        try Inspection.read(ordersFile) { connection in
            for order in placed {
                let row = try connection.first(
                    "SELECT status, updated_at FROM orders WHERE id = ?", order.id
                ) { (try $0.value(0, as: String.self), try $0.value(1, as: Int64.self)) }
                guard let (status, decided) = row else { continue }
                if status == "CONFIRMED" {
                    confirmed += 1
                    record.record(decided - order.due)
                } else if status == "CANCELLED" {
                    cancelled += 1
                }
            }
        }
        result.confirm = LoadResult.Times(record)
        result.confirmed = confirmed
        result.cancelled = cancelled
    }
}
