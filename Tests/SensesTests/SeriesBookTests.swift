import Contracts
import Testing

@testable import Senses

@Suite struct SeriesBookTests {
    @Test("a counter is known by what it grows by: after a beginning anew it counts from zero")
    func counters() {
        var book = SeriesBook()
        let values = [100.0, 110, 130, 4, 9]
        let grown = book.take(all: values.enumerated().map { point(.counter($1), at: noon + Int64($0)) })
        #expect(grown == [10, 20, 4, 5])
        #expect(book.losses.resets == 1)
        #expect(book.values(name("depth:rate"), noon..<noon + 5) == [nil, 10, 20, 4, 5])
        #expect(book.accounted == 5)
    }

    @Test("a counter's reading that comes twice or out of order counts nothing")
    func outOfOrder() {
        var book = SeriesBook()
        let times: [(Int64, Double)] = [(0, 10), (2, 30), (1, 20), (2, 30), (3, 35)]
        let grown = book.take(all: times.map { point(.counter($1), at: noon + $0) })
        #expect(grown == [20, 5])
        #expect(book.losses.late == 2 && book.losses.resets == 0 && book.accounted == 5)
    }

    @Test("negative counts, and what is no number, are refused and do not disturb what follows")
    func noNumbers() {
        var book = SeriesBook()
        let values = [1.0, -5, .nan, .infinity, 3]
        let grown = book.take(all: values.enumerated().map { point(.counter($1), at: noon + Int64($0)) })
        #expect(grown == [2] && book.losses.refused == 3)
        let increases = [-1.0, .nan, .infinity].enumerated().map { point(.increase($1), at: noon + Int64($0)) }
        #expect(book.take(all: increases).isEmpty && book.losses.refused == 6)
        let gauges = [Double.nan, .infinity, -.infinity, 1e300].enumerated()
        _ = book.take(all: gauges.map { point(.gauge($1), at: noon + Int64($0), metric: "level") })
        #expect(book.losses.refused == 10 && book.accounted == 12)
    }

    @Test("what tells its growth and what tells its standing come to the same rate")
    func temporalities() {
        var book = SeriesBook()
        for second in Int64(0)..<20 {
            let told = book.take(point(.increase(7), at: noon + second, metric: "a"), now: at(noon + second))
            #expect(told?.count == 7)
            book.take(point(.counter(Double(second) * 7), at: noon + second, metric: "b"), now: at(noon + second))
        }
        let seconds = noon + 1..<noon + 20
        #expect(book.values(name("a:rate"), seconds) == book.values(name("b:rate"), seconds))
        #expect(book.values(name("a:rate"), seconds).allSatisfy { $0 == 7 })
    }

    @Test("growth told twice for one time, or late, is counted and makes no peak")
    func noPeak() {
        var book = SeriesBook()
        let times: [Int64] = [0, 10, 10, 5, 20]
        let counted = book.take(all: times.map { point(.increase(100), at: noon + $0) })
        #expect(counted == [100, 100, 100, 100, 100])
        let rates = book.values(name("depth:rate"), noon + 1..<noon + 21).compactMap(\.self)
        #expect(rates == [10, 30])
    }

    @Test("a histogram comes to a rate, a mean and what nearly all are below")
    func histograms() {
        var book = SeriesBook()
        let bounds = [0.1, 1, .infinity]
        let first = Distribution(bounds: bounds, counts: [10, 0, 0], sum: 1)
        let second = Distribution(bounds: bounds, counts: [110, 2, 0], sum: 7)
        let counted = book.take(all: [
            point(.distribution(first), at: noon, metric: "d"),
            point(.distribution(second), at: noon + 2, metric: "d"),
            point(.measurements(Distribution(bounds: bounds, counts: [1, 0, 1], sum: 6)), at: noon, metric: "m"),
        ])
        #expect(counted == [102, 2])
        #expect(book.values(name("d:rate"), noon + 2..<noon + 3) == [51])
        #expect(book.values(name("d:p99"), noon + 2..<noon + 3) == [1])
        #expect(abs((book.series(name("d:mean"))?.last ?? 0) - 6.0 / 102) < 1e-9)
        #expect(book.series(name("m:mean"))?.last == 3 && book.series(name("m:p99"))?.last == 1)
        #expect(book.kept == 3 && book.accounted == 3)
    }

    @Test("a histogram with counts that do not fit is refused")
    func brokenHistograms() {
        var book = SeriesBook()
        let broken = Distribution(bounds: [1, 2, 3], counts: [1], sum: 1)
        let many = Distribution(bounds: (0..<5_000).map(Double.init), counts: (0..<5_000).map { _ in 1 }, sum: 1)
        let counted = book.take(all: [
            point(.distribution(broken), at: noon), point(.measurements(broken), at: noon + 1),
            point(.distribution(many), at: noon + 2),
        ])
        #expect(counted.isEmpty && book.losses.refused == 3 && book.count == 0)
    }

    @Test("readings of a time to come, or from 1970, move nothing")
    func wrongClocks() {
        var book = SeriesBook()
        for second in [4_102_444_800, 0, -5, noon + 61, noon - 3_601, Int64.max / 1_000_000_000] {
            book.take(point(.gauge(1), at: second), now: at(noon))
        }
        #expect(book.count == 0 && book.accounted == 6)
        book.take(point(.gauge(1), at: noon + 59), now: at(noon))
        book.take(point(.gauge(2), at: noon), now: at(noon))
        #expect(book.values(name(), noon..<noon + 1) == [2] && book.kept == 2)
    }

