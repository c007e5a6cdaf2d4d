import Testing

@testable import Web

@Suite("The description") struct DescriptionTests {
    private static let word = ObjectShape<String>("Word") { $0.required("text", .text(1...9)) }
    private static let routes = [
        Route(
            .put, "/words/{number}", "Sets a word", roles: ["author"], idempotencyKey: true,
            asks: .path("number", .integer(1...9), "Which word"), takes: word,
            answers: [
                .ok(word).leads(to: Link(.get, "/words/{number}", "number", from: "text")), .notFound("No such word"),
            ]
        ) { _, _, said in .ok { $0.member("text", said) } },
        Route(.get, "/free", "For everybody", roles: .open, answers: [.noContent("Nothing")]) { _ in .noContent },
    ]
    private let text = String(
        decoding: Server.describe(ServerPlan(title: "Words", version: "2", addresses: ["http://a"]), routes: routes),
        as: UTF8.self)

    @Test("it is the same every time, and itself JSON")
    func stable() {
        let again = Server.describe(
            ServerPlan(title: "Words", version: "2", addresses: ["http://a"]), routes: Self.routes)
        #expect(String(decoding: again, as: UTF8.self) == text)
        #expect(again.withUnsafeBufferPointer { (try? JSONScanner.scan($0)) != nil })
        #expect(
            text.hasPrefix(#"{"openapi":"3.1.0","info":{"title":"Words","version":"2"},"servers":[{"url":"http://a"}]"#)
        )
    }

    @Test("a route tells its parameters, its body, its key and every answer")
    func route() {
        for part in [
            #""/words/{number}":{"put":{"summary":"Sets a word","operationId":"putWordsNumber""#,
            #"{"name":"number","in":"path","required":true,"schema":{"type":"integer","minimum":1,"maximum":9},"description":"Which word"}"#,
            #"{"name":"Idempotency-Key","in":"header","required":false"#,
            ##""requestBody":{"required":true,"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Word"}}}}"##,
            #""security":[{"key":["author"]}]"#,
            ##""links":{"getWordsNumber":{"operationId":"getWordsNumber","parameters":{"number":"$response.body#/text"}}}"##,
        ] { #expect(text.contains(part), "\(part)") }
        for status in [200, 400, 401, 403, 404, 413, 415, 429, 500, 503] {
            #expect(text.contains("\"\(status)\":{\"description\""), "\(status)")
        }
    }

    @Test("an open route promises nothing about keys, and what is built in is not described")
    func open() throws {
        let start = try #require(text.firstRange(of: #""/free":"#))
        let free = text[start.lowerBound...].prefix { $0 != "]" }
        #expect(free.contains(#""204":{"description":"Nothing"}"#))
        #expect(!free.contains("\"401\"") && !free.contains("\"429\""))
        #expect(!text.contains("healthz"))
    }
}
