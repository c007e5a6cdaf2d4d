import Contracts
import Testing

@testable import Routing

@Suite("A role that is paused")
struct PauseTests {
    /// A worker, a caller, and a queue of three.
    private func bench(window: Int = 4) -> RouterBench {
        var bench = RouterBench { $0.queueCount = 3 }
        _ = bench.ready(1, "echo@local.1", window: window)
        _ = bench.ready(2, "client@local.1")
        return bench
    }

    private func pause(_ bench: inout RouterBench, _ isPaused: Bool, _ role: String = "echo") -> [String] {
        bench.router.pause(role, isPaused, now: bench.now)
        return bench.decided()
    }

    @Test func `calls wait, and go in their order once it is resumed`() {
        var bench = bench()
        #expect(pause(&bench, true).isEmpty)
        #expect(bench.call(2, 1).isEmpty && bench.call(2, 2).isEmpty)
        #expect(bench.router.report.first { $0.role == "echo" }?.isPaused == true)
        let given = pause(&bench, false)
        #expect(
            given == [
                "1: call c1 from client@local.1 deaths 0", "1: call c2 from client@local.1 deaths 0",
            ])
        #expect(bench.call(2, 3) == ["1: call c3 from client@local.1 deaths 0"])
    }

    @Test func `the queue is as bounded as ever, and deadlines hold`() {
        var bench = bench()
        _ = pause(&bench, true)
        for number in 1...3 as ClosedRange<UInt64> { #expect(bench.call(2, number, milliseconds: 100).isEmpty) }
        #expect(bench.call(2, 4) == ["2: overloaded #4 deaths 0"])
        let late = bench.tick(after: 200)
        #expect(late.filter { $0.contains("late") }.count == 3)
        #expect(pause(&bench, false).isEmpty)
    }

    @Test func `what is in hand is answered, and other roles do not notice`() {
        var bench = bench()
        _ = bench.ready(3, "store@local.1", window: 1)
        _ = bench.call(2, 1)
        _ = pause(&bench, true)
        #expect(bench.call(2, 2).isEmpty)
        #expect(bench.reply(1, to: 2, 1) == ["2: passes r1"])
        #expect(bench.call(2, 3, role: "store") == ["3: call c3 from client@local.1 deaths 0"])
    }

    @Test func `a new worker gets nothing, and neither does one with more credit`() {
        var bench = bench(window: 0)
        _ = pause(&bench, true)
        #expect(bench.call(2, 1).isEmpty)
        #expect(bench.send(1, .credit, number: 8).isEmpty)
        #expect(!bench.ready(3, "echo@local.2", window: 4).contains { $0.contains("call") })
        #expect(pause(&bench, false).count == 1)
    }

    @Test func `what a dead worker had in hand waits in front`() {
        var bench = bench(window: 1)
        _ = bench.call(2, 1, again: true)
        #expect(bench.call(2, 2, again: true).isEmpty)
        _ = pause(&bench, true)
        #expect(!bench.unreachable(1).contains { $0.contains("call c") })
        _ = bench.ready(3, "echo@local.2", window: 4)
        let given = pause(&bench, false)
        #expect(given.first?.hasPrefix("3: call c1") == true && given.count == 2)
    }

    @Test func `a call for one worker does not wait, unless it comes from the role itself`() {
        var bench = bench()
        _ = bench.ready(3, "admin@local.1")
        _ = bench.ready(4, "echo@local.2")
        _ = pause(&bench, true)
        #expect(bench.call(3, 1, slot: "echo@local.1") == ["3: overloaded #1 deaths 0"])
        _ = bench.ready(5, "store@local.1", window: 1)
        _ = pause(&bench, true, "store")
        // Of the bench's roles none may call itself but the one that may call all.
        _ = bench.ready(6, "admin@local.2", window: 1)
        _ = pause(&bench, true, "admin")
        #expect(bench.call(3, 2, role: "admin", slot: "admin@local.2") == ["6: call c2 from admin@local.1 deaths 0"])
        #expect(bench.call(3, 3, role: "admin").isEmpty)
    }

    @Test func `drained, everything that waits is answered at once, and may come again`() {
        var bench = bench()
        _ = pause(&bench, true)
        _ = bench.call(2, 1)
        _ = bench.call(2, 2)
        #expect(bench.router.drainQueue("echo") == 2)
        #expect(bench.decided() == ["2: overloaded #1 deaths 0", "2: overloaded #2 deaths 0"])
        #expect(bench.router.drainQueue("echo") == 0 && bench.router.drainQueue("nobody") == 0)
        #expect(bench.call(2, 1).isEmpty)
        #expect(pause(&bench, false) == ["1: call c1 from client@local.1 deaths 0"])
    }
}