    @Test("label values without end take bounded memory, and every reading is counted once")
    func cardinality() {
        var limits = SeriesBook.Limits()
        (limits.series, limits.ofOneMetric) = (500, 300)
        var book = SeriesBook(limits: limits)
        let kinds = 4
        for number in 0..<100_000 {
            let label = [SignalLabel("user", "\(number)")]
            let reading: MetricReading =
                switch number % kinds {
                case 0: .gauge(1)
                case 1: .increase(1)
                case 2: .counter(Double(number))
                default: .measurements(Distribution(bounds: [1], counts: [2], sum: 1))
                }
            let second = noon + Int64(number / 1_000)
            book.take(point(reading, at: second, metric: "m\(number % kinds)", labels: label), now: at(second))
        }
        #expect(book.accounted == 100_000)
        #expect(book.losses.folded > 95_000 && book.kept > 300)
        #expect(book.count <= 1_500 && book.standings.count <= 500)
        #expect(book.bytes < 8 << 20)
    }

    @Test("names of any length, and histograms of many buckets, stay within their bytes")
    func longNames() {
        var limits = SeriesBook.Limits()
        limits.bytesBeside = 200_000
        var book = SeriesBook(limits: limits)
        let endless = String(repeating: "e\u{301}\u{301}", count: 500)
        for number in 0..<200 {
            let labels = (0..<30).map { SignalLabel("label \($0) \(endless)", "\(number) \(endless) \($0)") }
            book.take(
                point(
                    .gauge(1), at: noon, metric: "m\(number)\(endless)", node: endless, instance: endless,
                    labels: labels),
                now: at(noon))
            let buckets = (0..<512).map(Double.init)
            let whole = Distribution(bounds: buckets, counts: buckets, sum: 1)
            book.take(point(.distribution(whole), at: noon, metric: "h\(number)"), now: at(noon))
        }
        #expect(book.bytesBeside < 400_000 && book.bytes < 2 << 20)
        #expect(book.accounted == 400 && book.losses.cut > 0)
    }

    @Test("what differs only where it is cut stays two series")
    func cutApart() {
        var book = SeriesBook()
        let long = String(repeating: "x", count: 300)
        for (number, end) in ["a", "b"].enumerated() {
            let many = (0..<40).map { SignalLabel("l\($0 + 10)", $0 == 39 ? end : "same") }
            book.take(point(.gauge(1), at: noon, metric: "one", labels: [SignalLabel("l", long + end)]), now: at(noon))
            book.take(point(.gauge(1), at: noon, metric: "two", labels: many), now: at(noon))
            #expect(book.count == 2 * (number + 1))
        }
    }

    @Test("a series that says that others are folded in it has no way around the bounds")
    func foldedByOthers() {
        var limits = SeriesBook.Limits()
        (limits.series, limits.ofOneMetric) = (100, 100)
        var book = SeriesBook(limits: limits)
        for number in 0..<5_000 {
            let reading = point(
                .gauge(1), at: noon, metric: "m\(number)", instance: "i\(number)", labels: SeriesBook.overflow)
            book.take(reading, now: at(noon))
        }
        #expect(book.count <= 1_102 && book.accounted == 5_000)
    }

    @Test("a series that is silent is forgotten, its counter too, and the place is given again")
    func forgetting() {
        var book = SeriesBook()
        book.take(point(.gauge(1), at: noon), now: at(noon))
        book.take(point(.counter(1), at: noon, metric: "c"), now: at(noon))
        book.take(point(.counter(2), at: noon + 1, metric: "c"), now: at(noon + 1))
        book.forget(now: noon + 800)
        #expect(book.count == 2)
        book.take(point(.gauge(1), at: noon + 4_000, metric: "other"), now: at(noon + 4_000))
        book.forget(now: noon + 4_000)
        #expect(book.count == 1 && book.losses.forgotten == 2 && book.origins.isEmpty)
        let grown = book.take(all: [
            point(.counter(50), at: noon + 4_000, metric: "c"), point(.counter(52), at: noon + 4_001, metric: "c"),
        ])
        #expect(grown == [2])
        #expect(book.values(name("c:rate"), noon + 4_000..<noon + 4_002) == [nil, 2])
        #expect(book.entries.count == 3)
    }

    @Test("a process whose clock is half an hour behind is not forgotten while it speaks")
    func slowClock() {
        var book = SeriesBook()
        for minute in Int64(0)..<30 {
            let now = noon + minute * 60
            book.take(point(.gauge(1), at: now - 1_800), now: at(now))
            book.forget(now: now)
        }
        #expect(book.losses.forgotten == 0 && book.count == 1)
    }

    @Test("what is heard in another order tells the same", arguments: 0..<10)
    func order(_ seed: Int) {
        var chance = Chance(seed)
        let points = (0..<200).map { number in
            point(.gauge(Double(number)), at: noon + Int64(number % 50), labels: [SignalLabel("n", "\(number / 50)")])
        }
        var (straight, mixed) = (SeriesBook(), SeriesBook())
        for reading in points { straight.take(reading, now: at(noon + 50)) }
        for reading in points.shuffled(using: &chance) { mixed.take(reading, now: at(noon + 50)) }
        let all = [straight, mixed].map { book in
            book.all { _ in true }.map { $0.values(from: noon, until: noon + 50, step: 1) }
        }
        let isSame = all[0] == all[1]
        #expect(isSame && mixed.losses.late == 0)
    }
}
