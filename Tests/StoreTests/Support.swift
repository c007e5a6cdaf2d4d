import Glibc
import Signals
import Testing

@testable import Store

/// A folder of its own for each test.
final class Folder: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/kintsugi-store-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw StoreError.file(path: "/tmp", doing: "enter", code: errno) }
        path = String(cString: made)
    }

    deinit {
        for name in names { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    var file: String { "\(path)/test.sqlite" }

    var names: [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}

let rows = [Migration(1, "rows", "CREATE TABLE rows (number INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT")]

func plan(_ folder: Folder, _ migrations: [Migration] = rows) -> StorePlan {
    var plan = StorePlan(file: folder.file, migrations: migrations)
    plan.metrics = Metrics()
    return plan
}

func open(_ folder: Folder) async throws -> Store { try await Store.open(plan(folder)) }

extension Store {
    func insert(_ number: Int, _ text: String = "row") async throws {
        try await write { try $0.run("INSERT INTO rows VALUES (?, ?)", number, text) }
    }

    func numbers() async throws -> [Int] {
        try await read { try $0.all("SELECT number FROM rows ORDER BY number") { try $0.value(0) } }
    }

    func reaches(_ wanted: StoreState) async -> Bool {
        for await state in states() where state == wanted { return true }
        return false
    }
}

/// Waits until something holds; false after ten seconds.
func eventually(_ condition: () async throws -> Bool) async rethrows -> Bool {
    for _ in 0..<1_000 {
        if try await condition() { return true }
        // Polls for a condition with a deadline.
        try? await Task.sleep(for: .milliseconds(10))
    }
    return false
}

func bytes(of path: String) -> [UInt8] {
    guard let file = fopen(path, "r") else { return [] }
    defer { fclose(file) }
    var all: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = fread(&part, 1, part.count, file)
        guard count > 0 else { return all }
        all += part[..<count]
    }
}

func put(_ bytes: [UInt8], to path: String) {
    guard let file = fopen(path, "w") else { return }
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
}

/// The error that a piece of work ends with, if it is one of the store's.
func fault(_ work: () async throws -> Void) async -> StoreError? {
    do {
        try await work()
        return nil
    } catch { return error as? StoreError }
}
