import Contracts
import Signals
import Testing

@testable import Senses

@Suite struct TraceHoldTests {
    private let ordinary = traces(400, inShare: false)
    private let shared = traces(50, inShare: true)

    private func settled(_ hold: inout TraceHold, after seconds: Int64 = 5) -> [TraceHold.Whole] {
        hold.settle(now: at(noon + seconds))
    }

    @Test("kept are traces with an error, slow ones, wanted ones and the share; each says why")
    func reasons() {
        var hold = TraceHold()
        hold.want(ordinary[3], now: at(noon))
        hold.take(span("a", of: ordinary[0]), now: at(noon))
        hold.take(span("b", of: ordinary[1], ok: false), now: at(noon))
        hold.take(span("c", of: ordinary[2], milliseconds: 1_500), now: at(noon))
        hold.take(span("d", of: ordinary[3]), now: at(noon))
        hold.take(span("e", of: shared[0]), now: at(noon))
        #expect(settled(&hold, after: 3).isEmpty && hold.count == 5)
        let whole = settled(&hold)
        #expect(whole.map(\.keptFor) == [nil, "error", "slow", "wanted", "share"])
        #expect(whole.map(\.weight) == [0, 0, 0, 0, 100])
        #expect(hold.count == 0 && hold.bytes < 1_000)
    }

    @Test("what is slow is learned from what is usual for the same work")
    func slow() {
        var hold = TraceHold()
        for (turn, trace) in ordinary.prefix(200).enumerated() {
            hold.take(span("work", of: trace, milliseconds: 10 + Int64(turn % 3)), now: at(noon))
        }
        #expect(settled(&hold).allSatisfy { $0.keptFor == nil })
        hold.take(span("work", of: ordinary[300], milliseconds: 200), now: at(noon + 6))
        #expect(hold.settle(now: at(noon + 11)).map(\.keptFor) == ["slow"])
    }

    @Test("a span sent twice is one")
    func doubled() {
        var hold = TraceHold()
        for _ in 0..<3 { hold.take(span("a", of: shared[0]), now: at(noon)) }
        #expect(hold.count == 1 && settled(&hold).first?.spans.count == 1)
    }

    @Test("the first error of a trace asks for its others, and what comes of it later is kept, too")
    func asking() {
        var hold = TraceHold()
        let asked = ["a", "b", "c"].map { name in
            hold.take(span(name, of: ordinary[0], ok: name == "a"), now: at(noon))
        }
        let again = hold.take(span("d", of: ordinary[0], ok: false), now: at(noon))
        #expect(asked == [false, true, false] && !again)
        #expect(settled(&hold).map(\.keptFor) == ["error"])
        hold.take(span("late", of: ordinary[0]), now: at(noon + 20))
        #expect(hold.settle(now: at(noon + 25)).map(\.keptFor) == ["wanted"])
    }

    @Test("a trace that goes on and on is judged in the end, in the order of its spans")
    func endless() {
        var hold = TraceHold()
        var whole: [TraceHold.Whole] = []
        for second in 0..<Int64(32) {
            hold.take(span("s\(99 - second)", of: shared[0], start: noon - second), now: at(noon + second))
            whole += hold.settle(now: at(noon + second))
        }
        #expect(whole.count == 1 && whole.first?.spans.count == 31)
        #expect(whole.first.map { $0.spans.map(\.start) == $0.spans.map(\.start).sorted() } == true)
    }

    @Test("in a flood the ordinary go first, errors and the share stay, and every span is counted")
    func flood() {
        var limits = TraceHold.Limits()
        (limits.waitingSpans, limits.keptPerSecond) = (200, 1_000)
        var hold = TraceHold(limits: limits)
        for (turn, trace) in ordinary.enumerated() {
            hold.take(span("a", of: trace, ok: turn % 10 != 0), now: at(noon))
            if turn < 50 { hold.take(span("a", of: shared[turn]), now: at(noon)) }
        }
        #expect(hold.count <= 200)
        let whole = settled(&hold)
        #expect(whole.count { $0.keptFor == "error" } == 40 && whole.count { $0.keptFor == "share" } == 50)
        #expect(whole.count + hold.losses.dropped == 450)
    }

    @Test("spans of any size stay within their bytes, and one trace within its spans")
    func bounds() {
        var limits = TraceHold.Limits()
        limits.bytes = 1 << 20
        var hold = TraceHold(limits: limits)
        let long = String(repeating: "e\u{301}", count: 2_000)
        let attributes = (0..<100).map { SignalLabel("\($0)\(long)", long) }
        for (turn, trace) in ordinary.enumerated() {
            hold.take(span("\(turn)\(long)", of: trace, ok: false, attributes: attributes), now: at(noon))
        }
        #expect(hold.bytes < 1_200_000 && hold.losses.dropped > 300)
        var one = TraceHold()
        for number in 0..<1_000 { one.take(span("\(number)", of: shared[0]), now: at(noon)) }
        #expect(one.count == 500 && one.losses.dropped == 500)
    }

    @Test("beyond what is kept in a second, traces are counted only; wanted ones are kept")
    func tooMany() {
        var limits = TraceHold.Limits()
        limits.keptPerSecond = 10
        var hold = TraceHold(limits: limits)
        hold.want(ordinary[99], now: at(noon))
        for trace in ordinary.prefix(100) { hold.take(span("a", of: trace, ok: false), now: at(noon)) }
        let whole = settled(&hold)
        #expect(whole.count { $0.keptFor == "error" } == 10 && whole.last?.keptFor == "wanted")
        #expect(hold.losses.notKept == 89)
    }

    @Test("the share is that of the processes")
    func share() {
        var chance = Chance(3)
        var inside = 0
        for _ in 0..<20_000 {
            let (high, low) = (chance.next() | 1, chance.next())
            let context = TraceContext(
                traceparent: "00-\(TraceHoldTests.digits(high))\(TraceHoldTests.digits(low))-0000000000000001-00")
            let trace = context?.traceIdentifier ?? ""
            let belongs = TraceHold.belongs(trace, toShare: TraceHold.Limits().share)
            #expect(belongs == context?.belongs(toShare: Tracer.Limits().share))
            inside += belongs ? 1 : 0
        }
        #expect((100...320).contains(inside))
        #expect(!TraceHold.belongs("no trace", toShare: 1))
    }

    private static func digits(_ number: UInt64) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }

    @Test("spans of 1970, of 2100, without an end or of the end of time are counted and held by nobody")
    func wrongTimes() {
        var hold = TraceHold()
        for start in [0, -1, 4_102_444_800, noon + 61, noon - 4_000] {
            hold.take(span("a", of: ordinary[0], start: start), now: at(noon))
        }
        hold.take(span("a", of: ordinary[0], milliseconds: -1), now: at(noon))
        hold.take(span("a", of: ordinary[0], milliseconds: Int64.max / 1_000_000), now: at(noon))
        #expect(hold.count == 0 && hold.losses.late == 2 && hold.losses.refused == 5)
    }

    @Test("a clock that is set back holds no trace for longer")
    func clockSetBack() {
        var hold = TraceHold()
        hold.take(span("a", of: shared[0]), now: at(noon))
        #expect(hold.settle(now: at(noon - 3_000)).count == 1)
    }
}
