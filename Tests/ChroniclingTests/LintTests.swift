import Contracts
import Testing

@testable import Chronicling
@testable import Postmortems

@Suite("The linter of post-mortems")
struct LintTests {
    /// One place of a sentence changed.
    struct Mutation {
        let kind: String
        let sentence: Sentence
    }

    /// Every number, name and quote of a sentence, changed in the ways in which a hand or a model would get it wrong.
    static func mutations(of sentence: Sentence, names: [String], entries: Int) -> [Mutation] {
        var found: [Mutation] = []
        func add(_ kind: String, _ from: String, _ to: String) {
            let text = sentence.text.replacing(from, with: to, maxReplacements: 1)
            if text != sentence.text { found.append(Mutation(kind: kind, sentence: Sentence(text, sentence.entries))) }
        }
        let tokens = Tokens(sentence.text)
        for word in tokens.words where !Vocabulary.has(word) {
            let digits = word.indices.filter { word[$0].isNumber }
            for place in digits {
                var other = word
                let digit = word[place].wholeNumberValue ?? 0
                other.replaceSubrange(place...place, with: "\((digit + 1) % 10)")
                add("digit", word, other)
            }
            guard digits.isEmpty else { continue }
            for name in names where name != word { add("name", word, name) }
            add("letter", word, "\(word.dropLast())x")
            add("letter", word, "x\(word.dropFirst())")
        }
        for quote in tokens.quotes where quote.count > 2 {
            add("quote", quote, "\(quote.dropLast())")
            add("quote", quote, "\(quote.dropFirst())")
        }
        for other in 1...max(1, entries) where sentence.entries != [other] && entries > 1 {
            found.append(Mutation(kind: "citation", sentence: Sentence(sentence.text, [other])))
        }
        return found
    }

    @Test("a number, a name or a quote that is changed in a sentence is refused, by the sentence alone")
    func changedSentences() async throws {
        let names = ["orders", "inventory", "carrier", "kim", "lee", "Config_Error", "Code_Bug", "resolved", "failed"]
        var made: [String: Int] = [:]
        var refused: [String: Int] = [:]
        for tale in Tale.names {
            let (document, items) = try await PostmortemTests.document(tale)
            let lint = PostmortemLint(items)
            for sentence in document.summaries.engineer + document.summaries.payer + document.followUps {
                for mutation in Self.mutations(of: sentence, names: names, entries: items.count) {
                    made[mutation.kind, default: 0] += 1
                    if !lint.faults(of: mutation.sentence).isEmpty {
                        refused[mutation.kind, default: 0] += 1
                    }
                }
            }
        }
        for kind in made.keys.sorted() {
            print("changed \(kind): \(refused[kind] ?? 0) of \(made[kind] ?? 0) refused")
        }
        let values = ["digit", "name", "letter", "quote"]
        let all = values.reduce(0) { $0 + (made[$1] ?? 0) }
        let caught = values.reduce(0) { $0 + (refused[$1] ?? 0) }
        print("changed numbers, names and quotes: \(caught) of \(all) refused by their sentence alone")
        #expect(all > 1_000)
        // Another name that the same entries tell as well passes as long as nothing ties it: the document's check has it.
        #expect(Double(caught) >= 0.8 * Double(all))
        for kind in ["digit", "letter", "quote"] {
            #expect(Double(refused[kind] ?? 0) >= 0.99 * Double(made[kind] ?? 0), "\(kind)")
        }
    }

    @Test("a document in which one sentence was changed is refused, whatever the change")
    func changedDocuments() async throws {
        let names = ["orders", "inventory", "carrier", "kim", "resolved"]
        var (made, refused) = (0, 0)
        for tale in Tale.names {
            let (document, items) = try await PostmortemTests.document(tale)
            let lint = PostmortemLint(items)
            for (index, sentence) in document.summaries.engineer.enumerated() {
                for (order, mutation) in Self.mutations(of: sentence, names: names, entries: 3).enumerated()
                where order % 5 == index % 5 {
                    var other = document
                    other.summaries.engineer[index] = mutation.sentence
                    made += 1
                    if !lint.faults(of: other).isEmpty { refused += 1 }
                }
            }
        }
        print("changed sentences: \(refused) of \(made) refused by the document's whole check")
        #expect(made > 200)
        #expect(Double(refused) >= 0.95 * Double(made))
    }

