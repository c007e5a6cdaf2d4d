import Contracts
import Supervision
import Testing

@Suite struct BrokerWatchTests {
    /// Looks every interval until `until` milliseconds, with answers up to `answering`; when it is first found hanging.
    private func firstHang(answering: Int, until end: Int, spawn: UInt64 = 7) -> Int? {
        var watch = BrokerWatch()
        for time in stride(from: 0, through: end, by: 500) {
            let now = Moment.zero + .milliseconds(time)
            if watch.hangs(ready: spawn, at: now) { return time }
            if time <= answering { watch.answered(spawn: spawn, at: now) }
        }
        return nil
    }

    @Test("a broker that answers does not hang")
    func answers() { #expect(firstHang(answering: 60_000, until: 60_000) == nil) }

    @Test("a broker that has answered and is silent for the patience hangs")
    func silent() { #expect(firstHang(answering: 2_000, until: 60_000) == 3_500) }

    @Test("a broker that never answered has the time for joining")
    func joining() { #expect(firstHang(answering: -1, until: 60_000) == 5_000) }

    @Test("a broker that is not ready does not hang, and the next start has its own time")
    func another() {
        var watch = BrokerWatch()
        #expect(!watch.hangs(ready: 1, at: .zero))
        watch.answered(spawn: 1, at: .zero)
        #expect(!watch.hangs(ready: nil, at: .zero + .milliseconds(500)))
        #expect(!watch.hangs(ready: 2, at: .zero + .milliseconds(1_000)))
        // A late answer of the one before is no sign of life of this one.
        watch.answered(spawn: 1, at: .zero + .milliseconds(1_100))
        var hung: Int?
        for time in stride(from: 1_500, through: 8_000, by: 500) where hung == nil {
            if watch.hangs(ready: 2, at: .zero + .milliseconds(time)) { hung = time }
        }
        #expect(hung == 6_000)
    }

    @Test("a supervisor that stood still itself blames nobody")
    func forgives() {
        var watch = BrokerWatch()
        #expect(!watch.hangs(ready: 1, at: .zero))
        watch.answered(spawn: 1, at: .zero)
        #expect(!watch.hangs(ready: 1, at: .zero + .seconds(60)))
        #expect(!watch.hangs(ready: 1, at: .zero + .milliseconds(60_500)))
        #expect(!watch.hangs(ready: 1, at: .zero + .milliseconds(61_000)))
        #expect(watch.hangs(ready: 1, at: .zero + .milliseconds(61_500)))
    }
}
