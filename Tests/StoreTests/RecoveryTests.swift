import Glibc
import Synchronization
import Testing

@testable import Store

@Suite struct RecoveryTests {
    private func copied(_ folder: Folder, _ database: [UInt8], _ log: [UInt8]) async throws -> [Int] {
        put(database, to: folder.file)
        put(log, to: folder.file + "-wal")
        let store = try await open(folder)
        defer { Task { await store.close() } }
        #expect(store.state == .writer)
        #expect(try await store.integrityFaults() == [])
        return try await store.numbers()
    }

    @Test("after a power loss at any step of a commit the file holds exactly what was committed before it")
    func steps() async throws {
        let folder = try Folder()
        var plan = plan(folder)
        plan.limits.logPages = 20
        let store = try await Store.open(plan)
        let afterCommit = Mutex<([UInt8], [UInt8])>(([], []))
        let file = folder.file
        store.shared.onCommit { _ in afterCommit.withLock { $0 = (bytes(of: file), bytes(of: file + "-wal")) } }
        for number in 1...40 {
            // On the writer's thread, so that nothing moves while it is copied.
            let inside = try await store.write { context in
                try context.run("INSERT INTO rows VALUES (?, ?)", number, String(repeating: "x", count: 3_000))
                try context.send(OutboxMessage(target: "there", type: "t", body: []))
                return (bytes(of: file), bytes(of: file + "-wal"))
            }
            guard number % 8 == 0 else { continue }
            let after = afterCommit.withLock { $0 }
            let before = try await copied(try Folder(), inside.0, inside.1)
            #expect(before == Array(1..<number))
            #expect(try await copied(try Folder(), after.0, after.1) == Array(1...number))
        }
        await store.close()
    }

    @Test("a log that is torn anywhere opens with a whole prefix of the commits")
    func tornLog() async throws {
        let folder = try Folder()
        var plan = plan(folder)
        plan.limits.quiet = .seconds(3_600)
        let store = try await Store.open(plan)
        for number in 1...60 { try await store.insert(number) }
        let (database, log) = (bytes(of: folder.file), bytes(of: folder.file + "-wal"))
        await store.close()
        var chance = SystemRandomNumberGenerator()
        var longest = 0
        for _ in 1...20 {
            let cut = Int.random(in: log.count / 2...log.count, using: &chance)
            let numbers = try await copied(try Folder(), database, Array(log[..<cut]))
            #expect(numbers == Array(1..<(numbers.count + 1)), "cut at \(cut) of \(log.count)")
            longest = max(longest, numbers.count)
        }
        #expect(longest > 0)
    }

    @Test("when the writer is killed the next gets the lease, and finds all that was answered")
    func takeOver() async throws {
        let folder = try Folder()
        let child = try Child("write", folder.file)
        #expect(await child.line() == "1")
        let store = try await open(folder)
        #expect(store.state == .replica)
        var answered = 1
        while answered < 50, let line = await child.line() { answered = Int(line) ?? answered }
        child.signal(SIGKILL)
        #expect(await child.end() == -SIGKILL)
        while let line = await child.line() { answered = Int(line) ?? answered }
        #expect(await store.reaches(.writer))
        let numbers = try await store.numbers()
        #expect(numbers == Array(1...numbers.count))
        #expect(numbers.count >= answered)
        try await store.insert(numbers.count + 1)
        await store.close()
    }

