import Testing

@testable import Routing

@Suite("What the broker holds for those who do not read")
struct FlowTests {
    /// The last life of the worker, a caller, and small bounds in bytes.
    private func bench() -> RouterBench {
        RouterBench { limits in
            limits.unreadBytes = 10_000
            limits.flowBytes = 5_000
            limits.probeBytes = 2_000
            limits.inHandBytes = 4_000
        }
    }

    private func beat(_ bench: inout RouterBench, _ route: UInt32, read: UInt64) -> [String] {
        var header = Header(.heartbeat)
        header.budget = read
        header.number = 1
        return bench.frame(route, header)
    }

    @Test("a worker gets no more calls than its bytes in hand allow, and the others when it has answered")
    func inHand() {
        var bench = bench()
        _ = bench.ready(1, "echo@local.1", window: 64)
        _ = bench.ready(2, "client@local.1")
        #expect(bench.call(2, 1, bytes: 3_000).first == "1: call c1 from client@local.1 deaths 0")
        #expect(bench.call(2, 2, bytes: 3_000).isEmpty)
        let answered = bench.reply(1, to: 2, 1)
        #expect(answered.contains("2: passes r1"))
        // The worker says that it has read the first, and the second goes out.
        #expect((answered + beat(&bench, 1, read: 3_080)).contains("1: call c2 from client@local.1 deaths 0"))
    }

    @Test("one call beyond every bound is carried all the same, alone")
    func oneOfAnySize() {
        var bench = bench()
        _ = bench.ready(1, "echo@local.1", window: 64)
        _ = bench.ready(2, "client@local.1")
        #expect(bench.call(2, 1, bytes: 9_000).first == "1: call c1 from client@local.1 deaths 0")
        #expect(bench.call(2, 2, bytes: 1).isEmpty)
    }

    @Test("a peer is asked how far it has read as bytes go out to it")
    func probes() {
        var bench = bench()
        _ = bench.ready(1, "echo@local.1", window: 64)
        _ = bench.ready(2, "client@local.1")
        #expect(bench.call(2, 1, bytes: 3_000).contains("1: heartbeat"))
        #expect(!bench.call(2, 2, bytes: 100).contains("1: heartbeat"))
    }

    @Test("answers for a caller that does not read are dropped beyond the bound, and the caller is put out")
    func unread() {
        var bench = bench()
        _ = bench.ready(1, "echo@local.1", window: 64)
        _ = bench.ready(2, "client@local.1")
        var header = Header(.reply)
        var passed = 0
        for number in 1...10 as ClosedRange<UInt64> {
            _ = bench.call(2, number)
            header.correlation = number
            header.number = 2
            header.incarnation = bench.life(1)
            passed += bench.frame(1, header, bytes: 3_000).count { $0.hasPrefix("2: passes") }
            _ = beat(&bench, 1, read: .max)
        }
        #expect(passed == 4)
        #expect(bench.router.counters.unread == 6)
        #expect(bench.tick(after: 20).contains("died client@local.1"))
    }

    @Test("a caller that reads goes on, however much it is sent")
    func reads() {
        var bench = bench()
        _ = bench.ready(1, "echo@local.1", window: 64)
        _ = bench.ready(2, "client@local.1")
        var header = Header(.reply)
        for number in 1...100 as ClosedRange<UInt64> {
            _ = bench.call(2, number)
            header.correlation = number
            header.number = 2
            header.incarnation = bench.life(1)
            #expect(bench.frame(1, header, bytes: 3_000).contains { $0.hasPrefix("2: passes") })
            _ = beat(&bench, 1, read: .max)
            _ = beat(&bench, 2, read: .max)
        }
        #expect(bench.router.counters.unread == 0)
        #expect(!bench.tick(after: 20).contains("died client@local.1"))
    }

    @Test("a caller for whom an answer was dropped is put out, even if it has read everything since")
    func deaf() {
        var bench = bench()
        _ = bench.ready(1, "echo@local.1", window: 64)
        _ = bench.ready(2, "client@local.1")
        var header = Header(.reply)
        for number in 1...5 as ClosedRange<UInt64> {
            _ = bench.call(2, number)
            header.correlation = number
            header.number = 2
            header.incarnation = bench.life(1)
            _ = bench.frame(1, header, bytes: 3_000)
            _ = beat(&bench, 1, read: .max)
        }
        #expect(bench.router.counters.unread == 1)
        _ = beat(&bench, 2, read: .max)
        #expect(bench.tick(after: 20).contains("died client@local.1"))
    }
}
