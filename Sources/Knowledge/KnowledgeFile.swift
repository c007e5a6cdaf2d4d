public import Contracts
import Store

/// What is known in a file of its own, which can be made anew at any time from what it is an index of.
public struct KnowledgeFile: Sendable {
    private let store: Store

    /// Opens it, and makes it where it is not there.
    public init(_ path: String) async throws {
        store = try await Store.open(StorePlan(file: path, migrations: KnowledgeTables.migrations()))
    }

    /// Adds all of them in one commit for each thousand; how many were new or others than before.
    @discardableResult
    public func put(_ documents: [KnowledgeDocument]) async throws -> Int {
        var count = 0
        var rest = documents[...]
        while !rest.isEmpty {
            let part = Array(rest.prefix(1_000))
            rest = rest.dropFirst(part.count)
            count += try await store.write { context in
                try part.reduce(0) { try $0 + (KnowledgeTables.put($1, context) ? 1 : 0) }
            }
        }
        return count
    }

    /// How far a source was read.
    public func mark(_ name: String) async throws -> Int64 {
        try await store.read { try KnowledgeTables.mark(name, $0) }
    }

    /// So far it was read now: after what was read is kept.
    public func setMark(_ name: String, _ mark: Int64) async throws {
        try await store.write { try KnowledgeTables.setMark(name, mark, $0) }
    }

    /// What is known about it, the nearest first.
    public func search(_ question: KnowledgeQuestion) async throws -> [KnowledgeHit] {
        try await store.read { try KnowledgeSearch.hits(question, $0) }
    }

    /// The latest first.
    public func list(_ limit: Int) async throws -> [KnowledgeLine] {
        try await store.read { try KnowledgeTables.list(limit, $0) }
    }

    /// Finishes what waits, and closes the file.
    public func close() async { await store.close() }
}