    @Test("who hands over writes through the next at once, and loses nothing of what came meanwhile")
    func handOver() async throws {
        let folder = try Folder()
        let next = Mutex<Store?>(nil)
        var leaving = plan(folder)
        leaving.forward = { writes in
            guard let next = next.withLock({ $0 }) else { throw StoreError.notTheWriter(file: "") }
            return try await next.apply(writes)
        }
        let first = try await Store.open(leaving)
        let second = try await open(folder)
        next.withLock { $0 = second }
        #expect(first.state == .writer && second.state == .replica)
        func named(_ store: Store) -> WriteCommand<Int, Bool> {
            store.register("insert") { context, number in
                try context.run("INSERT INTO rows VALUES (?, 'row')", number)
                return true
            }
        }
        let (insert, _) = (named(first), named(second))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...200 { group.addTask { _ = try await insert(number) } }
            group.addTask { await first.handOver() }
            try await group.waitForAll()
        }
        #expect(await second.reaches(.writer))
        #expect(first.state == .replica)
        _ = try await insert(201)
        #expect(try await first.numbers() == Array(1...201))
        // It is for good: the lease does not come back to who is leaving.
        await second.close()
        #expect(await fault { try await first.insert(300) } == .notTheWriter(file: folder.file))
        await first.close()
        let last = try await open(folder)
        #expect(try await last.numbers() == Array(1...201))
        await last.close()
    }

    @Test("a backup made under load is whole, and restoring it brings that moment back")
    func backup() async throws {
        let folder = try Folder()
        let store = try await open(folder)
        for number in 1...200 { try await store.insert(number, String(repeating: "x", count: 4_000)) }
        let copy = folder.path + "/copy.sqlite"
        let stop = Atomic<Bool>(false)
        async let last: Int = {
            var number = 200
            repeat {
                number += 1
                try await store.insert(number)
            } while !stop.load(ordering: .relaxed)
            return number
        }()
        try await store.backup(to: copy)
        stop.store(true, ordering: .relaxed)
        let total = try await last
        #expect(try await store.numbers().count == total)
        #expect(await fault { try Backup.restore(copy, to: folder.file) } != nil)
        await store.close()
        try Backup.restore(copy, to: folder.file)
        let restored = try await open(folder)
        let numbers = try await restored.numbers()
        #expect(numbers == Array(1...numbers.count))
        #expect((200...total).contains(numbers.count))
        #expect(try await restored.integrityFaults() == [])
        try await restored.insert(10_000)
        await restored.close()
        #expect(folder.names.contains("test.sqlite.before-restore"))
        #expect(!folder.names.contains { $0.hasSuffix(".part") })
    }

    @Test("a damaged page is told, other pages are read on, and it is not taken as a backup")
    func damage() async throws {
        let folder = try Folder()
        let migrations = rows + [Migration(2, "others", "CREATE TABLE others (number INTEGER PRIMARY KEY) STRICT")]
        var store = try await Store.open(plan(folder, migrations))
        for number in 1...50 { try await store.insert(number, String(repeating: "x", count: 2_000)) }
        try await store.write { try $0.run("INSERT INTO others VALUES (7)") }
        let root = try await store.read {
            try $0.first("SELECT rootpage FROM sqlite_schema WHERE name = 'rows'") { try $0.value(0, as: Int.self) }
        }
        await store.close()
        var content = bytes(of: folder.file)
        for offset in 0..<4_096 { content[((root ?? 1) - 1) * 4_096 + offset] = 0xA5 }
        put(content, to: folder.file)
        store = try await Store.open(plan(folder, migrations))
        guard case .engine(let found) = await fault({ _ = try await store.numbers() }) else {
            Issue.record("a damaged page was read")
            return
        }
        #expect(found.kind == .damaged)
        #expect(store.health.damaged != nil)
        let other = try await store.read { try $0.first("SELECT number FROM others") { try $0.value(0, as: Int.self) } }
        #expect(other == 7)
        let copy = folder.path + "/copy.sqlite"
        #expect(await fault { try await store.backup(to: copy) } != nil)
        #expect(access(copy, F_OK) != 0)
        await store.close()
    }

    @Test("a file that is replaced underneath takes no writes")
    func replaced() async throws {
        let folder = try Folder()
        let store = try await open(folder)
        try await store.insert(1)
        rename(folder.file, folder.path + "/moved.sqlite")
        #expect(await fault { try await store.insert(2) } == .replaced(file: folder.file))
        rename(folder.path + "/moved.sqlite", folder.file)
        try await store.insert(2)
        #expect(try await store.numbers() == [1, 2])
        await store.close()
    }

    @Test("a file that may not be written is read, and writes are refused with the reason")
    func readOnly() async throws {
        let folder = try Folder()
        let store = try await open(folder)
        try await store.insert(1)
        await store.close()
        chmod(folder.path, 0o755)
        chmod(folder.file, 0o644)
        unlink(folder.file + ".lease")
        // Where a log cannot be made a reader needs the one that is there.
        let holder = try Connection(folder.file, .writer)
        _ = try holder.first("SELECT count(*) FROM rows") { try $0.value(0, as: Int.self) }
        for suffix in ["-wal", "-shm"] { chmod(folder.file + suffix, 0o644) }
        let child = try Child("unprivileged", folder.file)
        if getuid() == 0 {
            #expect(await child.line() == "read 1")
            #expect(await child.line()?.contains("could not open") == true)
        }
        #expect(await child.end() == 0)
    }

    @Test("a missing folder is an error at once, and a file that is no database a state")
    func noStore() async throws {
        let error = await fault { _ = try await Store.open(StorePlan(file: "/nowhere/at/all", migrations: [])) }
        #expect(error == .file(path: "/nowhere/at", doing: "enter the folder", code: ENOENT))
        let folder = try Folder()
        put(Array(repeating: 65, count: 8_192), to: folder.file)
        let store = try await open(folder)
        guard case .failing(.engine(let found)) = store.state else {
            Issue.record("a file of letters was opened")
            return
        }
        #expect(found.kind == .damaged)
        #expect(await fault { try await store.insert(1) } != nil)
        put([], to: folder.file)
        #expect(await store.reaches(.writer))
        await store.close()
    }
}
