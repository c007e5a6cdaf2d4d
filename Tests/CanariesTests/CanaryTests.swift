import Canaries
import Contracts
import Definitions
import Testing

private let id = "01a1fdd6-4bab-7358-92f1-bcdf6c027776"
private let canary = CanaryDefinition(
    name: "order-and-delete", every: .seconds(10), deadline: .seconds(5), sku: "CANARY-1",
    customer: Synthetic.customer(1),
    steps: [
        .init(.order, status: 201, within: .seconds(1)),
        .init(.read, status: 200, until: "CONFIRMED", within: .seconds(2)),
        .init(.delete, status: 204, within: .seconds(1)), .init(.read, status: 404, within: .seconds(1)),
    ])

private struct Endless: Error {}

/// A shop of which one answer can be spoilt, on a clock that goes on by what each request takes.
private struct Stage {
    var run = CanaryRun(canary, key: "once")
    var now = Moment.zero
    var takes = Duration.milliseconds(10)
    var orders: [String: String] = [:]
    var pendingFor = 2
    var sent: [String] = []
    /// The number of a request, and what is answered in the place of the shop's own word.
    var spoilt: [Int: (CanaryAnswer, isDone: Bool)] = [:]

    mutating func play() throws -> CanaryResult {
        var effect = run.begin(now: now)
        for _ in 0..<1_000 {
            switch effect {
            case .send(let request):
                now = now + min(takes, request.deadline)
                effect = run.hear(takes > request.deadline ? tooLate(request) : answer(request), now: now)
            case .wait(let until):
                now = until
                effect = run.resume(now: now)
            case .end(let result): return result
            }
        }
        throw Endless()
    }

    private mutating func tooLate(_ request: CanaryRequest) -> CanaryAnswer {
        _ = answer(request)
        return .failed("no answer in time", mayHaveBeenDone: true)
    }

    private mutating func answer(_ request: CanaryRequest) -> CanaryAnswer {
        sent.append("\(request.method.rawValue) \(request.path)")
        if let spoilt = spoilt[sent.count] {
            if spoilt.isDone { _ = shop(request) }
            return spoilt.0
        }
        return shop(request)
    }

