import Contracts
import Host
import Knowledge
import Signals

/// How long a search takes beside many post-mortems.
struct KnowledgeBench {
    struct Result: Encodable {
        let documents: Int
        let searches: Int
        /// Seconds until all were in the index.
        let filled: Double
        /// In milliseconds: of searches by words, by words that stand everywhere, by signals, and by both.
        let rows: [Row]

        struct Row: Encodable {
            let kind: String
            let median: Double
            let last: Double
            let found: Int
        }

        func text(_ paint: Paint) -> String {
            var table = Table(["SEARCH", "MEDIAN ms", "99 % ms", "FOUND"], rightAligned: [1, 2, 3])
            table.rows = rows.map { [$0.kind, brief($0.median), brief($0.last), "\($0.found)"] }
            return "\(documents) post-mortems, filled in \(brief(filled)) s, \(searches) searches each\n"
                + table.text(paint)
        }
    }

    let documents: Int
    let searches: Int

    func run(progress: @Sendable (String) -> Void) async throws -> Result {
        let folder = try TemporaryFolder.make()
        defer { TemporaryFolder.remove(folder) }
        let file = try await KnowledgeFile("\(folder)/knowledge.sqlite")
        let began = ContinuousClock.now
        for start in stride(from: 0, to: documents, by: 1_000) {
            progress("\(start) of \(documents) post-mortems")
            try await file.put((start..<min(start + 1_000, documents)).map { Self.document($0) })
        }
        let filled = Self.seconds(since: began)
        var rows: [Result.Row] = []
        for kind in ["words", "common words", "signals", "words and signals"] {
            progress("searches by \(kind)")
            var times: [Double] = []
            var found = 0
            for number in 0..<searches {
                let question = Self.question(kind, number)
                let start = ContinuousClock.now
                found += try await file.search(question).count
                times.append(Self.seconds(since: start) * 1_000)
            }
            times.sort()
            rows.append(
                Result.Row(
                    kind: kind, median: times[times.count / 2], last: times[times.count * 99 / 100], found: found))
        }
        await file.close()
        return Result(documents: documents, searches: searches, filled: filled, rows: rows)
    }

    private static func seconds(since start: ContinuousClock.Instant) -> Double {
        let parts = (ContinuousClock.now - start).components
        return Double(parts.seconds) + Double(parts.attoseconds) / 1e18
    }

    // MARK: what is known

    private static let services = ["orders", "inventory", "carrier", "broker", "telemetry", "triage", "supervisor"]
    private static let categories = [
        "Code_Bug", "Config_Error", "Permission_Issue", "Resource_Limit", "External_Dependency",
    ]
    private static let metrics = [
        "http.errors", "http.duration", "memory", "queue", "disk", "descriptors", "processor",
    ]

    /// The same numbers in every run; none of them random enough for more than a bench.
    private static func draw(_ seed: Int, _ salt: Int, _ below: Int) -> Int {
        var state = UInt64(truncatingIfNeeded: seed &* 1_000_003 &+ salt) &* 0x9E37_79B9_7F4A_7C15
        state = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        return Int((state ^ (state >> 27)) % UInt64(below))
    }

    /// Words of which few are frequent and many are rare.
    private static func word(_ seed: Int, _ salt: Int) -> String {
        let bits = draw(seed, salt, 15) + 1
        return "w\(draw(seed, salt + 7_919, 1 << bits))"
    }

    private static func signature(_ seed: Int) -> [SignatureTerm] {
        (0..<6).map { index in
            let service = services[draw(seed, index, services.count)]
            let metric = metrics[draw(seed, index + 50, metrics.count)]
            return SignatureTerm("\(service)/\(metric)", 1 / Double(index + 1).squareRoot())
        }
    }

    private static func document(_ number: Int) -> KnowledgeDocument {
        let service = services[draw(number, 1, services.count)]
        let category = categories[draw(number, 2, categories.count)]
        let words = (0..<120).map { word(number, 100 + $0) }.joined(separator: " ")
        let past = PastSignature(
            signature: signature(number),
            outcome: PastOutcome(
                incident: "I-\(number)", similarity: 1, node: service, category: category, wasRight: true, helped: true,
                at: Int64(number)))
        return KnowledgeDocument(
            id: "postmortem/I-\(number)", kind: .postmortem, title: "\(service) fails",
            text: "\(category) in \(service), the requests fail. \(words)", past: past, at: Int64(number))
    }

    private static func question(_ kind: String, _ number: Int) -> KnowledgeQuestion {
        let seed = number * 31 + 17
        let words = (0..<4).map { word(seed, 100 + $0) } + [services[draw(seed, 1, services.count)], "fail"]
        switch kind {
        case "words": return KnowledgeQuestion(text: words.joined(separator: " "))
        case "common words": return KnowledgeQuestion(text: "the requests fail in w0")
        case "signals": return KnowledgeQuestion(signature: signature(seed))
        default: return KnowledgeQuestion(text: words.joined(separator: " "), signature: signature(seed))
        }
    }
}
