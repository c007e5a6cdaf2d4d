public import Contracts
public import Store

/// Looks for what is known: by words, by a signature, or by both.
public struct KnowledgeSearch {
    /// Of what matches, so many of the latest are ranked: a word that stands everywhere tells nothing apart.
    static let mostRanked = 2_000
    /// A word in more documents than this is left out where a rarer one is there.
    static let mostCommon = 5_000
    static let mostWords = 24
    /// Of what was ranked by words, and of what is alike, so many are weighed against each other.
    static let mostCandidates = 200
    static let mostTerms = 16
    /// Less alike than this says nothing.
    static let leastSimilarity = 0.1

    private struct Candidate {
        var text = 0.0
        var similarity: Double?
        var score = 0.0
    }

    private let connection: Connection
    private let question: KnowledgeQuestion

    private init(_ question: KnowledgeQuestion, _ connection: Connection) {
        self.question = question
        self.connection = connection
    }

    /// The nearest first; the same for the same contents.
    public static func hits(_ question: KnowledgeQuestion, _ connection: Connection) throws -> [KnowledgeHit] {
        try KnowledgeSearch(question, connection).hits()
    }

    private func hits() throws -> [KnowledgeHit] {
        let (words, areRare) = try telling(Self.words(question.text))
        let expression = words.map { "\"\($0)\"" }.joined(separator: areRare ? " OR " : " AND ")
        var found: [Int64: Candidate] = [:]
        if !words.isEmpty { try areRare ? rank(expression, &found) : takeLatest(expression, &found) }
        try compare(&found)
        let both = !words.isEmpty && !question.signature.isEmpty
        for number in found.keys {
            let one = found[number] ?? Candidate()
            found[number]?.score =
                both ? (one.text + (one.similarity ?? 0)) / 2 : max(one.text, one.similarity ?? 0)
        }
        let ordered = found.sorted { ($1.value.score, $0.key) < ($0.value.score, $1.key) }
        var hits: [KnowledgeHit] = []
        let limit = min(max(question.limit, 0), 100)
        for (number, candidate) in ordered {
            guard hits.count < limit else { break }
            if let hit = try hit(number, candidate, words, expression) { hits.append(hit) }
        }
        return hits
    }

    // MARK: words

    /// Letters and digits alone: whatever else stands in a question is no part of a search.
    static func words(_ text: String) -> [String] {
        var found: [String] = []
        for part in text.lowercased().split(whereSeparator: { !$0.isLetter && !$0.isNumber }) {
            let word = String(part.prefix(64))
            if !found.contains(word) { found.append(word) }
            if found.count == mostWords { break }
        }
        return found
    }

    /// Those that tell documents apart; all of them where none does.
    private func telling(_ words: [String]) throws -> (words: [String], areRare: Bool) {
        var rare: [String] = []
        var isFound = false
        for word in words {
            let count = try connection.first(
                "SELECT count(*) FROM (SELECT 1 FROM knowledge_text WHERE knowledge_text MATCH ? LIMIT ?)",
                "\"\(word)\"", Self.mostCommon + 1
            ) { try $0.value(0, as: Int.self) }
            guard let count, count <= Self.mostCommon else { continue }
            rare.append(word)
            if count > 0 { isFound = true }
        }
        return isFound || rare.count == words.count ? (rare, true) : (words.filter { !rare.contains($0) }, false)
    }

    /// What stands everywhere ranks nothing: the latest that have all of them.
    private func takeLatest(_ expression: String, _ found: inout [Int64: Candidate]) throws {
        let latest = try connection.all(
            "SELECT rowid FROM knowledge_text WHERE knowledge_text MATCH ? ORDER BY rowid DESC LIMIT ?", expression,
            Self.mostCandidates
        ) { try $0.value(0, as: Int64.self) }
        for number in latest { found[number, default: Candidate()].text = 1 }
    }

