import Contracts
import Synchronization
import Testing

@testable import Store

@Suite struct CommandTests {
    @Test("a file of a newer version takes no writes, can be read, and is left as it was")
    func newer() async throws {
        let folder = try Folder()
        let two = rows + [Migration(2, "more", "CREATE TABLE more (number INTEGER PRIMARY KEY) STRICT")]
        var store = try await Store.open(plan(folder, two))
        try await store.insert(1)
        await store.close()
        store = try await open(folder)
        let error = StoreError.newerFile(file: folder.file, found: 2, known: 1)
        #expect(store.state == .failing(error))
        #expect(await fault { try await store.insert(2) } == error)
        #expect(try await store.numbers() == [1])
        await store.close()
    }

    @Test("a changed migration is refused, a missing one applied, a faulty one undone")
    func migrations() async throws {
        let folder = try Folder()
        var store = try await open(folder)
        await store.close()
        store = try await Store.open(plan(folder, [Migration(1, "rows", "CREATE TABLE other (number INTEGER) STRICT")]))
        #expect(store.state == .failing(.changedHistory(file: folder.file, migration: 1, name: "rows")))
        await store.close()
        let faulty = rows + [Migration(2, "two", "CREATE TABLE two (a INTEGER) STRICT; CREATE TABLE rows (a INTEGER)")]
        store = try await Store.open(plan(folder, faulty))
        guard case .failing(.engine) = store.state else { throw store.health.refusing ?? .closed(file: "") }
        await store.close()
        store = try await Store.open(plan(folder, rows + [Migration(2, "two", "CREATE TABLE two (a INTEGER) STRICT")]))
        #expect(store.state == .writer)
        await store.close()
        let gap = StoreError.unorderedMigrations(expected: 1, found: 2)
        #expect(await fault { _ = try await Store.open(plan(folder, [Migration(2, "", "")])) } == gap)
    }

    @Test("an inbox does a message once, repeats its reply, and refuses another body under the same id")
    func inbox() async throws {
        let folder = try Folder()
        let store = try await open(folder)
        let take: @Sendable ([UInt8]) async throws -> [UInt8] = { body in
            try await store.write { context in
                try context.once(source: "oms", id: "1", message: body) { context in
                    try context.run("INSERT INTO rows VALUES (NULL, 'effect')")
                    return [
                        UInt8(try context.first("SELECT count(*) FROM rows") { try $0.value(0, as: Int.self) } ?? 0)
                    ]
                }
            }
        }
        #expect(try await take([1]) == [1])
        #expect(try await take([1]) == [1])
        #expect(await fault { _ = try await take([2]) } == .differentBody(source: "oms", id: "1"))
        #expect(try await store.numbers() == [1])
        await store.close()
    }

    @Test("what an inbox keeps longer than it must goes, in bites")
    func pruning() async throws {
        let folder = try Folder()
        var plan = plan(folder)
        plan.limits.inboxRetention = .zero
        let store = try await Store.open(plan)
        for part in 0..<3 {
            try await store.write { context in
                for number in 0..<600 {
                    _ = try context.once(source: "oms", id: "\(part)/\(number)", message: []) { _ in [] }
                }
            }
        }
        await store.close()
        let again = try await Store.open(plan)
        let empty = try await eventually {
            try await again.read { try $0.first("SELECT count(*) FROM inbox") { try $0.value(0, as: Int.self) } } == 0
        }
        #expect(empty)
        await again.close()
    }

    /// A replica whose forwarding reaches the writer of the same file in this process.
    private func pair(
        _ folder: Folder, loses: @escaping @Sendable (Int) -> Bool = { _ in false }
    ) async throws -> (Store, Store, @Sendable () -> [Int]) {
        let writer = try await open(folder)
        _ = writer.register("insert", insertCommand)
        let batches = Mutex<[Int]>([])
        var plan = plan(folder)
        plan.forward = { writes in
            let round = batches.withLock {
                $0.append(writes.count); return $0.count
            }
            let answers = try await writer.apply(writes)
            if loses(round) { throw StoreError.closed(file: "the answer is lost") }
            return answers
        }
        return (writer, try await Store.open(plan), { batches.withLock { $0 } })
    }

    private var insertCommand: @Sendable (WriteContext, Int) throws -> String {
        { context, number in
            try context.run("INSERT INTO rows VALUES (?, 'command')", number)
            return "number \(number)"
        }
    }

    @Test("commands run where they are called or travel in batches to the writer, with one outcome")
    func forwarding() async throws {
        let folder = try Folder()
        let (writer, replica, batches) = try await pair(folder)
        let insert = replica.register("insert", insertCommand)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...200 {
                group.addTask {
                    let answer = try await insert(number)
                    #expect(answer == "number \(number)")
                }
            }
            try await group.waitForAll()
        }
        #expect(try await replica.numbers() == Array(1...200))
        #expect(batches().count < 150)
        guard case .refused("insert", _) = await fault({ _ = try await insert(7) }) else {
            Issue.record("a constraint was not told")
            return
        }
        let unknown = replica.register("unheard") { (_, input: Int) in input }
        #expect(await fault { _ = try await unknown(1) } != nil)
        await replica.close()
        await writer.close()
    }

    @Test("a batch whose answer is lost is sent again and takes effect once")
    func lostAnswers() async throws {
        let folder = try Folder()
        let (writer, replica, batches) = try await pair(folder) { $0 <= 2 }
        let insert = replica.register("insert", insertCommand)
        #expect(try await insert(1) == "number 1")
        #expect(batches() == [1, 1, 1])
        #expect(try await replica.numbers() == [1])
        await replica.close()
        await writer.close()
    }

    @Test("a write on its way when the writer goes ends in the process that takes over")
    func takeOver() async throws {
        let folder = try Folder()
        let (writer, replica, _) = try await pair(folder) { _ in true }
        let insert = replica.register("insert", insertCommand)
        async let answer = insert(1)
        #expect(try await eventually { try await writer.numbers() == [1] })
        await writer.close()
        #expect(try await answer == "number 1")
        #expect(replica.state == .writer)
        #expect(try await replica.numbers() == [1])
        await replica.close()
    }
}