    @Test("a sentence that cites nothing, or what is not there, or twice the same, is refused")
    func citations() async throws {
        let (document, items) = try await PostmortemTests.document("helped")
        let lint = PostmortemLint(items)
        let sentence = try #require(document.summaries.engineer.first)
        #expect(lint.faults(of: sentence) == [])
        for entries in [[], [0], [-1], [items.count + 1], [1, 1], [2, 1]] {
            #expect(!lint.faults(of: Sentence(sentence.text, entries)).isEmpty, "\(entries)")
        }
    }

    @Test(
        "a sentence that nobody of the writer's has written passes where it says what its entries say, and only there")
    func foreignSentences() async throws {
        let (_, items) = try await PostmortemTests.document("agreed")
        let lint = PostmortemLint(items)
        let approval = try #require(
            items.first { if case .approval = $0.input.event { true } else { false } }?.entry.number)
        #expect(lint.faults(of: Sentence("kim was asked, and the approval was granted.", [approval])) == [])
        #expect(!lint.faults(of: Sentence("kim was asked, and the approval was granted.", [1])).isEmpty)
        #expect(!lint.faults(of: Sentence("ann was asked, and the approval was granted.", [approval])).isEmpty)
        #expect(!lint.faults(of: Sentence("It was 3 times as bad.", [approval])).isEmpty)
        #expect(!lint.faults(of: Sentence("“it was the disk” says kim.", [approval])).isEmpty)
        #expect(!lint.faults(of: Sentence("kim “was asked", [approval])).isEmpty)
    }

    @Test("a figure belongs to what it was told of; a count that happens to be the same figure is no lie")
    func whatBelongsTogether() async throws {
        let (_, items) = try await PostmortemTests.document("helped")
        let diagnosed = try #require(items.last { if case .evidence = $0.input.event { true } else { false } })
        let facts = Facts([(item: diagnosed, before: nil)])
        #expect(!facts.separates("Config_Error", "orders"))
        #expect(!facts.separates("orders", "52"))
        #expect(facts.separates("carrier", "52"))
        #expect(!facts.separates("52", "Config_Error"))
    }

    @Test("a field that was changed is named")
    func changedFields() async throws {
        let (document, items) = try await PostmortemTests.document("helped")
        func places(_ change: (inout Postmortem) -> Void) -> [String] {
            var other = document
            change(&other)
            return PostmortemLint(items).fieldFaults(of: other).map(\.place)
        }
        #expect(places { $0.rootCauseCategory = "Code_Bug" } == ["root_cause_category"])
        #expect(places { $0.impact.failedRequests.value = 167 } == ["impact"])
        #expect(places { $0.durations.mttr.value = 1 } == ["durations"])
        #expect(places { $0.remediationAction?.diff = "" } == ["remediation_action"])
        #expect(places { $0.simulationContext.entries.removeLast() } == ["simulation_context"])
        #expect(places { $0.humanFeedbackScore = 5 } == ["human_feedback_score"])
        #expect(places { $0.journalHead.number = 1 } == ["journal_head"])
        #expect(places { $0.incidentSignature.vector = [] } == ["incident_signature"])
        #expect(places { _ in } == [])
    }

    @Test("a document that was written from another journal is refused")
    func anotherJournal() async throws {
        let (document, _) = try await PostmortemTests.document("helped")
        let (_, others) = try await PostmortemTests.document("rolled-back")
        #expect(!PostmortemLint(others).faults(of: document).isEmpty)
    }
}