    private func rank(_ expression: String, _ found: inout [Int64: Candidate]) throws {
        let ranked = try connection.all(
            """
            SELECT number, rank FROM (
                SELECT rowid AS number, bm25(knowledge_text, 3.0, 1.0) AS rank FROM knowledge_text
                WHERE knowledge_text MATCH ? ORDER BY rowid DESC LIMIT ?
            ) ORDER BY rank, number DESC LIMIT ?
            """, expression, Self.mostRanked, Self.mostCandidates
        ) { row in (number: try row.value(0, as: Int64.self), rank: -(try row.value(1, as: Double.self))) }
        guard let best = ranked.first?.rank else { return }
        for one in ranked { found[one.number, default: Candidate()].text = best > 0 ? max(0, one.rank / best) : 1 }
    }

    // MARK: signatures

    private func compare(_ found: inout [Int64: Candidate]) throws {
        let terms = KnowledgeTables.unit(question.signature).sorted { $1.weight < $0.weight }.prefix(Self.mostTerms)
        guard !terms.isEmpty else { return }
        let part = """
            SELECT number, product FROM (
                SELECT number, weight * ? AS product FROM knowledge_terms WHERE term = ? ORDER BY number DESC LIMIT ?
            )
            """
        let parts = Array(repeating: part, count: terms.count).joined(separator: " UNION ALL ")
        let values: [any StoredValue] = terms.flatMap { term -> [any StoredValue] in
            [term.weight, term.term, Self.mostRanked]
        }
        var near: [(number: Int64, product: Double)] = []
        try connection.each(
            """
            SELECT number, sum(product) AS likeness FROM (\(parts)) GROUP BY number HAVING likeness >= ?
            ORDER BY likeness DESC, number DESC LIMIT ?
            """, values + [Self.leastSimilarity, Self.mostCandidates]
        ) { row in
            near.append((try row.value(0, as: Int64.self), try row.value(1, as: Double.self)))
            return true
        }
        for one in near { found[one.number, default: Candidate()].similarity = min(1, one.product) }
    }

    // MARK: what was found

    private func hit(_ number: Int64, _ candidate: Candidate, _ words: [String], _ expression: String) throws
        -> KnowledgeHit?
    {
        let found = try connection.first("SELECT id, kind, title, at, past FROM knowledge WHERE number = ?", number) {
            row -> KnowledgeHit? in
            guard let kind = KnowledgeKind(rawValue: try row.value(1, as: String.self)) else { return nil }
            let past = try row.value(4, as: [UInt8]?.self)
            return KnowledgeHit(
                id: try row.value(0, as: String.self), kind: kind, title: try row.value(2, as: String.self),
                score: candidate.score, similarity: candidate.similarity, snippet: "", why: "",
                past: try past.map { try Packed.decode(PastSignature.self, from: $0) },
                at: try row.value(3, as: Int64.self))
        }
        guard var hit = found ?? nil, question.kinds.isEmpty || question.kinds.contains(hit.kind) else { return nil }
        hit.past?.outcome.similarity = candidate.similarity ?? 0
        let isText = candidate.text > 0
        let body = try connection.first(
            isText
                ? """
                SELECT snippet(knowledge_text, 1, '', '', ' … ', 24), title || ' ' || body FROM knowledge_text
                WHERE knowledge_text MATCH ? AND rowid = ?
                """ : "SELECT substr(body, 1, 200), '' FROM knowledge_text WHERE ? <> '' AND rowid = ?",
            isText ? expression : "all", number
        ) { row in (snippet: try row.value(0, as: String.self), whole: try row.value(1, as: String.self)) }
        hit.snippet = body?.snippet ?? ""
        let standing = Set(Self.allWords(body?.whole ?? ""))
        hit.why = Self.why(words.filter { standing.contains($0) }, of: words.count, candidate)
        return hit
    }

    private static func allWords(_ text: String) -> [String] {
        text.prefix(20_000).lowercased().split(whereSeparator: { !$0.isLetter && !$0.isNumber }).map(String.init)
    }

    private static func why(_ standing: [String], of count: Int, _ candidate: Candidate) -> String {
        var reasons: [String] = []
        if candidate.text > 0 {
            reasons.append("\(standing.count) of \(count) words stand in it (\(standing.joined(separator: ", ")))")
        }
        if let similarity = candidate.similarity {
            reasons.append("its signals are \(Int((similarity * 100).rounded())) % alike")
        }
        return reasons.joined(separator: "; ")
    }
}
