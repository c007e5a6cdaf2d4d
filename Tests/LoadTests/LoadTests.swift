import Contracts
import Testing

@testable import Load

@Suite("What a load test counts")
struct LoadTests {
    private func read(_ text: String, in pieces: Int = 1) -> [AnswerReader.Result] {
        var reader = AnswerReader()
        var results: [AnswerReader.Result] = []
        let bytes = Array(text.utf8)
        let size = max(1, bytes.count / pieces)
        for start in stride(from: 0, to: bytes.count, by: size) {
            bytes[start..<min(start + size, bytes.count)].withUnsafeBytes { reader.append($0) }
            while true {
                let result = reader.next()
                if result == .incomplete { break }
                results.append(result)
                if result == .malformed { return results }
            }
        }
        return results
    }

    @Test("answers are read in whatever pieces they come", arguments: [1, 2, 7, 50, 1_000])
    func pieces(_ count: Int) {
        let text =
            "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
            + "HTTP/1.1 503 Service Unavailable\r\nconnection: Close\r\nCONTENT-LENGTH:0\r\n\r\n"
        #expect(
            read(text, in: count) == [
                .answer(.init(status: 201, body: Array("{}".utf8), closes: false)),
                .answer(.init(status: 503, body: [], closes: true)),
            ])
    }

    @Test(
        "what is no answer of a known length is malformed",
        arguments: [
            "SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/1.1 2x1 Odd\r\ncontent-length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n",
        ])
    func malformed(_ text: String) { #expect(read(text) == [.malformed]) }

    @Test("an order's id is found in its answer")
    func member() {
        #expect(textMember("order_id", in: Array("{\"a\":1, \"order_id\" : \"x-1\"}".utf8)) == "x-1")
        #expect(textMember("order_id", in: Array("{\"order\":\"x-1\"}".utf8)) == nil)
        #expect(textMember("order_id", in: []) == nil)
    }

    @Test("a run that is told to end places no more, and counts what it placed")
    func ending() throws {
        let plan = LoadPlan(
            // A port at which nobody listens.
            address: "127.0.0.1", port: 1, key: "", rate: 1_000, seconds: 3_600, customers: 1, products: 1, skew: 0,
            seed: 1)
        var asked = 0
        var failures: [Int64] = []
        let result = try LoadRun(plan).run(
            until: {
                asked += 1
                return asked > 50
            }, progress: { failures += $0.failures })
        #expect((1..<plan.total).contains(result.scheduled))
        #expect(result.reset == result.scheduled && result.accepted == 0)
        #expect(failures.count == 1)
    }

    @Test("quantiles are right to within one part in a hundred, over nine decades")
    func quantiles() throws {
        var chance = Chance(seed: 7)
        var record = LatencyRecord()
        var exact: [Int64] = []
        for _ in 0..<20_000 {
            let value = Int64.random(in: 0...(1 << Int64.random(in: 1...40, using: &chance)), using: &chance)
            record.record(value)
            exact.append(value)
        }
        exact.sort()
        for share in [0.01, 0.5, 0.9, 0.99, 0.999, 1.0] {
            let right = Double(exact[max(0, Int((Double(exact.count) * share).rounded(.up)) - 1)]) / 1e6
            let found = try #require(record.quantile(share))
            #expect(abs(found - right) <= right * 0.01 + 1e-6, "at \(share): \(found) for \(right)")
        }
    }

    @Test("the skew decides how much oftener the first is chosen")
    func skew() {
        func counts(_ skew: Double) -> [Int] {
            var chance = Chance(seed: 3)
            let skewed = Skewed(count: 4, skew: skew)
            var counts = [0, 0, 0, 0]
            for _ in 0..<40_000 { counts[skewed.choose(using: &chance) - 1] += 1 }
            return counts
        }
        for count in counts(0) { #expect((9_500...10_500).contains(count)) }
        // 1, 1/2, 1/3 and 1/4 of 25/12.
        for (count, right) in zip(counts(1), [19_200, 9_600, 6_400, 4_800]) { #expect(abs(count - right) < 500) }
    }

    @Test("orders leave on a schedule that no answer moves, and the same seed places the same orders")
    func schedule() {
        let plan = LoadPlan(
            address: "127.0.0.1", port: 1, key: "k", rate: 400, seconds: 2, customers: 10, products: 10, skew: 1,
            seed: 5)
        #expect(plan.total == 800 && plan.due(0) == 0 && plan.due(400) == 1_000_000_000)
        var one = OrderWriter(plan)
        var two = OrderWriter(plan)
        for _ in 0..<50 {
            let request = one.next()
            #expect(request == two.next())
            let text = String(decoding: request, as: UTF8.self)
            let parts = text.split(separator: "\r\n\r\n")
            #expect(parts.count == 2 && text.contains("content-length: \(parts[1].utf8.count)\r\n"))
        }
    }
}
