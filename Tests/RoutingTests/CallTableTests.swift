import Contracts
import Testing

@testable import Routing

/// A table of calls on the bench: what it decides comes out as lines.
private struct TableBench {
    var table: CallTable<String, String, String>
    var effects: [CallTable<String, String, String>.Effect] = []
    var now = Moment(nanoseconds: 1_000_000_000)

    init(limit: Int = 100) { table = CallTable(limit: limit) }

    mutating func decided() -> [String] {
        defer { effects.removeAll() }
        return effects.map { effect in
            switch effect {
            case .send(let correlation, let deaths, let budget, let frame):
                "send #\(correlation) \(frame) deaths \(deaths) budget \(budget)"
            case .cancel(let correlation): "cancel #\(correlation)"
            case .finish(let waiter, .success(let answer)): "\(waiter): \(answer)"
            case .finish(let waiter, .failure(let fault)): "\(waiter): \(fault)"
            case .death(let waiter, let deaths): "\(waiter): death \(deaths)"
            }
        }
    }
    mutating func begin(_ number: UInt64, again: Bool = false, milliseconds: Int64? = nil, deaths: UInt8 = 0)
        -> [String]
    {
        table.begin(
            correlation: number, frame: "f\(number)", waiter: "w\(number)",
            deadline: milliseconds.map { now.adding(.milliseconds($0)) } ?? .never, again: again, deaths: deaths,
            now: now, into: &effects)
        return decided()
    }
    mutating func joined() -> [String] {
        table.joined(now: now, into: &effects)
        return decided()
    }
    mutating func parted() -> [String] {
        table.parted(into: &effects)
        return decided()
    }
    mutating func answered(_ number: UInt64) -> [String] {
        table.answered(number, "answer", into: &effects)
        return decided()
    }
    mutating func cancel(_ number: UInt64) -> [String] {
        table.cancel(number, into: &effects)
        return decided()
    }
    mutating func died(_ number: UInt64, _ deaths: UInt8) -> [String] {
        table.died(number, deaths: deaths, into: &effects)
        return decided()
    }
    mutating func tick(_ milliseconds: Int64) -> [String] {
        now = now.adding(.milliseconds(milliseconds))
        table.tick(now: now, into: &effects)
        return decided()
    }
    mutating func close() -> [String] {
        table.close(into: &effects)
        return decided()
    }
}

@Suite struct CallTableTests {
    @Test("before the broker lets us in calls wait, then they go in the order in which they were asked")
    func waits() {
        var bench = TableBench()
        for number in [3, 1, 2] as [UInt64] { #expect(bench.begin(number).isEmpty) }
        #expect(
            bench.joined() == [
                "send #1 f1 deaths 0 budget 0", "send #2 f2 deaths 0 budget 0", "send #3 f3 deaths 0 budget 0",
            ])
        #expect(bench.begin(4) == ["send #4 f4 deaths 0 budget 0"])
    }

    @Test("an answer ends a call, and only once")
    func answer() {
        var bench = TableBench()
        _ = bench.joined()
        _ = bench.begin(1)
        #expect(bench.answered(1) == ["w1: answer"])
        #expect(bench.answered(1).isEmpty && bench.cancel(1).isEmpty && bench.died(1, 1).isEmpty)
        #expect(bench.answered(9).isEmpty && bench.table.count == 0)
    }

    @Test("cancelled, a call ends at once; the broker is told only if it has it")
    func cancel() {
        var bench = TableBench()
        _ = bench.begin(1)
        #expect(bench.cancel(1) == ["w1: cancelled"])
        _ = bench.joined()
        _ = bench.begin(2)
        #expect(bench.cancel(2) == ["cancel #2", "w2: cancelled"])
        _ = bench.begin(3, again: true)
        _ = bench.parted()
        #expect(bench.cancel(3) == ["w3: cancelled"])
        #expect(bench.cancel(3).isEmpty)
    }

    @Test("when the broker is gone, what was sent is lost, unless it may be repeated; what waited goes on waiting")
    func parted() {
        var bench = TableBench()
        _ = bench.joined()
        _ = bench.begin(1)
        _ = bench.begin(2, again: true)
        #expect(bench.parted() == ["w1: lost"])
        #expect(bench.begin(3).isEmpty)
        #expect(bench.parted().isEmpty)
        #expect(bench.joined() == ["send #2 f2 deaths 0 budget 0", "send #3 f3 deaths 0 budget 0"])
        #expect(bench.parted() == ["w3: lost"])
    }

