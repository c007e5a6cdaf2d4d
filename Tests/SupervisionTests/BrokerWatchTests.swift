import Contracts
import Supervision
import Testing

@Suite struct BrokerWatchTests {
    /// A start of the broker at a moment, as the watch is asked about it.
    private struct Look {
        var at: Int
        var spawn: UInt64? = 7
        /// Whose answer comes right after the look.
        var answer: UInt64?
    }

    /// The milliseconds at which the broker was found hanging.
    private func hangs(_ looks: [Look]) -> [Int] {
        var watch = BrokerWatch()
        return looks.filter { look in
            let now = Moment.zero + .milliseconds(look.at)
            let hangs = watch.hangs(ready: look.spawn, at: now)
            if let answer = look.answer { watch.answered(spawn: answer, at: now) }
            return hangs
        }.map(\.at)
    }

    private func steady(from: Int = 0, until end: Int, spawn: UInt64? = 7, answer: UInt64? = nil) -> [Look] {
        stride(from: from, to: end, by: 500).map { Look(at: $0, spawn: spawn, answer: answer) }
    }

    @Test("a broker that answers does not hang")
    func answers() { #expect(hangs(steady(until: 60_000, answer: 7)) == []) }

    @Test("a broker that has answered and is silent for the patience hangs")
    func silent() {
        let looks = steady(until: 2_500, answer: 7) + steady(from: 2_500, until: 4_000)
        #expect(hangs(looks) == [3_500])
    }

    @Test("a broker that never answered has the time for joining")
    func joining() { #expect(hangs(steady(until: 5_500)) == [5_000]) }

    @Test("the next start has its own time, and a late answer of the one before is no sign of its life")
    func another() {
        let looks =
            [Look(at: 0, spawn: 1, answer: 1), Look(at: 500, spawn: nil), Look(at: 1_000, spawn: 2, answer: 1)]
            + steady(from: 1_500, until: 6_500, spawn: 2)
        #expect(hangs(looks) == [6_000])
    }

    @Test("a supervisor that stood still itself blames nobody")
    func forgives() {
        let looks = [Look(at: 0, answer: 7)] + steady(from: 60_000, until: 62_000)
        #expect(hangs(looks) == [61_500])
    }
}
