import Contracts
import Testing

@testable import Senses

@Suite struct ObservatoryTests {
    @Test("whatever is sent, the books together stay within the budget, as they count it")
    func budget() {
        var shop = Observatory(budget: Observatory.Budget(bytes: 4 << 20), objectives: ObjectiveBook())
        var chance = Chance(1)
        let long = String(repeating: "x", count: 300)
        for second in noon..<noon + 40 {
            let points = (0..<500).map { number -> MetricPoint in
                let label = SignalLabel("user", "\(chance.next() % 50_000)\(long)")
                let buckets = (0..<100).map(Double.init)
                return point(
                    number % 2 == 0 ? .gauge(1) : .distribution(Distribution(bounds: buckets, counts: buckets, sum: 1)),
                    at: second, metric: "m\(number % 7)", node: "n\(chance.next() % 100)", labels: [label])
            }
            shop.take(points, now: at(second))
            shop.take(
                (0..<200).map { line("\(second) \($0) \(long)", at: second, node: "n\($0)", isTemplate: true) },
                now: at(second))
            shop.take(
                (0..<300).map { number in
                    span("s", of: "\(chance.next())", node: "n\(number)", start: second, ok: number % 2 == 0)
                }, now: at(second))
            _ = shop.tick(now: at(second))
        }
        #expect(shop.heldBytes < 4 << 20)
        #expect(shop.losses.first { $0.name == "readings folded" }.map { $0.count > 1_000 } == true)
    }

    @Test("a change told twice is one, and only the latest are kept, in the order of time")
    func changes() {
        var shop = Observatory(objectives: ObjectiveBook())
        for number in (0..<1_500).reversed() {
            let change = ChangeNotice(
                id: "\(number)", kind: .deploy, nodes: [], text: "t", author: "a", at: at(noon + Int64(number)))
            shop.take(change)
            shop.take(change)
        }
        #expect(shop.changes.count <= 1_000 && shop.changes.map(\.at) == shop.changes.map(\.at).sorted())
        #expect(Set(shop.changes.map(\.id)).count == shop.changes.count)
    }

    @Test("gaps of any number of names are counted, none is lost")
    func gaps() {
        var shop = Observatory(objectives: ObjectiveBook())
        for number in 0..<1_000 { shop.missed("topic \(number)", count: 2) }
        shop.missed("nothing", count: 0)
        shop.missed("nothing", count: -5)
        let missing = shop.missing(now: at(noon))
        #expect(
            missing.count == 257 && missing.first { $0.signal == "other signals" }?.reason.hasPrefix("1488 ") == true)
    }

    @Test("each trace with an error asks once for its others, and what is not asked for is counted")
    func asking() {
        var shop = Observatory(objectives: ObjectiveBook())
        let spans = traces(80, inShare: false).flatMap { trace in
            [span("a", of: trace, ok: false), span("b", of: trace, ok: false)]
        }
        shop.take(spans, now: at(noon))
        #expect(shop.tick(now: at(noon)).wanted.count == 4 && shop.tick(now: at(noon)).wanted.isEmpty)
        #expect(shop.losses.first { $0.name == "traces not asked for" }?.count == 76)
    }

    @Test("a clock that jumps by hours, to and fro, leaves a watch that works")
    func clocks() {
        var shop = Observatory(objectives: ObjectiveBook())
        for start in [noon, noon + 20_000, noon + 1_000] {
            for second in start..<start + 30 {
                shop.take([point(.gauge(1), at: second)], now: at(second))
                shop.heard("orders.1", node: "orders", now: at(second))
                _ = shop.tick(now: at(second))
            }
        }
        #expect(shop.findings.current.isEmpty)
        _ = shop.tick(now: at(noon + 1_036))
        #expect(shop.findings.current.map(\.kind) == [.silentProcess])
    }
}
