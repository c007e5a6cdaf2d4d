import Signals
import Synchronization
import Testing

@testable import Store

@Suite struct WriterTests {
    @Test("writes that wait together share one commit, and each is answered after it")
    func groups() async throws {
        let folder = try Folder()
        let plan = plan(folder)
        let store = try await Store.open(plan)
        let commits = plan.metrics.counter("store.commits", help: "", labels: ["file": "test.sqlite"])
        let before = commits.value
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...200 { group.addTask { try await store.insert(number) } }
            try await group.waitForAll()
        }
        #expect(try await store.numbers() == Array(1...200))
        #expect((1...100).contains(commits.value - before))
        await store.close()
    }

    @Test("a part that fails is undone alone, with its messages; the others of its commit stay")
    func failingPart() async throws {
        let folder = try Folder()
        let store = try await open(folder)
        try await store.insert(50)
        let outcomes = await withTaskGroup(of: (Int, Bool).self) { group in
            for number in 1...100 {
                group.addTask {
                    let error = await fault {
                        try await store.write { context in
                            try context.send(OutboxMessage(target: "there", type: "t", body: []))
                            try context.run("INSERT INTO rows VALUES (?, 'before')", 1_000 + number)
                            try context.run("INSERT INTO rows VALUES (?, 'row')", number)
                        }
                    }
                    return (number, error == nil)
                }
            }
            var failed: [Int] = []
            for await (number, worked) in group where !worked { failed.append(number) }
            return failed
        }
        #expect(outcomes == [50])
        let numbers = try await store.numbers()
        #expect(numbers.count == 199)
        #expect(!numbers.contains(1_050))
        #expect(try await store.outboxCount() == 99)
        await store.close()
    }

    @Test("a part that ends the transaction fails, writes nothing outside it, and the store goes on")
    func brokenPart() async throws {
        let folder = try Folder()
        let store = try await open(folder)
        let error = await fault {
            try await store.write { context in
                try context.run("INSERT INTO rows VALUES (1, 'inside')")
                try context.run("ROLLBACK")
                try context.run("INSERT INTO rows VALUES (2, 'outside')")
            }
        }
        guard case .engine(let found) = error else { throw error ?? .closed(file: "") }
        #expect(found.message.contains("rolled back"))
        let swallowed = await fault {
            try await store.write { context in
                try context.run("ROLLBACK")
                _ = try? context.run("INSERT INTO rows VALUES (3, 'outside')")
            }
        }
        #expect(swallowed != nil)
        try await store.insert(4)
        #expect(try await store.numbers() == [4])
        await store.close()
    }

    @Test("more writes than may wait are refused at once")
    func overload() async throws {
        let folder = try Folder()
        var plan = plan(folder)
        plan.limits.waitingWrites = 8
        plan.limits.batch = 1
        let store = try await Store.open(plan)
        let refused = await withTaskGroup(of: StoreError?.self) { group in
            for number in 1...400 { group.addTask { await fault { try await store.insert(number) } } }
            return await group.reduce(into: [StoreError]()) { list, error in error.map { list.append($0) } }
        }
        #expect(!refused.isEmpty)
        #expect(refused.allSatisfy { if case .overloaded = $0 { true } else { false } })
        #expect(try await store.numbers().count == 400 - refused.count)
        await store.close()
    }

    @Test("readers see whole commits while writes go on, and hold nobody up")
    func concurrentReaders() async throws {
        let folder = try Folder()
        let store = try await open(folder)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for number in 1...300 {
                    try await store.write { context in
                        try context.run("INSERT INTO rows VALUES (?, 'a')", number * 2)
                        try context.run("INSERT INTO rows VALUES (?, 'b')", number * 2 + 1)
                    }
                }
            }
            for _ in 1...3 {
                group.addTask {
                    for _ in 1...100 {
                        let (first, second) = try await store.read { connection in
                            let count = "SELECT count(*) FROM rows"
                            return (
                                try connection.first(count) { try $0.value(0, as: Int.self) } ?? -1,
                                try connection.first(count) { try $0.value(0, as: Int.self) } ?? -1
                            )
                        }
                        #expect(first % 2 == 0)
                        #expect(first == second)
                    }
                }
            }
            try await group.waitForAll()
        }
        await store.close()
        #expect(folder.names == ["test.sqlite", "test.sqlite.lease"])
    }

    @Test("a full file refuses writes with its reason, undoes all of the commit, and goes on when there is room")
    func full() async throws {
        let folder = try Folder()
        var plan = plan(folder)
        plan.limits.mostPages = 60
        let store = try await Store.open(plan)
        var written = 0
        let error = await fault {
            while true {
                try await store.insert(written + 1, String(repeating: "x", count: 1_000))
                written += 1
            }
        }
        guard case .engine(let fault) = error else { throw error ?? .closed(file: "") }
        #expect(fault.kind == .full)
        #expect(store.health.refusing != nil)
        #expect(try await store.numbers() == Array(1...written))
        _ = try await store.write { try $0.first("PRAGMA max_page_count = 100000") { try $0.value(0, as: Int.self) } }
        try await store.insert(written + 1, String(repeating: "x", count: 100_000))
        #expect(store.health.refusing == nil)
        await store.close()
    }

    @Test("a commit that the kernel refuses changes nothing, and the store recovers by itself")
    func shortage() async throws {
        let folder = try Folder()
        let child = try Child("starve", folder.file)
        #expect(await child.line() == "refused unreadable true")
        #expect(await child.line() == "recovered true true")
        #expect(await child.end() == 0)
    }

    @Test("a second writer becomes a replica that reads, and the writer once the first is closed")
    func twoWriters() async throws {
        let folder = try Folder()
        let first = try await open(folder)
        try await first.insert(1)
        let second = try await open(folder)
        #expect(second.state == .replica)
        #expect(try await second.numbers() == [1])
        #expect(await fault { try await second.insert(2) } == .notTheWriter(file: folder.file))
        #expect(await fault { _ = try Lease.take(of: folder.file) } != nil)
        await first.close()
        #expect(await second.reaches(.writer))
        try await second.insert(2)
        #expect(await fault { try await first.insert(3) } != nil)
        await second.close()
    }

    @Test("the log is emptied when it is quiet, and moved into the file before it is long")
    func checkpoints() async throws {
        let folder = try Folder()
        var plan = plan(folder)
        plan.limits.logPages = 50
        plan.limits.quiet = .milliseconds(50)
        let store = try await Store.open(plan)
        for number in 1...200 { try await store.insert(number, String(repeating: "x", count: 2_000)) }
        #expect(bytes(of: folder.file + "-wal").count < 200 * 4_096)
        #expect(await eventually { bytes(of: folder.file + "-wal").isEmpty })
        #expect(try await store.numbers() == Array(1...200))
        await store.close()
    }
}
