import CZlib
import Contracts
import Signals
import Testing

@testable import Web

@Suite("Serving", .serialized) struct ServerTests {
    @Test("a request reaches its handler and its answer comes back; the connection stays for the next")
    func echo() async throws {
        let hall = try Hall()
        let wire = hall.wire()
        for text in ["one", "two", String(repeating: "long ", count: 20_000)] {
            _ = await wire.sendAll(Array(Hall.request("POST /echo", body: #"{"text":"\#(text)"}"#).utf8))
            let answer = try #require(await wire.answer())
            #expect(answer.status == 200)
            #expect(answer.text == #"{"text":"\#(text)"}"#)
            #expect(answer.header("content-type") == "application/json")
        }
        await hall.server.stop()
    }

    @Test("requests that are sent at once are answered in their order")
    func pipelining() async throws {
        let hall = try Hall()
        let wire = hall.wire()
        wire.send((1...20).map { Hall.request("POST /echo", body: #"{"text":"\#($0)"}"#) }.joined())
        for number in 1...20 {
            let answer = try #require(await wire.answer())
            #expect(answer.text == #"{"text":"\#(number)"}"#)
        }
    }

    @Test("a body may come in chunks, and in bits")
    func chunks() async throws {
        let hall = try Hall()
        let wire = hall.wire()
        let head = Hall.request("POST /echo", "content-type: application/json\r\ntransfer-encoding: chunked\r\n")
        for bit in [head, "4\r\n{\"te\r\n", "8\r\nxt\":\"hi\"\r\n", "1\r\n}\r\n0\r\n\r\n"] { wire.send(bit) }
        let answer = try #require(await wire.answer())
        #expect(answer.text == #"{"text":"hi"}"#)
    }

    @Test("HEAD answers like GET without the body, OPTIONS says the methods")
    func otherMethods() async throws {
        let hall = try Hall()
        let wire = hall.wire()
        wire.send(Hall.request("HEAD /words/1"))
        let head = try #require(await wire.answer(hasBody: false))
        #expect(head.status == 200 && head.header("content-length") == "511")
        wire.send(Hall.request("OPTIONS /words/1", key: nil))
        let options = try #require(await wire.answer())
        #expect(options.status == 204 && options.header("allow") == "GET, HEAD, OPTIONS")
    }

    @Test("a client that waits for the word to go on is given it")
    func continues() async throws {
        let hall = try Hall()
        let wire = hall.wire()
        let request = Hall.request("POST /echo", "expect: 100-continue\r\n", body: #"{"text":"x"}"#)
        let end = try #require(request.firstRange(of: "\r\n\r\n"))
        wire.send(String(request[..<end.upperBound]))
        #expect(await wire.text(until: "100 Continue\r\n\r\n") != nil)
        wire.send(String(request[end.upperBound...]))
        #expect(await wire.text(until: #"{"text":"x"}"#) != nil)
        let refused = hall.wire()
        refused.send("POST /echo HTTP/1.1\r\nHost: hall\r\nexpect: 100-continue\r\ncontent-length: 9\r\n\r\n")
        #expect(await refused.text(until: "401 Unauthorized")?.contains("100 Continue") == false)
    }

    @Test("long answers are packed for who takes that, and unpacked they are the same")
    func gzip() async throws {
        let hall = try Hall()
        let wire = hall.wire()
        wire.send(Hall.request("GET /words/8"))
        let plain = try #require(await wire.answer())
        #expect(plain.header("vary") == "Accept-Encoding" && plain.header("content-encoding") == nil)
        wire.send(Hall.request("GET /words/8", "accept-encoding: br, gzip;q=0.5\r\n"))
        let packed = try #require(await wire.answer())
        #expect(packed.header("content-encoding") == "gzip" && packed.body.count < plain.body.count / 4)
        #expect(unpacked(packed.body, atMost: 100_000) == plain.body)
        wire.send(Hall.request("GET /words/8", "accept-encoding: gzip;q=0, deflate\r\n"))
        #expect(await wire.answer()?.body == plain.body)
        wire.send(Hall.request("GET /words/1", "accept-encoding: gzip\r\n"))
        #expect(await wire.answer()?.head.lowercased().contains("content-encoding") == false)
    }

    @Test("the trace of the caller goes on in the handler, in the span and in the metrics")
    func trace() async throws {
        let hall = try Hall()
        let wire = hall.wire()
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
        wire.send(Hall.request("GET /open", key: nil, "traceparent: 00-\(trace)-00f067aa0ba902b7-01\r\n"))
        let answer = try #require(await wire.answer())
        #expect(answer.text == #"{"text":"\#(trace)"}"#)
        let span = try #require(hall.tracer.take().spans.first)
        #expect(span.name == "GET /open" && span.kind == .server && span.parent == 0x00f0_67aa_0ba9_02b7)
        #expect(span.attributes.contains { $0.name == "http.response.status_code" && $0.value == .integer(200) })
        await hall.server.stop()
        let family = hall.metrics.snapshot().families.first { $0.name == "http.server.request.duration" }
        let labels = family?.series.first?.labels ?? []
        #expect(labels.contains(MetricLabel("http.route", "/open")))
        #expect(labels.contains(MetricLabel("http.response.status_code", "200")))
        #expect(family?.series.first?.histogram?.count == 1)
    }

    @Test("what is built in needs no key, and readiness is the service's word")
    func builtIn() async throws {
        let isReady = Flag()
        let hall = try Hall({ plan in
            plan.readiness = { isReady.value ? .ready : .notReady("The store is away.") }
        })
        let wire = hall.wire()
        wire.send(Hall.request("GET /healthz", key: nil))
        #expect(await wire.answer()?.status == 200)
        wire.send(Hall.request("GET /readyz", key: nil))
        let away = try #require(await wire.answer())
        #expect(away.status == 503 && away.text.contains("The store is away.") && away.header("retry-after") == "1")
        isReady.set(true)
        wire.send(Hall.request("GET /readyz", key: nil))
        #expect(await wire.answer()?.status == 200)
        wire.send(Hall.request("GET /openapi.json", key: nil))
        #expect(await wire.answer()?.body == hall.server.description)
    }

    @Test("a handler may begin on the server's thread, and wait")
    func beginsAtOnce() async throws {
        let gate = Gate()
        let route = Route(.get, "/at-once", "", roles: .open, beginsAtOnce: true, answers: [.noContent()]) { _ in
            await gate.pass()
            return .noContent
        }
        let hall = try Hall(more: [route])
        let (wire, other) = (hall.wire(), hall.wire())
        wire.send(Hall.request("GET /at-once", key: nil))
        await gate.isReached(by: 1)
        other.send(Hall.request("GET /healthz", key: nil))
        #expect(await other.answer()?.status == 200)
        gate.open()
        #expect(await wire.answer()?.status == 204)
    }

    private func unpacked(_ bytes: [UInt8], atMost most: Int) -> [UInt8] {
        var stream = z_stream()
        var input = bytes
        var output = [UInt8](repeating: 0, count: most)
        zlib_begin_gunzip(&stream)
        input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                (stream.next_in, stream.avail_in) = (input.baseAddress, UInt32(input.count))
                (stream.next_out, stream.avail_out) = (output.baseAddress, UInt32(output.count))
                _ = inflate(&stream, Z_FINISH)
            }
        }
        inflateEnd(&stream)
        return Array(output.prefix(Int(stream.total_out)))
    }
}
