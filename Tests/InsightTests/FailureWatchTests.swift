import Contracts
import Glibc
import Insight
import Testing

@Suite("A watch for failures") struct FailureWatchTests {
    /// A number of events of a mean, by seeded chance.
    private func count(_ mean: Double, _ chance: inout Chance) -> Double {
        // In parts, so that no product becomes too small for a number.
        if mean > 100 { return count(mean / 2, &chance) + count(mean / 2, &chance) }
        let end = exp(-mean)
        var number = 0.0
        var product = Double.random(in: 0..<1, using: &chance)
        while product > end {
            number += 1
            product *= Double.random(in: 0..<1, using: &chance)
        }
        return number
    }

    private func moment(_ second: Int) -> Moment { Moment(nanoseconds: UInt64(second) * 1_000_000_000) }

    /// One second of traffic.
    private func second(
        _ watch: inout FailureWatch, _ number: Int, rate: Double, share: Double, _ chance: inout Chance
    ) -> FailureWatch.Notice? {
        let bad = count(rate * share, &chance)
        return watch.add(bad: bad, total: bad + count(rate * (1 - share), &chance), now: moment(number))
    }

    /// After how many seconds of trouble it says so; nil where it does not within a minute.
    private func delay(rate: Double, share: Double, tolerated: Double, seed: UInt64) -> Int? {
        var chance = Chance(seed: seed)
        var watch = FailureWatch(tolerated: tolerated)
        for number in 0..<100 where second(&watch, number, rate: rate, share: 0, &chance)?.isFiring == true {
            return -1
        }
        for number in 100..<160 where second(&watch, number, rate: rate, share: share, &chance)?.isFiring == true {
            return number - 100
        }
        return nil
    }

    @Test("a fifth of fifty a second is noticed within five seconds", arguments: [50.0, 400])
    func fast(rate: Double) {
        let delays = (1...100).map { delay(rate: rate, share: 0.2, tolerated: 0.001, seed: UInt64($0)) }
        #expect(delays.allSatisfy { $0.map { (1...5).contains($0) } ?? false })
    }

    @Test("one in fifty is noticed within thirty seconds", arguments: [50.0, 200])
    func slow(rate: Double) {
        let delays = (1...200).map { delay(rate: rate, share: 0.02, tolerated: 0.001, seed: UInt64($0)) }
        let late = delays.filter { $0.map { $0 > 30 || $0 < 1 } ?? true }
        // By the arithmetic one run in a thousand has so few failures in thirty seconds.
        #expect(late.count <= 1)
    }

    @Test("single failures, and one bad second, are no alarm", arguments: [0.5, 5, 50, 500])
    func single(rate: Double) {
        var watch = FailureWatch(tolerated: 0.001)
        var notices = 0
        for number in 0..<20_000 {
            // One failure every ten minutes or so, and once a second in which everything fails.
            let bad = number == 9_000 ? rate : number % 617 == 0 ? 1 : 0
            let total = bad + rate
            notices += watch.add(bad: bad, total: total, now: moment(number)) == nil ? 0 : 1
        }
        #expect(notices == 0)
    }

    @Test("false alarms are no oftener than was promised", arguments: [2.0, 8, 40])
    func bound(rate: Double) {
        var chance = Chance(seed: UInt64(rate))
        // So short a promise that it can be seen to be kept: one in a thousand seconds.
        var watch = FailureWatch(tolerated: 0.01, quiet: .seconds(1_000))
        var alarms = 0
        let seconds = 100_000
        for number in 0..<seconds
        where second(&watch, number, rate: rate, share: 0.01, &chance)?.isFiring == true { alarms += 1 }
        #expect(alarms <= seconds / 1_000)
    }

    @Test("it ends when nothing fails any more, and not for want of traffic")
    func end() throws {
        var chance = Chance(seed: 9)
        var watch = FailureWatch(tolerated: 0.001)
        for number in 0..<30 { _ = second(&watch, number, rate: 50, share: 0.3, &chance) }
        #expect(watch.isFiring)
        #expect(watch.advance(to: moment(5_000)) == nil && watch.isFiring)
        var ended: FailureWatch.Notice?
        for number in 5_000..<5_060 where ended == nil {
            ended = second(&watch, number, rate: 50, share: 0, &chance)
        }
        let notice = try #require(ended)
        #expect(!notice.isFiring && !watch.isFiring && notice.at < moment(5_030))
        #expect(notice.explanation.contains("0.1 % is tolerated"))
    }

    @Test("what is no count, and a clock that goes back, are nothing")
    func nonsense() {
        var watch = FailureWatch(tolerated: .nan)
        for (number, value) in [Double.nan, .infinity, -1, 0].enumerated() {
            #expect(watch.add(bad: value, total: value, now: moment(100 - number)) == nil)
        }
        #expect(!watch.isFiring)
    }
}
