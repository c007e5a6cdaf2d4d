import Testing

@testable import Web

@Suite("Refusing", .serialized) struct RefusalTests {
    private static let said = #"{"text":"x"}"#
    private static let length = "content-length: \(said.utf8.count)\r\n"

    @Test(
        "every refusal is a problem with its status, and the connection serves on",
        arguments: [
            (Hall.request("GET /nowhere"), 404, "What there is: /echo"),
            (Hall.request("GET /nowhere", key: nil), 404, "What there is: /echo"),
            (Hall.request("DELETE /echo"), 405, "the methods are POST, OPTIONS"),
            (Hall.request("POST /echo", key: nil, body: said), 401, "x-api-key"),
            (Hall.request("POST /echo", key: "wrong", body: said), 401, "not known here"),
            (Hall.request("GET /hosts"), 403, "the role host"),
            (Hall.request("POST /echo", key: Hall.keys.host.key, body: said), 403, "the role guest"),
            (Hall.request("POST /echo", length) + said, 415, "the content-type was none"),
            (Hall.request("POST /echo", "content-type: text/plain\r\n" + length) + said, 415, "text/plain"),
            (
                Hall.request("POST /echo", "content-type: application/json; charset=latin1\r\n" + length) + said, 415,
                "UTF-8"
            ),
            (Hall.request("POST /echo"), 400, "this is not JSON"),
            (Hall.request("POST /echo", body: "{"), 400, "this is not JSON"),
            (Hall.request("POST /echo", body: "{}"), 400, #""field":"/text""#),
            (Hall.request("POST /echo?x=1", body: said), 400, #""field":"x""#),
            (Hall.request("POST /echo", "idempotency-key: a b\r\n", body: said), 400, #""field":"idempotency-key""#),
            (
                Hall.request("POST /echo", "content-type: application/json\r\n", body: said), 400,
                #""field":"content-type""#
            ),
            (
                Hall.request("POST /echo", "idempotency-key: a\r\nIdempotency-Key: a\r\n", body: said), 400,
                "idempotency-key"
            ),
            (Hall.request("GET /words/x"), 400, #""field":"number""#),
            (Hall.request("GET /words/%ff"), 400, #""field":"number""#),
            (Hall.request("GET /words/1?a=%f"), 400, "percent-encoded"),
            (Hall.request("GET /words/9"), 404, "no ninth word"),
            (Hall.request("GET /fault", key: nil), 500, "has written down why"),
            (Hall.request("GET /lie", key: nil), 500, "breaks its description"),
        ])
    func refusals(request: String, status: Int, words: String) async throws {
        let hall = try Hall()
        let wire = hall.wire()
        wire.send(request + Hall.request("GET /healthz", key: nil))
        let answer = try #require(await wire.answer())
        #expect(answer.status == status)
        #expect(answer.header("content-type") == "application/problem+json")
        #expect(answer.text.contains(words), "\(answer.text)")
        #expect(answer.text.contains("\"status\":\(status)"))
        #expect((answer.header("allow") != nil) == (status == 405))
        #expect(await wire.answer()?.status == 200)
    }

    @Test("what the caller made up is told back as the description allows, however strange and long it is")
    func strangeNames() async throws {
        let hall = try Hall()
        let wire = hall.wire()
        let name = String(repeating: "x", count: 10_000)
        wire.send(Hall.request("POST /echo", body: #"{"\u0000\ud83d\ude00":1,"\#(name)":1,"text":1}"#))
        let answer = try #require(await wire.answer())
        guard case .success = JSONReading.read(answer.body, as: Problem.shape) else {
            Issue.record("not a problem as described: \(answer.text)")
            return
        }
        #expect(answer.status == 400 && answer.body.count < 2_000)
    }

    @Test("a second key beside the right one is refused, whichever comes first")
    func twoKeys() async throws {
        let hall = try Hall()
        for keys in [
            ["x", Hall.keys.guest.key], [Hall.keys.guest.key, "x"], [Hall.keys.guest.key, Hall.keys.guest.key],
        ] {
            let wire = hall.wire()
            wire.send(Hall.request("GET /words/1", key: nil, keys.map { "x-api-key: \($0)\r\n" }.joined()))
            let status = try #require(await wire.answer()).status
            #expect(status == 400)
        }
    }

    @Test("who asks more often than the key may is told when to come back")
    func rate() async throws {
        let hall = try Hall()
        let wire = hall.wire()
        wire.send(String(repeating: Hall.request("GET /words/1", key: Hall.keys.hasty.key), count: 3))
        let answers = [await wire.answer(), await wire.answer(), await wire.answer()]
        #expect(answers.map { $0?.status } == [200, 200, 429])
        #expect(answers[2]?.header("retry-after") == "1")
        wire.send(Hall.request("GET /words/1"))
        #expect(await wire.answer()?.status == 200)
    }

    @Test("a body of exactly the limit passes, one byte more does not, and the answer is read before the end")
    func bodyLimit() async throws {
        let hall = try Hall({ $0.limits.bodyBytes = 50_000 })
        for (count, status) in [(50_000, 200), (50_001, 413), (190_000, 413)] {
            for isChunked in [false, true] {
                let wire = hall.wire()
                let body = #"{"text":""# + String(repeating: "x", count: count - 11) + #""}"#
                let request =
                    isChunked
                    ? Hall.request("POST /echo", "content-type: application/json\r\ntransfer-encoding: chunked\r\n")
                        + "\(String(count, radix: 16))\r\n\(body)\r\n0\r\n\r\n"
                    : Hall.request("POST /echo", body: body)
                #expect(await wire.sendAll(Array(request.utf8)))
                #expect(await wire.answer()?.status == status, "\(count), chunked: \(isChunked)")
            }
        }
        let wire = hall.wire()
        wire.send(Hall.request("POST /echo", "content-type: application/json\r\ncontent-length: 900000000\r\n"))
        #expect(await wire.answer()?.status == 413)
        #expect(await wire.isEnded())
    }

    @Test(
        "what could be read in two ways is not read at all",
        arguments: [
            "content-length: 3\r\ncontent-length: 4\r\n", "content-length: 3\r\ntransfer-encoding: chunked\r\n",
            "transfer-encoding: gzip\r\n", "content-length: -1\r\n", "content-length: 3x\r\n",
        ])
    func smuggling(headers: String) async throws {
        let hall = try Hall()
        let wire = hall.wire()
        wire.send(Hall.request("POST /echo", "content-type: application/json\r\n" + headers) + "0\r\n\r\n")
        let status = try #require(await wire.answer()).status
        #expect(status == 400)
    }

    @Test(
        "what is no HTTP is refused by the library, and nothing hangs",
        arguments: [
            "\r\n\r\n\r\nhello\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
            "GET /x HTTP/1.1\r\nHost hall\r\n\r\n",
        ])
    func garbage(text: String) async throws {
        let hall = try Hall()
        let wire = hall.wire()
        wire.send(text)
        wire.finishSending()
        #expect(await wire.isEnded())
    }

    @Test("headers beyond their limit are refused")
    func headerLimit() async throws {
        let hall = try Hall()
        let wire = hall.wire()
        wire.send(Hall.request("GET /open", key: nil, "x-long: \(String(repeating: "x", count: 40_000))\r\n"))
        let status = try #require(await wire.answer()).status
        #expect([413, 414, 431].contains(status), "\(status)")
    }

    @Test("a problem tells what a client sent without NUL, and not without end")
    func told() {
        #expect(Problem(422, "found \"a\0b\"").detail == "found \"a\u{FFFD}b\"")
        #expect(Problem(422, String(repeating: "x", count: 9_000)).detail.unicodeScalars.count == 4_000)
        #expect(Problem(422, "as it is").detail == "as it is")
    }
}