    private mutating func shop(_ request: CanaryRequest) -> CanaryAnswer {
        func says(_ status: Int, _ text: String = "") -> CanaryAnswer {
            .answered(status: status, body: Array(text.utf8))
        }
        if request.method == .post {
            guard request.key == "once", request.body?.contains(#""sku":"CANARY-1","quantity":1"#) == true else {
                return says(400)
            }
            orders[id] = orders[id] ?? "PENDING_INVENTORY"
            return says(201, #"{"order_id":"\#(id)"}"#)
        }
        guard request.path == "/orders/\(id)", let status = orders[id] else {
            return says(404, #"{"detail":"No order has this id"}"#)
        }
        if request.method == .delete {
            orders[id] = nil
            return says(204)
        }
        pendingFor -= 1
        if pendingFor <= 0 { orders[id] = "CONFIRMED" }
        return says(200, #"{"id":"\#(id)","total":1.5,"status":"\#(status)"}"#)
    }
}

@Suite("A canary's run") struct CanaryRunTests {
    @Test("orders, reads until it is confirmed, deletes, and finds it gone")
    func good() throws {
        var stage = Stage()
        let result = try stage.play()
        #expect(result.passed && !result.leftBehind && result.order == id)
        #expect(result.steps.map(\.name) == ["order", "read until CONFIRMED", "delete", "read"])
        // Three looks with a pause between them.
        #expect(abs(result.steps[1].seconds - 0.13) < 1e-9 && abs(result.seconds - 0.16) < 1e-9)
        #expect(stage.orders.isEmpty)
    }

    @Test(
        "says what was expected and what was found, and leaves nothing behind",
        arguments: [
            (
                1, CanaryAnswer.answered(status: 503, body: Array(#"{"detail":"full"}"#.utf8)), true,
                "order: expected 201 within 1.0 s, answered 503: full"
            ),
            (
                1, .failed("the connection broke", mayHaveBeenDone: true), true,
                "order: expected 201 within 1.0 s: the connection broke"
            ),
            (
                1, .answered(status: 201, body: Array("{}".utf8)), true,
                "order: expected an order_id in the answer, found none"
            ),
            (
                1, .answered(status: 201, body: Array(#"{"order_id":"../customers"}"#.utf8)), false,
                "order: expected an order_id in the answer, found none"
            ),
            (
                2, .answered(status: 200, body: Array(#"{"status":"CANCELLED","reason":"no stock"}"#.utf8)), false,
                "read until CONFIRMED: expected CONFIRMED, found CANCELLED (no stock)"
            ),
            (
                2, .answered(status: 200, body: Array("not json".utf8)), false,
                "read until CONFIRMED: expected CONFIRMED, found no status in the answer"
            ),
            (5, .answered(status: 500, body: []), false, "delete: expected 204 within 1.0 s, answered 500"),
            (6, .answered(status: 200, body: []), false, "read: expected 404 within 1.0 s, answered 200"),
        ])
    func bad(number: Int, answer: CanaryAnswer, isDone: Bool, fault: String) throws {
        var stage = Stage()
        stage.spoilt[number] = (answer, isDone)
        let result = try stage.play()
        #expect(result.fault == fault)
        #expect(stage.orders.isEmpty && !result.leftBehind)
    }

    @Test("what was never sent needs no removal")
    func unreachable() throws {
        var stage = Stage()
        stage.spoilt[1] = (.failed("nobody could be reached", mayHaveBeenDone: false), false)
        let result = try stage.play()
        #expect(stage.sent == ["POST /orders"] && !result.leftBehind && !result.passed)
    }

    @Test("an order that cannot be removed is told")
    func leftBehind() throws {
        var stage = Stage()
        for number in 5...6 { stage.spoilt[number] = (.failed("no answer", mayHaveBeenDone: true), false) }
        let result = try stage.play()
        #expect(result.leftBehind && result.fault?.hasPrefix("delete: ") == true && result.order == id)
    }

    @Test("an order that is never decided ends the step within its time, and the whole within its own")
    func undecided() throws {
        var stage = Stage()
        stage.pendingFor = .max
        let result = try stage.play()
        #expect(result.fault == "read until CONFIRMED: expected CONFIRMED, found PENDING_INVENTORY")
        #expect(result.steps[1].seconds <= 2 && result.steps[1].seconds > 1.9 && stage.orders.isEmpty)
    }

    @Test("a shop that answers too slowly fails, and the order it took all the same is removed")
    func slow() throws {
        var stage = Stage()
        stage.takes = .milliseconds(1_500)
        let result = try stage.play()
        #expect(result.fault == "order: expected 201 within 1.0 s: no answer in time")
        #expect(stage.orders.isEmpty && !result.leftBehind)
    }

    @Test("whatever is answered, it ends, and an order stays only where that is told", arguments: 1...300)
    func anything(seed: UInt64) throws {
        var chance = Chance(seed: seed)
        var stage = Stage()
        stage.pendingFor = .random(in: 0...4, using: &chance)
        stage.takes = .milliseconds(.random(in: 1...1_200, using: &chance))
        let bodies = ["", "{}", "[1]", #"{"order_id":7}"#, #"{"order_id":"\#(id)"}"#, #"{"status":"CONFIRMED"}"#]
        for number in 1...12 where Int.random(in: 0..<3, using: &chance) == 0 {
            let status = [200, 201, 204, 404, 409, 429, 500, 503].randomElement(using: &chance) ?? 200
            let body = Array((bodies.randomElement(using: &chance) ?? "").utf8)
            let answer: CanaryAnswer =
                Bool.random(using: &chance)
                ? .answered(status: status, body: body) : .failed("broken", mayHaveBeenDone: true)
            // An answer is a lie where it says less than was done; one that says more is none of ours to find out.
            stage.spoilt[number] = (answer, status >= 500)
        }
        let result = try stage.play()
        let lies = stage.spoilt.contains { number, spoilt in
            if case .answered(let status, _) = spoilt.0, number <= stage.sent.count { return status < 500 }
            return false
        }
        #expect(stage.orders.isEmpty || result.leftBehind || lies)
        #expect(result.steps.count <= 4)
    }
}

@Suite("A canary's judge") struct CanaryJudgeTests {
    @Test("one failure is no state; so many of so many are, until so many have passed in a row")
    func judge() {
        var judge = CanaryJudge(.init(failures: 3, of: 5, recoveries: 2))
        func play(_ runs: String) -> [CanaryJudge.Change?] { runs.map { judge.add(passed: $0 == "+") } }
        #expect(play("+-+-++-+").allSatisfy { $0 == nil })
        #expect(play("--") == [nil, .failing] && judge.isFailing)
        #expect(play("+-+") == [nil, nil, nil])
        #expect(play("+") == [.recovered] && !judge.isFailing)
        // What is over is not counted again.
        #expect(play("--") == [nil, nil])
        #expect(play("-") == [.failing])
    }

    @Test("it is due at even times, and what was missed is left out")
    func schedule() {
        var record = CanaryRecord(canary)
        func at(_ seconds: Int64) -> Moment { Moment.zero + .seconds(seconds) }
        #expect(record.due(now: at(5)) == at(5))
        record.begin(now: at(5))
        #expect(record.due(now: at(6)) == at(15))
        record.begin(now: at(17))
        #expect(record.due(now: at(18)) == at(25))
        record.begin(now: at(80))
        #expect(record.due(now: at(81)) == at(90))
        #expect(record.report.runs == 0 && record.report.everySeconds == 10)
    }
}

@Suite("What a canary needs") struct CanaryPreparationTests {
    private func play(_ answers: [(Int, String)], hasInventory: Bool = true) -> (sent: [String], fault: String?) {
        var preparation = CanaryPreparation(canary, hasInventory: hasInventory)
        var sent: [String] = []
        while let request = preparation.next, sent.count < answers.count {
            let (status, body) = answers[sent.count]
            sent.append("\(request.method.rawValue) \(request.path)")
            if let fault = preparation.hear(.answered(status: status, body: Array(body.utf8))) { return (sent, fault) }
        }
        return (sent, nil)
    }

    @Test("is made where it is not there, and stock only where there is little")
    func made() {
        let enough = play([(201, ""), (409, ""), (200, #"{"quantity":500}"#), (200, "")])
        #expect(enough.sent == ["POST /customers", "POST /products", "GET /inventory/CANARY-1"] && enough.fault == nil)
        let little = play([(201, ""), (201, ""), (200, #"{"quantity":3}"#), (200, "")])
        #expect(little.sent.last == "PUT /inventory/CANARY-1" && little.sent.count == 4 && little.fault == nil)
        #expect(play([(201, ""), (201, "")], hasInventory: false).sent == ["POST /customers"])
    }

    @Test("is told where it cannot be made")
    func fault() {
        #expect(play([(201, ""), (403, "")]).fault == "the product could not be prepared: answered 403")
    }
}
