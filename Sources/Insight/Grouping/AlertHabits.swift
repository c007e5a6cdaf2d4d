import Glibc

/// How often a series of alerts was heard of late: what speaks all the time says little.
struct AlertHabits: Sendable {
    private struct Series: Hashable, Sendable {
        var name: String
        var place: String
    }

    private struct Past: Sendable {
        var count: Double
        var time: Double
    }

    /// An alert counts a third (exactly, 1/e) after so long.
    private static let memory = 3_600.0

    private var table: RecentTable<Series, Past>

    init(series: Int) { table = RecentTable(capacity: series) }

    var count: Int { table.count }

    /// How often this one was heard before, an hour ago counting a third; takes it in.
    mutating func hear(_ alert: Alert, at time: Double) -> Double {
        let series = Series(name: alert.name, place: alert.place)
        guard let past = table.find(series) else {
            table.keep(Past(count: 1, time: time), for: series)
            return 0
        }
        let before = past.count * exp(-max(0, time - past.time) / Self.memory)
        table.keep(Past(count: before + 1, time: max(time, past.time)), for: series)
        return before
    }
}
