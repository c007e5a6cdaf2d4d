import Chaos
import Contracts
import Faults
import Forge
import Glibc
import Host
import Load
import Synchronization

/// A data folder of a cluster that does not run, with its repository, and whatever a test puts into it.
final class Site: Sendable {
    let data: String
    /// What the carrier's door was told last, and what it says of itself.
    let behaviour = Mutex("{\"mode\":\"good\",\"share\":100,\"delay_ms\":2000}")
    let processes = Mutex<[Int32]>([])
    let runs = Mutex(true)

    init() throws {
        data = try TemporaryFolder.make()
        mkdir("\(data)/first", 0o700)
        for name in ["cluster.yaml", "acl.yaml", "roles"] { try copy("config/\(name)", to: "\(data)/first/\(name)") }
        _ = try Repository.create(
            Repository.place(data: data), configuration: "\(data)/first", sources: nil,
            CommitNote(author: "operator", at: 1_700_000_000_000_000_000, title: "Begin"))
    }

    deinit { TemporaryFolder.remove(data) }

    /// What is shipped.
    private func copy(_ path: String, to target: String) throws {
        let root = #filePath.split(separator: "/").dropLast(3).map(String.init).joined(separator: "/")
        let source = "/\(root)/\(path)"
        if let text = ProcessFiles.text(source), !text.isEmpty { return try WholeFile.write(text, to: target) }
        mkdir(target, 0o700)
        for name in ProcessFiles.entries(source) where name.hasSuffix(".yaml") {
            try WholeFile.write(ProcessFiles.text("\(source)/\(name)") ?? "", to: "\(target)/\(name)")
        }
    }

    var repository: Repository { get throws { try Repository.open(Repository.place(data: data)) { _ in } } }

    func file(_ path: String) throws -> String {
        String(decoding: try repository.file("config/\(path)", at: "main"), as: UTF8.self)
    }

    var commits: Int { get throws { try repository.log(limit: 50).count } }

    var world: World {
        World(
            data: data, person: "operator", processes: { _, _ in self.processes.withLock { $0 } },
            ask: { method, service, path, body in
                guard service == "carrier", path == "/behaviour" else { return nil }
                return self.behaviour.withLock { text in
                    if method == "PUT" { text = String(decoding: body ?? [], as: UTF8.self) }
                    return (200, Array(text.utf8))
                }
            }, plan: { _, _ in throw ChaosFault.refused("no orders here") }, isRunning: { self.runs.withLock { $0 } })
    }

    func inject(_ steps: [FaultStep], _ name: String = "it", bell: Bell = Bell()) throws {
        try Injector(Self.fault(name, steps), world, bell: bell).inject()
    }

    @discardableResult
    func clear(_ name: String = "it") throws -> [Clearing.Result] { try Clearing(world).clear(name) }

    var records: [String] { UndoFolder(data: data).names }

    static func fault(_ name: String, _ steps: [FaultStep]) -> Fault {
        Fault(
            name: name, about: "x", category: Fault.control, mark: .nothing, traffic: .init(before: 0, after: 0),
            baselineSeconds: 1, withinSeconds: 1, steps: steps)
    }
}

/// Waits for a condition; false when it did not come.
func until(_ condition: () throws -> Bool) rethrows -> Bool {
    let end = MonotonicClock.now() + 10_000_000_000
    while MonotonicClock.now() < end {
        if try condition() { return true }
        // The pace of asking, and no wait for anything.
        poll(nil, 0, 10)
    }
    return try condition()
}
