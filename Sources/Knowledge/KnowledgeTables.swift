import Contracts
public import Store

/// The tables of what is known, for a file of its own or beside those of an agent.
public enum KnowledgeTables {
    /// Numbered behind those that the file has already.
    public static func migrations(after number: Int = 0) -> [Migration] {
        [
            Migration(
                number + 1, "knowledge",
                """
                CREATE TABLE knowledge (
                    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, title TEXT NOT NULL,
                    at INTEGER NOT NULL, stamp BLOB NOT NULL, past BLOB
                ) STRICT;
                CREATE TABLE knowledge_marks (name TEXT PRIMARY KEY, mark INTEGER NOT NULL) STRICT, WITHOUT ROWID;
                CREATE TABLE knowledge_terms (
                    term TEXT NOT NULL, number INTEGER NOT NULL, weight REAL NOT NULL, PRIMARY KEY (term, number)
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX knowledge_terms_by_number ON knowledge_terms (number);
                CREATE VIRTUAL TABLE knowledge_text USING fts5 (
                    title, body, tokenize = 'unicode61 remove_diacritics 2'
                );
                """)
        ]
    }

    /// Adds a document, or takes another's place under the same id; false where it is there as it is.
    @discardableResult
    public static func put(_ document: KnowledgeDocument, _ context: WriteContext) throws -> Bool {
        let stamp = Digest("kintsugi knowledge 1", of: try Packed.encode(document))
        let known = try context.first("SELECT number, stamp FROM knowledge WHERE id = ?", document.id) { row in
            (number: try row.value(0, as: Int64.self), stamp: try row.value(1, as: [UInt8].self))
        }
        if let known {
            if known.stamp == stamp.bytes { return false }
            try context.run("DELETE FROM knowledge_terms WHERE number = ?", known.number)
            try context.run("DELETE FROM knowledge_text WHERE rowid = ?", known.number)
            try context.run("DELETE FROM knowledge WHERE number = ?", known.number)
        }
        try context.run(
            "INSERT INTO knowledge (id, kind, title, at, stamp, past) VALUES (?, ?, ?, ?, ?, ?)", document.id,
            document.kind.rawValue, document.title, document.at, stamp.bytes,
            try document.past.map { try Packed.encode($0) })
        let number = try context.first("SELECT number FROM knowledge WHERE id = ?", document.id) {
            try $0.value(0, as: Int64.self)
        }
        guard let number else { return false }
        try context.run(
            "INSERT INTO knowledge_text (rowid, title, body) VALUES (?, ?, ?)", number, document.title, document.text)
        for term in Self.unit(document.past?.signature ?? []) {
            try context.run(
                "INSERT INTO knowledge_terms (term, number, weight) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                term.term, number, term.weight)
        }
        return true
    }

    /// How far a source was read, such as the archive to one of its lines; 0 where it never was.
    public static func mark(_ name: String, _ connection: Connection) throws -> Int64 {
        try connection.first("SELECT mark FROM knowledge_marks WHERE name = ?", name) {
            try $0.value(0, as: Int64.self)
        } ?? 0
    }

    /// So far it was read now.
    public static func setMark(_ name: String, _ mark: Int64, _ context: WriteContext) throws {
        try context.run(
            "INSERT INTO knowledge_marks (name, mark) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET mark = excluded.mark",
            name, mark)
    }

    /// The latest first.
    public static func list(_ limit: Int, _ connection: Connection) throws -> [KnowledgeLine] {
        try connection.all("SELECT id, kind, title, at FROM knowledge ORDER BY at DESC, id LIMIT ?", limit) { row in
            KnowledgeLine(
                id: try row.value(0, as: String.self), kind: try row.value(1, as: String.self),
                title: try row.value(2, as: String.self), at: try row.value(3, as: Int64.self))
        }
    }

    /// Of length 1, so that products are cosines; empty for what has no length.
    static func unit(_ signature: [SignatureTerm]) -> [SignatureTerm] {
        let usable = signature.filter { $0.weight.isFinite }
        let length = usable.reduce(0) { $0 + $1.weight * $1.weight }.squareRoot()
        guard length > 0, length.isFinite else { return [] }
        return usable.map { SignatureTerm($0.term, $0.weight / length) }
    }
}

/// One thing that is known, in a line.
public struct KnowledgeLine: Codable, Sendable, Equatable {
    public var id: String
    public var kind: String
    public var title: String
    /// Nanoseconds since 1970.
    public var at: Int64
}
