import Contracts
import Host
import Remedies
import Store
import Testing

@testable import Knowledge

@Suite("What is known")
struct KnowledgeTests {
    private func withFile<Answer>(_ body: (KnowledgeFile, _ path: String) async throws -> Answer) async throws -> Answer
    {
        let folder = try TemporaryFolder.make()
        defer { TemporaryFolder.remove(folder) }
        let file = try await KnowledgeFile("\(folder)/knowledge.sqlite")
        do {
            let answer = try await body(file, "\(folder)/knowledge.sqlite")
            await file.close()
            return answer
        } catch {
            await file.close()
            throw error
        }
    }

    private func past(_ incident: String, _ terms: [(String, Double)]) -> PastSignature {
        PastSignature(
            signature: terms.map { SignatureTerm($0.0, $0.1) },
            outcome: PastOutcome(
                incident: incident, similarity: 1, node: "orders", category: "Config_Error", wasRight: true,
                actions: [ActionOrder(.restart, door: "supervisor", target: "orders")], helped: true, at: 7))
    }

    private func note(_ title: String, _ text: String) -> KnowledgeDocument {
        KnowledgeDocument(note: title, text: text, at: 5)
    }

    @Test("what has more of the words comes first, with the piece that has them and why")
    func words() async throws {
        try await withFile { file, _ in
            try await file.put([
                note("the carrier answers late", "a circuit breaker was opened; the time-out was raised to 2 s"),
                note("a full disk", "old logs were removed"),
                note("the carrier is down", "nothing helps but waiting"),
            ])
            let hits = try await file.search(KnowledgeQuestion(text: "carrier time-out breaker"))
            #expect(hits.map(\.title) == ["the carrier answers late", "the carrier is down"])
            #expect(hits[0].snippet.contains("breaker"))
            #expect(hits[0].why == "4 of 4 words stand in it (carrier, time, out, breaker)")
            #expect(hits[0].score == 1 && hits[1].score < 1)
        }
    }

    @Test(
        "a question is never an order to the search",
        arguments: [
            "\"", "x\" OR \"y", "NEAR(carrier late)", "title:carrier", "carrier*", "-carrier", "^carrier", "(", "AND",
            "OR NOT AND", "carrier; DROP TABLE knowledge", "{title body}: late", "\u{0}carrier", "' OR 1=1 --", "+ + +",
            "日本語 carrier", String(repeating: "carrier \" ", count: 500), "",
        ])
    func noOrders(_ text: String) async throws {
        try await withFile { file, _ in
            try await file.put([note("the carrier answers late", "as written"), note("a disk", "full")])
            let hits = try await file.search(KnowledgeQuestion(text: text))
            #expect(hits.count <= 1)
            #expect(hits.isEmpty || hits[0].title == "the carrier answers late")
            #expect(try await file.list(10).count == 2)
        }
    }

    @Test("an incident is found by its signals where no word is the same, and says what has helped")
    func signatures() async throws {
        try await withFile { file, _ in
            let near = past("I-1", [("orders/errors", 1), ("orders/duration", 0.7)])
            let far = past("I-2", [("inventory/memory", 1), ("orders/duration", 0.2)])
            try await file.put([
                KnowledgeDocument(id: "postmortem/I-1", kind: .postmortem, title: "one", text: "x", past: near, at: 1),
                KnowledgeDocument(id: "postmortem/I-2", kind: .postmortem, title: "two", text: "y", past: far, at: 2),
            ])
            let hits = try await file.search(
                KnowledgeQuestion(signature: [SignatureTerm("orders/errors", 2), SignatureTerm("orders/duration", 1.4)])
            )
            #expect(hits.map(\.id) == ["postmortem/I-1", "postmortem/I-2"])
            #expect(abs((hits[0].similarity ?? 0) - 1) < 1e-9)
            #expect(hits[0].why == "its signals are 100 % alike")
            #expect(hits[0].past?.outcome.actions.first?.action == .restart)
            #expect(hits[0].past?.outcome.helped == true)
            let both = try await file.search(
                KnowledgeQuestion(text: "y", signature: [SignatureTerm("orders/errors", 1)]))
            #expect(Set(both.map(\.id)) == ["postmortem/I-1", "postmortem/I-2"])
        }
    }

    @Test("a document under the same id takes the place of the earlier, and the same again changes nothing")
    func replaced() async throws {
        try await withFile { file, _ in
            func one(_ text: String) -> KnowledgeDocument {
                KnowledgeDocument(
                    id: "postmortem/I-1", kind: .postmortem, title: "t", text: text, past: past("I-1", [(text, 1)]),
                    at: 1)
            }
            let counts = [
                try await file.put([one("first")]), try await file.put([one("first")]),
                try await file.put([one("second")]),
            ]
            #expect(counts == [1, 0, 1])
            let byWord = try await file.search(KnowledgeQuestion(text: "first"))
            #expect(byWord.isEmpty)
            let bySignal = try await file.search(KnowledgeQuestion(signature: [SignatureTerm("first", 1)]))
            #expect(bySignal.isEmpty)
            let now = try await file.search(KnowledgeQuestion(text: "second"))
            #expect(now.count == 1)
        }
    }

    @Test("only the kinds that are asked for are told, and no more than the limit")
    func kinds() async throws {
        try await withFile { file, _ in
            let step = Runbook.Step(
                .restart, door: "supervisor", target: "$culprit", inverse: .nothing, text: "restart it")
            let runbook = Runbook(
                name: "restart-it", about: "A leak ends with a restart.", when: .init(categories: ["Resource_Limit"]),
                steps: [step])
            try await file.put([KnowledgeDocument(runbook)] + (1...20).map { note("leak \($0)", "a leak") })
            let runbooks = try await file.search(KnowledgeQuestion(text: "leak", kinds: [.runbook]))
            #expect(runbooks.map(\.id) == ["runbook/restart-it"])
            #expect(try await file.search(KnowledgeQuestion(text: "leak", limit: 5)).count == 5)
            #expect(try await file.search(KnowledgeQuestion(text: "leak", limit: -1)).isEmpty)
        }
    }

    @Test("figures that are none do no harm")
    func figures() async throws {
        try await withFile { file, _ in
            let odd = past("I-1", [("a", .nan), ("b", .infinity), ("c", 0)])
            try await file.put([
                KnowledgeDocument(id: "postmortem/I-1", kind: .postmortem, title: "t", text: "x", past: odd, at: 1)
            ])
            #expect(try await file.search(KnowledgeQuestion(signature: odd.signature)).isEmpty)
        }
    }
}
