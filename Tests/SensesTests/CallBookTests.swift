import Contracts
import Testing

@testable import Senses

@Suite struct CallBookTests {
    private func whole(_ spans: [TraceSpan], weight: Double = 1) -> TraceHold.Whole {
        var limits = TraceHold.Limits()
        limits.share = 1 / max(weight, 1)
        var hold = TraceHold(limits: limits)
        for span in spans { hold.take(span, now: at(noon + 10)) }
        var whole = hold.settle(now: at(noon + 100))[0]
        whole.weight = weight
        return whole
    }

    private func figures(_ book: CallBook, _ node: String) -> CallFigures? {
        book.figures(from: noon - 100, onset: noon - 50, until: noon + 100).first { $0.node == node }?.after
    }

    private func edges(_ book: CallBook) -> [String] {
        book.edges(from: noon - 100, onset: noon - 50, until: noon + 100).map { "\($0.caller)>\($0.callee)" }
    }

    private let shop = [
        span("root", of: "a", node: "web", milliseconds: 100),
        span("out", of: "a", parent: "root", node: "web", kind: "client", milliseconds: 60),
        span("in", of: "a", parent: "out", node: "orders", milliseconds: 50),
        span(
            "sql", of: "a", parent: "in", node: "orders", kind: "client", milliseconds: 30,
            attributes: [SignalLabel("db.system", "sqlite")]),
    ]

    @Test("a service's own time is what is left without the calls that it waits for")
    func ownTime() {
        var book = CallBook()
        book.take(whole(shop))
        let (web, orders) = (figures(book, "web"), figures(book, "orders"))
        #expect(web?.calls == 1 && abs((web?.seconds ?? 0) - 0.1) < 1e-6)
        #expect(abs((web?.ownSeconds ?? 0) - 0.05) < 1e-6)
        #expect(orders?.calls == 1 && abs((orders?.ownSeconds ?? 0) - 0.05) < 1e-6)
        #expect(edges(book) == ["orders>sqlite", "web>orders"])
    }

    @Test("a consumer's work is not what its producer waited for")
    func consumers() {
        var book = CallBook()
        book.take(
            whole([
                span("send", of: "a", node: "orders", kind: "producer", milliseconds: 20),
                span("take", of: "a", parent: "send", node: "inventory", kind: "consumer", milliseconds: 5_000),
            ]))
        #expect(abs((figures(book, "orders")?.ownSeconds ?? 0) - 0.02) < 1e-6)
        #expect(edges(book) == ["orders>inventory"])
    }

    @Test("a trace of the share stands for all that are like it; an error is counted once, and is one call")
    func weights() {
        var book = CallBook()
        book.take(whole(shop, weight: 100))
        #expect(figures(book, "web")?.calls == 100 && figures(book, "web")?.errors == 0)
        book.take(whole([span("root", of: "b", node: "web", ok: false)], weight: 1))
        #expect(figures(book, "web")?.calls == 101 && figures(book, "web")?.errors == 1)
        book.take(whole(shop, weight: 0))
        #expect(figures(book, "web")?.calls == 101)
    }

    @Test("through the hold, a service that always fails has as many errors as calls, and one in ten is one in ten")
    func unbiased() {
        for everyNth in [1, 10] {
            var limits = TraceHold.Limits()
            limits.waitingSpans = 100_000
            var hold = TraceHold(limits: limits)
            var book = CallBook()
            var chance = Chance(7)
            for number in 0..<20_000 {
                let trace = String(chance.next() | 1 << 63, radix: 16) + String(chance.next() | 1 << 63, radix: 16)
                hold.take(span("a", of: trace, ok: number % everyNth != 0), now: at(noon))
            }
            for trace in hold.settle(now: at(noon + 10)) { book.take(trace) }
            let figures = figures(book, "orders")
            let share = (figures?.errors ?? 0) / max(figures?.calls ?? 0, 1)
            #expect(abs(share - 1 / Double(everyNth)) < 0.02)
            #expect(abs((figures?.calls ?? 0) - 20_000) < 3_000)
        }
    }

