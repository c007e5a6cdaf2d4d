import Audit
import Bench
import Contracts
import Glibc
import Host
import Load
import Store
import Worker

/// Measures the shop as it is shipped: a cluster of its own, load on schedule, what it costs, and the floor in the same run.
struct ShopBench {
    struct Process: Encodable {
        let role: String
        /// Of one core, for each accepted order.
        let microsecondsPerOrder: Double
        let cores: Double
        let memoryMebibytes: Double
    }
    struct Stage: Encodable {
        let rate: Int
        let load: LoadResult
        let processes: [Process]
        /// Of the statements' floor.
        let ratio: Double
        let auditHolds: Bool
    }
    struct Result: Encodable {
        let floor: ShopFloor.Result
        let stages: [Stage]
        let memoryMebibytes: Double
    }

    let rate: Int
    let seconds: Int
    let configuration: String

    private static let quietRate = 1_000

    func run(progress: @Sendable @escaping (String) -> Void) throws -> Result {
        let folder = try TemporaryFolder.make()
        let places = Places(data: folder)
        let client = ControlClient(places: places)
        // Ports that nothing else of this host is likely to have.
        let offset = 10_000 + Int(getpid()) % 10_000
        let request = UpRequest(places: places, configuration: configuration, portOffset: offset)
        progress("a cluster of its own")
        _ = try Launching(request: request, client: client).detached { _ in }
        defer {
            if let guardian = try? client.status().guardian, (try? client.ask(.shutdown, patience: .seconds(60))) != nil
            {
                _ = try? wait(forEndOf: guardian, atMost: .seconds(30))
            }
            TemporaryFolder.remove(folder)
        }
        let seeding = Seeding(client: try ShopClient(places), products: 100, stock: 1_000_000_000, customers: 100)
        _ = try waiting { try await seeding.run(progress: progress) }
        progress("the statements alone")
        let floor = try ShopFloor(folder: folder, schema: schema(places)).run(seconds: Double(min(seconds, 10)))
        var stages: [Stage] = []
        for rate in [Self.quietRate, rate] {
            stages.append(try stage(rate, places, client, floor, progress))
        }
        let memory = stages.last?.processes.reduce(0) { $0 + $1.memoryMebibytes } ?? 0
        return Result(floor: floor, stages: stages, memoryMebibytes: memory)
    }

    private func schema(_ places: Places) throws -> ShopFloor.Schema {
        func statements(_ service: String) throws -> [String] {
            try Inspection.read(ServiceStore.file(of: service, data: places.data)) { connection in
                try connection.all("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'") {
                    try $0.value(0, as: String.self)
                }
            }
        }
        return ShopFloor.Schema(orders: try statements("orders"), inventory: try statements("inventory"))
    }

    private func stage(
        _ rate: Int, _ places: Places, _ client: ControlClient, _ floor: ShopFloor.Result,
        _ progress: @Sendable (String) -> Void
    ) throws -> Stage {
        let shop = try ShopClient(places)
        let door = try shop.door("orders")
        let plan = LoadPlan(
            address: door.address, port: door.port, key: shop.key, rate: Double(rate), seconds: Double(seconds),
            customers: 100, products: 100, skew: 1, seed: UInt64(rate))
        let before = try readings(client)
        let test = LoadTest(plan: plan, ordersFile: ServiceStore.file(of: "orders", data: places.data), idsFile: nil)
        let load = try test.run { progress("\(rate) orders a second: \($0.accepted) accepted") }
        let after = try readings(client)
        let processes = after.compactMap { reading -> Process? in
            guard let earlier = before.first(where: { $0.pid == reading.pid }) else { return nil }
            let used = reading.processorSeconds - earlier.processorSeconds
            return Process(
                role: reading.role, microsecondsPerOrder: used * 1e6 / Double(max(load.accepted, 1)),
                cores: used / load.seconds, memoryMebibytes: reading.memory)
        }
        let audit = ShopAudit(
            ShopFiles(
                orders: ServiceStore.file(of: "orders", data: places.data),
                inventory: ServiceStore.file(of: "inventory", data: places.data),
                carrier: ServiceStore.file(of: "carrier", data: places.data)))
        progress("the audit")
        var patience = 300
        while try audit.waiting() > 0, patience > 0 {
            // The pace of looking; what is waited for is that nothing waits.
            poll(nil, 0, 100)
            patience -= 1
        }
        let holds = try audit.check().allSatisfy(\.holds) && audit.waiting() == 0
        return Stage(
            rate: rate, load: load, processes: processes, ratio: load.acceptedPerSecond / floor.ordersPerSecond,
            auditHolds: holds)
    }

    private struct Reading {
        let role: String
        let pid: Int32
        let processorSeconds: Double
        let memory: Double
    }

    private func readings(_ client: ControlClient) throws -> [Reading] {
        try client.status().slots.compactMap { slot in
            guard let pid = slot.pid, let stat = ProcessFiles.text("/proc/\(pid)/stat"),
                let end = stat.lastIndex(of: ")")
            else { return nil }
            let fields = stat[end...].split(separator: " ")
            guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else { return nil }
            let pages = ProcessFiles.text("/proc/\(pid)/smaps_rollup") ?? ""
            let pss = pages.split(separator: "\n").first { $0.hasPrefix("Pss:") }?.split(separator: " ").dropFirst()
                .first
            return Reading(
                role: slot.role, pid: pid, processorSeconds: (user + system) / Double(sysconf(Int32(_SC_CLK_TCK))),
                memory: (pss.flatMap { Double($0) } ?? 0) / 1_024)
        }
    }
}

/// The figures for people.
struct ShopBenchReport {
    let result: ShopBench.Result

    var text: String {
        let floor = result.floor
        var lines = [
            "the statements alone, in transactions of a hundred: \(Int(floor.ordersPerSecond)) orders/s, "
                + "\(one(floor.microsecondsPerOrder)) µs of processor each"
        ]
        for stage in result.stages {
            let cores = stage.processes.filter { $0.role == "orders" || $0.role == "inventory" }.reduce(0) {
                $0 + $1.cores
            }
            lines.append("")
            lines.append(
                "\(stage.rate) orders/s asked for: \(one(stage.load.acceptedPerSecond)) accepted, \(two(stage.ratio)) of "
                    + "the floor; both services use \(two(cores)) cores; audit \(stage.auditHolds ? "holds" : "BROKEN")"
            )
            lines.append(LoadReport(result: stage.load).text.trimmed)
            lines.append(
                "µs of processor an order: "
                    + stage.processes.map { "\($0.role) \(one($0.microsecondsPerOrder))" }.joined(separator: ", "))
        }
        lines.append("")
        lines.append("memory of all processes after it: \(one(result.memoryMebibytes)) MiB (PSS)")
        return lines.joined(separator: "\n") + "\n"
    }
}

extension String {
    fileprivate var trimmed: String {
        var text = Substring(self)
        while text.last == "\n" { text = text.dropLast() }
        return String(text)
    }
}
