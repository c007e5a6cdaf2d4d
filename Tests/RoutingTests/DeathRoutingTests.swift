import Contracts
import Testing

@testable import Routing

@Suite struct DeathRoutingTests {
    private func bench() -> RouterBench {
        var bench = RouterBench()
        _ = bench.ready(1, "client@h.1")
        return bench
    }

    @Test("a plain call is lost with its worker, at the first death")
    func plain() {
        var bench = bench()
        _ = bench.ready(2, "echo@h.1", window: 1)
        _ = bench.call(1, 1)
        #expect(bench.unreachable(2) == ["died echo@h.1", "1: lost #1 deaths 0"])
        #expect(bench.router.counters.lost == 1)
    }

    @Test("what may be repeated goes to the next worker at the front, and the caller hears of the death")
    func again() {
        var bench = bench()
        _ = bench.ready(2, "echo@h.1", window: 2)
        _ = bench.call(1, 1, again: true)
        _ = bench.call(1, 2, delivery: true)
        _ = bench.call(1, 3)
        #expect(bench.unreachable(2) == ["died echo@h.1", "1: death #1 deaths 1", "1: death #2 deaths 1"])
        #expect(
            bench.ready(3, "echo@h.2", window: 3).suffix(3) == [
                "3: call c1 from client@h.1 deaths 1, kept", "3: call c2 from client@h.1 deaths 1, kept",
                "3: call c3 from client@h.1 deaths 0",
            ])
    }

    @Test("in hand at three deaths is poison")
    func poison() {
        var bench = bench()
        _ = bench.ready(2, "echo@h.1", window: 1)
        _ = bench.call(1, 1, delivery: true)
        #expect(bench.unreachable(2).last == "1: death #1 deaths 1")
        _ = bench.ready(3, "echo@h.1", window: 1)
        #expect(bench.unreachable(3).last == "1: death #1 deaths 2")
        _ = bench.ready(4, "echo@h.1", window: 1)
        #expect(bench.unreachable(4).last == "1: poison #1 deaths 3")
        #expect(bench.ready(5, "echo@h.1", window: 1) == ["5: welcome", "joined echo@h.1"])
        #expect(bench.router.counters.poisoned == 1)
    }

    @Test("the caller's count goes on where an earlier broker left it")
    func countOfTheCaller() {
        var bench = bench()
        _ = bench.ready(2, "echo@h.1", window: 1)
        #expect(bench.call(1, 1, delivery: true, deaths: 3) == ["1: poison #1 deaths 3"])
        _ = bench.call(1, 2, delivery: true, deaths: 2)
        #expect(bench.unreachable(2).last == "1: poison #2 deaths 3")
    }

    @Test("after two deaths a call is alone in its worker's hands")
    func alone() {
        var bench = bench()
        _ = bench.ready(2, "echo@h.1", window: 4)
        _ = bench.call(1, 1)
        #expect(bench.call(1, 2, delivery: true, deaths: 2).isEmpty)
        #expect(bench.reply(2, to: 1, 1).last == "2: call c2 from client@h.1 deaths 2, kept")
        #expect(bench.call(1, 3).isEmpty)
        #expect(bench.call(1, 4, slot: "echo@h.1") == ["1: overloaded #4 deaths 0"])
        #expect(bench.reply(2, to: 1, 2) == ["1: passes r2", "2: call c3 from client@h.1 deaths 0"])
    }

    @Test("a suspect that wants one worker does not join others there")
    func pinnedSuspect() {
        var bench = bench()
        _ = bench.ready(2, "echo@h.1", window: 4)
        _ = bench.call(1, 1)
        #expect(
            bench.call(1, 2, slot: "echo@h.1", again: true, deaths: 2) == ["1: overloaded #2 deaths 2"]
                || bench.router.inFlight == 1)
        #expect(bench.router.inFlight == 1)
    }

    @Test("a call for one worker goes to no other when it dies, and its caller learns the count")
    func pinned() {
        var bench = bench()
        _ = bench.ready(2, "echo@h.1", window: 1)
        _ = bench.ready(3, "echo@h.2", window: 1)
        _ = bench.call(1, 1, slot: "echo@h.1", again: true)
        #expect(bench.unreachable(2) == ["died echo@h.1", "1: lost #1 deaths 1"])
    }

    @Test("a cancelled call dies with its worker in silence")
    func abandoned() {
        var bench = bench()
        _ = bench.ready(2, "echo@h.1", window: 1)
        _ = bench.call(1, 1, again: true)
        _ = bench.send(1, .cancel, number: 1)
        #expect(bench.unreachable(2) == ["died echo@h.1"])
    }

    @Test("what a dead worker held for a caller that is gone is forgotten")
    func bothGone() {
        var bench = bench()
        _ = bench.ready(2, "echo@h.1", window: 1)
        _ = bench.call(1, 1, delivery: true)
        _ = bench.unreachable(1)
        #expect(bench.unreachable(2) == ["died echo@h.1"])
        #expect(bench.router.inFlight == 0 && bench.router.longestQueue == 0)
    }

    @Test("who leaves with work in hand loses it like the dead")
    func leavesEarly() {
        var bench = bench()
        _ = bench.ready(2, "echo@h.1", window: 1)
        _ = bench.call(1, 1)
        #expect(bench.send(2, .bye) == ["left echo@h.1", "1: lost #1 deaths 0"])
    }

    @Test("what waits for a second try may be cancelled, and its number may be used no second time meanwhile")
    func requeued() {
        var bench = bench()
        _ = bench.ready(2, "echo@h.1", window: 1)
        _ = bench.call(1, 1, again: true)
        _ = bench.unreachable(2)
        #expect(bench.call(1, 1, again: true).isEmpty && bench.router.longestQueue == 1)
        #expect(bench.send(1, .cancel, number: 1).isEmpty && bench.router.longestQueue == 0)
        #expect(bench.router.waiting.isEmpty)
    }

    @Test("a death from outside is taken off the count, of a call in other hands and of one that waits")
    func acquitted() {
        var bench = RouterBench()
        _ = bench.ready(1, "echo@local.1", window: 4)
        _ = bench.ready(2, "client@local.1")
        for round in 1...5 as ClosedRange<UInt64> {
            if round == 1 { _ = bench.call(2, 1, again: true) }
            bench.router.gone(slot: "echo@local.1", spawn: round, blameless: true, now: bench.now)
            let said = bench.decided()
            #expect(said.contains("2: death #1 deaths 1") && said.contains("2: death #1 deaths 0"), "\(round)")
            // The next start of the slot gets it as if nobody had died.
            let handed = bench.ready(UInt32(10 + round), "echo@local.1", window: 4, spawn: round + 1)
            #expect(handed.contains { $0.hasSuffix("call c1 from client@local.1 deaths 0, kept") }, "\(handed)")
        }
    }

    @Test("what was in hand when a worker died of its own fault keeps its count, whenever the supervisor says so")
    func notAcquitted() {
        var bench = RouterBench()
        _ = bench.ready(1, "echo@local.1", window: 4)
        _ = bench.ready(2, "client@local.1")
        _ = bench.call(2, 1, again: true)
        bench.router.unreachable(route: 1, now: bench.now)
        _ = bench.decided()
        bench.router.gone(slot: "echo@local.1", spawn: 1, now: bench.now)
        #expect(bench.decided().isEmpty)
        // The verdict is spoken once.
        bench.router.gone(slot: "echo@local.1", spawn: 1, blameless: true, now: bench.now)
        #expect(bench.decided().isEmpty)
        let handed = bench.ready(3, "echo@local.1", window: 4, spawn: 2)
        #expect(handed.contains { $0.hasSuffix("call c1 from client@local.1 deaths 1, kept") }, "\(handed)")
    }
}