    @Test("a service that goes on well though what it calls fails has as many calls as before")
    func failureBehind() {
        var hold = TraceHold()
        var book = CallBook()
        var chance = Chance(11)
        for _ in 0..<20_000 {
            let trace = String(chance.next() | 1 << 63, radix: 16) + String(chance.next() | 1 << 63, radix: 16)
            let isInShare = TraceHold.belongs(trace, toShare: 0.01)
            // What is well leaves its process in the share only.
            if isInShare { hold.take(span("root", of: trace, node: "web", kind: "client"), now: at(noon)) }
            hold.take(span("in", of: trace, parent: "root", node: "orders", ok: false), now: at(noon))
            if hold.count > 10_000 { for trace in hold.settle(now: at(noon + 10)) { book.take(trace) } }
        }
        for trace in hold.settle(now: at(noon + 10)) { book.take(trace) }
        let (web, orders) = (figures(book, "web"), figures(book, "orders"))
        #expect(abs((web?.calls ?? 0) - 20_000) < 3_000 && web?.errors == 0)
        #expect(orders?.calls == 20_000 && orders?.errors == 20_000)
    }

    @Test("a call to an address that is a door of the cluster is a call to the service behind it")
    func doors() {
        var book = CallBook(doors: [("127.0.0.1:8081", "orders")])
        func client(_ trace: String, _ port: String) -> TraceSpan {
            span(
                "get", of: trace, node: "web", kind: "client",
                attributes: [SignalLabel("server.address", "127.0.0.1"), SignalLabel("server.port", port)])
        }
        book.take(whole([client("a", "8081")]))
        book.take(whole([client("b", "9999")]))
        #expect(edges(book) == ["web>127.0.0.1:9999", "web>orders"])
    }

    @Test("who is called by whom is known through others, the nearest first, in circles too")
    func callers() {
        var book = CallBook()
        for (turn, pair) in [("a", "b"), ("b", "c"), ("x", "c"), ("c", "b"), ("d", "a")].enumerated() {
            book.take(
                whole([
                    span("o", of: "t\(turn)", node: pair.0, kind: "client"),
                    span("i", of: "t\(turn)", parent: "o", node: pair.1),
                ]))
        }
        #expect(book.callers(of: "c") == ["b", "x", "a", "d"])
        #expect(book.callers(of: "d").isEmpty)
    }

    @Test("what was wrong is counted by kind with a trace that shows it, and of one service only so many are kept")
    func faults() {
        var book = CallBook()
        for number in 0..<300 {
            book.take(whole([span("pay \(number % 2)", of: "t\(number)", node: "web", ok: false)]))
        }
        let faults = book.figures(from: noon - 100, onset: noon - 50, until: noon + 100).first?.faults ?? []
        #expect(faults.map(\.name) == ["pay 0", "pay 1"] && faults.map(\.count) == [32, 32])
        #expect(faults.first?.trace == "t298")
    }

    @Test("services without end take bounded memory and are counted; silent ones are forgotten")
    func bounds() {
        var limits = CallBook.Limits()
        (limits.services, limits.edges) = (20, 30)
        var book = CallBook(limits: limits)
        for number in 0..<1_000 {
            book.take(
                whole([
                    span("o", of: "t", node: "a\(number)", kind: "client"),
                    span("i", of: "t", parent: "o", node: "b\(number)"),
                ]))
        }
        #expect(book.leftOut == 2_000 - 20 + 1_000 - 30)
        #expect(book.bytes < 400_000)
        book.forget(now: noon + 3_700)
        #expect(book.bytes == 0)
    }

    @Test("the order in which traces come does not matter")
    func order() {
        let all = (0..<40).map { number in
            whole([span("root", of: "t\(number)", node: "web", start: noon - Int64(number * 7), ok: number % 3 == 0)])
        }
        var (straight, back) = (CallBook(), CallBook())
        for trace in all { straight.take(trace) }
        for trace in all.reversed() { back.take(trace) }
        let ours = straight.figures(from: noon - 400, onset: noon - 100, until: noon + 10)
        let theirs = back.figures(from: noon - 400, onset: noon - 100, until: noon + 10)
        #expect(ours.map(\.before.calls) == theirs.map(\.before.calls) && ours.map(\.after) == theirs.map(\.after))
        #expect(ours.first.map { $0.before.calls + $0.after.calls } == 40)
    }
}