    @Test("deaths are counted upwards, told, and sent along the next time")
    func deaths() {
        var bench = TableBench()
        _ = bench.joined()
        _ = bench.begin(1, again: true, deaths: 1)
        #expect(bench.died(1, 1).isEmpty && bench.died(1, 0).isEmpty)
        #expect(bench.died(1, 2) == ["w1: death 2"])
        _ = bench.parted()
        #expect(bench.joined() == ["send #1 f1 deaths 2 budget 0"])
    }

    @Test("the budget is what is left when the call leaves, and never nothing")
    func budget() {
        var bench = TableBench()
        _ = bench.begin(1, milliseconds: 100)
        bench.now = bench.now.adding(.milliseconds(40))
        #expect(bench.joined() == ["send #1 f1 deaths 0 budget 60000"])
        _ = bench.parted()
        _ = bench.begin(2, again: true, milliseconds: 10)
        bench.now = bench.now.adding(.milliseconds(10))
        #expect(bench.joined() == ["send #2 f2 deaths 0 budget 1"])
    }

    @Test("too late is too late: at the beginning, waiting, and under way")
    func late() {
        var bench = TableBench()
        #expect(bench.begin(1, milliseconds: 0) == ["w1: late"])
        _ = bench.begin(2, milliseconds: 50)
        #expect(bench.tick(49).isEmpty)
        #expect(bench.tick(1) == ["w2: late"])
        _ = bench.joined()
        _ = bench.begin(3, milliseconds: 50)
        _ = bench.begin(4, milliseconds: 20)
        #expect(bench.tick(60) == ["cancel #4", "w4: late", "cancel #3", "w3: late"])
        #expect(bench.answered(3).isEmpty)
    }

    @Test("a deadline of a call that has ended does nothing")
    func endedBefore() {
        var bench = TableBench()
        _ = bench.joined()
        _ = bench.begin(1, milliseconds: 50)
        _ = bench.answered(1)
        #expect(bench.tick(100).isEmpty)
    }

    @Test("more open calls than the limit are refused at once")
    func limit() {
        var bench = TableBench(limit: 2)
        _ = bench.begin(1)
        _ = bench.begin(2)
        #expect(bench.begin(3) == ["w3: overloaded"])
        _ = bench.cancel(1)
        #expect(bench.begin(4).isEmpty)
    }

    @Test("at the end nobody is left waiting, and nobody begins")
    func close() {
        var bench = TableBench()
        _ = bench.begin(2)
        _ = bench.begin(1)
        #expect(bench.close() == ["w1: closed", "w2: closed"])
        #expect(bench.begin(3) == ["w3: closed"])
        #expect(bench.close().isEmpty)
    }

    @Test("deadlines of ended calls do not pile up, and those of open ones survive the tidying")
    func rebuild() {
        var bench = TableBench(limit: 10_000)
        _ = bench.joined()
        _ = bench.begin(1, milliseconds: 5_000)
        _ = bench.begin(2, milliseconds: 4_000)
        for number in 3...3_000 as ClosedRange<UInt64> {
            _ = bench.begin(number, milliseconds: 10_000)
            _ = bench.answered(number)
        }
        #expect(bench.tick(1).isEmpty)
        #expect(bench.tick(6_000) == ["cancel #2", "w2: late", "cancel #1", "w1: late"])
    }

    @Test("deadlines come out in their order, whatever the order in which they went in")
    func heap() {
        var heap = DeadlineHeap()
        var state: UInt64 = 3
        for number in 0..<500 as Range<UInt64> {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            heap.push(Moment(nanoseconds: state >> 40), number)
        }
        var last: UInt64 = 0
        var count = 0
        for moment in stride(from: 0, through: UInt64(1) << 24, by: 4_096) {
            while heap.popDue(Moment(nanoseconds: moment)) != nil { count += 1 }
            last = moment
        }
        #expect(count == 500 && heap.count == 0 && last > 0)
    }
}
