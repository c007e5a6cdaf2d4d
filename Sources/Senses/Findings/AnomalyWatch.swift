import Contracts
import Glibc

/// Turns single unusual values into findings: only what stays unusual is one, and only so many at a time, since a
/// thousand series without any fault have unusual values all day.
struct AnomalyWatch: Sendable {
    /// How far a record must go beyond all before it, at least.
    private static let leastScore = 0.72
    /// Seconds after a record at which it is looked whether the series has come back.
    private static let lasting: Int64 = 10
    /// Seconds after which a record is forgotten.
    private static let together: Int64 = 40
    /// Seconds between two looks at what may be one, and at what is one.
    private static let pause: Int64 = 2
    /// How many spreads from what was usual the latest values must lie.
    private static let leastDeviation = 6.0
    private static let lasts: Int64 = 60_000_000_000
    private static let most = 2_000

    private struct Suspect: Sendable {
        var key: SeriesKey
        var since: Int64
    }

    private var suspects: [Suspect] = []
    private var suspected: Set<SeriesKey> = []
    private var keys: [String: SeriesKey] = [:]
    private var next: Int64 = 0
    /// Records beyond those that are looked at.
    private(set) var leftOut = 0

    mutating func look(_ news: [SeriesBook.News], at book: SeriesBook, into findings: inout FindingBook, now: Int64) {
        for item in news where item.score >= Self.leastScore && !suspected.contains(item.key) {
            guard suspects.count < Self.most else {
                leftOut += 1
                continue
            }
            suspected.insert(item.key)
            suspects.append(Suspect(key: item.key, since: item.second))
        }
        let second = now / 1_000_000_000
        guard second >= next || next - second > Self.pause else { return }
        next = second + Self.pause
        judge(book, &findings, now)
        // Those that last are looked at again: they last as long as they are far from what was usual.
        for finding in findings.current where finding.kind == .anomaly {
            guard let key = keys[finding.key], let figures = book.deviation(of: key, until: second),
                figures.deviation >= Self.leastDeviation / 2
            else { continue }
            assert(key, figures, since: finding.began / 1_000_000_000, into: &findings, now: now)
        }
        if keys.count > 1_000 { keys = keys.filter { findings.current($0.key) != nil } }
    }

    /// A record alone is nothing: a peak of one value passes. What is far from the usual a while later has changed.
    private mutating func judge(_ book: SeriesBook, _ findings: inout FindingBook, _ now: Int64) {
        let second = now / 1_000_000_000
        var rest: [Suspect] = []
        for suspect in suspects {
            let age = second - suspect.since
            if age >= Self.lasting, let figures = book.deviation(of: suspect.key, until: second),
                figures.deviation >= Self.leastDeviation
            {
                assert(suspect.key, figures, since: suspect.since, into: &findings, now: now)
            } else if age >= -Self.together, age < Self.together {
                rest.append(suspect)
                continue
            }
            suspected.remove(suspect.key)
        }
        suspects = rest
    }

    private mutating func assert(
        _ key: SeriesKey, _ figures: SeriesBook.Deviation, since: Int64, into findings: inout FindingBook, now: Int64
    ) {
        let labels = key.labels.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
        let subject = labels.isEmpty ? key.metric : "\(key.metric){\(labels)}"
        let finding = Finding(
            .anomaly, .notice, node: key.node, instance: key.instance, subject: subject,
            began: since * 1_000_000_000, noticed: now,
            text: "\(subject) of \(key.instance ?? key.node) is \(shown(figures.now)), usual are "
                + "\(shown(figures.usual)) ± \(shown(figures.spread)): \(shown(figures.deviation)) spreads away",
            value: figures.now, expected: figures.usual)
        if keys.count < 2_000 || keys[finding.key] != nil { keys[finding.key] = key }
        findings.assert(finding, hold: Self.lasts, now: now)
    }
}

extension SeriesBook {
    /// How far the latest values of a series are from the older ones.
    struct Deviation: Sendable {
        var now: Double
        var usual: Double
        var spread: Double
        var deviation: Double
    }

    /// Compares the last ten seconds with up to half an hour before the last minute, by medians.
    func deviation(of key: SeriesKey, until second: Int64) -> Deviation? {
        guard let series = series(key) else { return nil }
        return series.deviation(recent: 10, gap: 60, past: 1_800, until: second)
    }
}

extension Series {
    /// Compares medians of the last `recent` seconds and of `past` seconds that ended `gap` seconds ago.
    func deviation(recent: Int64, gap: Int64, past: Int64, until second: Int64) -> SeriesBook.Deviation? {
        let latest = values(from: second - recent, until: second, step: 1).compactMap(\.self)
        let older = values(from: second - gap - past, until: second - gap, step: Self.coarseStep).compactMap(\.self)
        guard !latest.isEmpty, older.count >= 8 else { return nil }
        let (now, usual) = (median(latest), median(older))
        let spread = max(median(older.map { abs($0 - usual) }) * 1.4826, abs(usual) * 0.05, 1e-9)
        return SeriesBook.Deviation(now: now, usual: usual, spread: spread, deviation: abs(now - usual) / spread)
    }
}

/// The middle one of some numbers.
func median(_ numbers: [Double]) -> Double {
    guard !numbers.isEmpty else { return 0 }
    let sorted = numbers.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/// A number with three figures that count.
func shown(_ number: Double) -> String {
    guard number.isFinite, number != 0 else { return number == 0 ? "0" : "\(number)" }
    let magnitude = Glibc.floor(Glibc.log10(abs(number)))
    let scale = Glibc.pow(10, 2 - magnitude)
    let rounded = (number * scale).rounded() / scale
    return rounded == rounded.rounded() && abs(rounded) < 1e15 ? "\(Int64(rounded))" : "\(rounded)"
}
