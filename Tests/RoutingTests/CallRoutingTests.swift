import Contracts
import Testing

@testable import Routing

@Suite struct CallRoutingTests {
    /// One caller (1) and workers (2 …) with these windows.
    private func bench(_ windows: [Int], _ change: (inout RouterLimits) -> Void = { _ in }) -> RouterBench {
        var bench = RouterBench(change)
        _ = bench.ready(1, "client@h.1")
        for (index, window) in windows.enumerated() {
            _ = bench.ready(UInt32(index + 2), "echo@h.\(index + 1)", window: window)
        }
        return bench
    }

    @Test("a call goes to a worker with the caller's authenticated name, and its reply comes back")
    func thereAndBack() {
        var bench = bench([1])
        #expect(bench.call(1, 5) == ["2: call c5 from client@h.1 deaths 0"])
        #expect(bench.reply(2, to: 1, 5) == ["1: passes r5"])
        #expect(bench.router.inFlight == 0 && bench.router.counters.replies == 1)
    }

    @Test("the worker with most credit gets the next call; among equals the one that is idle longest")
    func balance() {
        var bench = bench([1, 3, 3])
        var order: [String] = []
        for number in 1...7 { order += bench.call(1, UInt64(number)).map { String($0.prefix(1)) } }
        #expect(order == ["3", "4", "3", "4", "2", "3", "4"])
    }

    @Test("without credit calls wait, and go out in order when replies come")
    func waiting() {
        var bench = bench([1])
        _ = bench.call(1, 1)
        #expect(bench.call(1, 2).isEmpty && bench.call(1, 3).isEmpty)
        #expect(bench.reply(2, to: 1, 1) == ["1: passes r1", "2: call c2 from client@h.1 deaths 0"])
        #expect(bench.reply(2, to: 1, 2) == ["1: passes r2", "2: call c3 from client@h.1 deaths 0"])
    }

    @Test("a larger window takes what waits; a smaller one takes nothing back")
    func credit() {
        var bench = bench([1])
        for number in 1...4 { _ = bench.call(1, UInt64(number)) }
        #expect(bench.send(2, .credit, number: 3).count == 2)
        #expect(bench.send(2, .credit, number: 1).isEmpty)
        #expect(bench.reply(2, to: 1, 1) == ["1: passes r1"])
        #expect(bench.send(2, .credit, number: .max).count == 1)
    }

    @Test("no worker gets more than the broker's own limit")
    func windowLimit() {
        var bench = bench([100]) { $0.windowLimit = 2 }
        #expect((1...5).map { bench.call(1, $0).count } == [1, 1, 0, 0, 0])
    }

    @Test("callers take turns, however many calls one of them has waiting")
    func fairness() {
        var bench = bench([1])
        _ = bench.ready(9, "other@h.1")
        for number in 1...4 { _ = bench.call(1, UInt64(number)) }
        _ = bench.call(9, 1)
        #expect(bench.reply(2, to: 1, 1)[1] == "2: call c2 from client@h.1 deaths 0")
        #expect(bench.reply(2, to: 1, 2)[1] == "2: call c1 from other@h.1 deaths 0")
        #expect(bench.reply(2, to: 9, 1)[1] == "2: call c3 from client@h.1 deaths 0")
    }

    @Test("a full queue refuses who has most in it, and makes room for who has less")
    func overload() {
        var bench = bench([0]) { $0.queueCount = 3 }
        _ = bench.ready(9, "other@h.1")
        for number in 1...3 { #expect(bench.call(1, UInt64(number)).isEmpty) }
        #expect(bench.call(1, 4) == ["1: overloaded #4 deaths 0"])
        #expect(bench.call(9, 1) == ["1: overloaded #3 deaths 0"])
        #expect(bench.call(9, 2) == ["9: overloaded #2 deaths 0"])
        #expect(bench.router.counters.overloaded == 3 && bench.router.longestQueue == 3)
    }

    @Test("a queue is bounded in bytes too")
    func bytes() {
        var bench = bench([0]) { $0.queueBytes = 100 }
        #expect(bench.call(1, 1, bytes: 90).isEmpty)
        #expect(bench.call(1, 2, bytes: 20) == ["1: overloaded #2 deaths 0"])
        #expect(bench.call(1, 3, bytes: 10).isEmpty)
    }

    @Test("what is not allowed is denied, and an unknown role is like a forbidden one")
    func denied() {
        var bench = bench([1])
        #expect(bench.call(1, 1, role: "nothing") == ["1: denied #1 deaths 0"])
        #expect(bench.call(1, 2, role: "store", delivery: true) == ["1: denied #2 deaths 0"])
        #expect(bench.call(2, 3, role: "echo") == ["2: denied #3 deaths 0"])
        #expect(bench.router.counters.denied == 3)
    }

    @Test("who may call everybody may not call a role that nobody knows")
    func everybody() {
        var bench = bench([1])
        _ = bench.ready(9, "admin@h.1")
        #expect(bench.call(9, 1) == ["2: call c1 from admin@h.1 deaths 0"])
        #expect(bench.call(9, 2, role: "nothing") == ["9: denied #2 deaths 0"])
    }

    @Test("a body beyond the limit is refused")
    func tooLarge() {
        var bench = bench([1]) { $0.bodyLimit = 100 }
        #expect(bench.call(1, 1, bytes: 101) == ["1: tooLarge #1 deaths 0"])
        #expect(bench.call(1, 2, bytes: 100).count == 1)
    }

    @Test("a call whose deadline passes while it waits is answered late")
    func late() {
        var bench = bench([0])
        _ = bench.call(1, 1, milliseconds: 100)
        _ = bench.call(1, 2, milliseconds: 10_000)
        #expect(bench.pass(120, alive: [1]) == ["1: late #1 deaths 0"])
        bench.now = bench.now.adding(.seconds(20))
        #expect(bench.send(2, .credit, number: 1) == ["1: late #2 deaths 0"])
        #expect(bench.router.counters.late == 2)
    }

    @Test("a worker gets what is left of the budget")
    func budget() throws {
        var bench = bench([0])
        _ = bench.call(1, 1, milliseconds: 100)
        bench.now = bench.now.adding(.milliseconds(40))
        bench.router.frame(
            route: 2,
            header: {
                var header = Header(.credit); header.number = 1; return header
            }(), bytes: 0,
            message: "", now: bench.now)
        guard case .call(_, let stamp, _, _) = try #require(bench.router.takeEffects().first) else {
            Issue.record("expected a call")
            return
        }
        #expect(stamp.budget == 60_000 && stamp.number == 1 && stamp.incarnation == bench.life(2))
    }

    @Test("a number that is open already is not taken twice, waiting or in hand")
    func duplicates() {
        var bench = bench([1])
        _ = bench.call(1, 1)
        #expect(bench.call(1, 1).isEmpty)
        #expect(bench.call(1, 2).isEmpty && bench.call(1, 2).isEmpty)
        #expect(bench.router.counters.malformed == 2)
        #expect(bench.reply(2, to: 1, 1).count == 2)
        #expect(bench.reply(2, to: 1, 2) == ["1: passes r2"])
        #expect(bench.router.inFlight == 0 && bench.router.waiting.isEmpty)
    }

    @Test("a reply of an earlier life, of another worker or of no call is counted and dropped")
    func stale() {
        var bench = bench([1, 1])
        _ = bench.call(1, 1)
        #expect(bench.reply(2, to: 1, 1, life: bench.life(2) - 1).isEmpty)
        #expect(bench.reply(3, to: 1, 1).isEmpty)
        #expect(bench.reply(2, to: 1, 77).isEmpty)
        #expect(bench.router.counters.stale == 3)
        #expect(bench.reply(2, to: 1, 1) == ["1: passes r1"])
        #expect(bench.reply(2, to: 1, 1).isEmpty)
    }

    @Test("a caller that is gone gets nothing, and its worker is free again")
    func callerGone() {
        var bench = bench([1])
        _ = bench.call(1, 1)
        #expect(bench.unreachable(1) == ["died client@h.1"])
        #expect(bench.reply(2, to: 1, 1).isEmpty)
        _ = bench.ready(1, "client@h.1")
        #expect(bench.call(1, 2).count == 1)
    }

    @Test("cancelled while waiting, a call is forgotten; in hand, its worker is told and its reply dropped")
    func cancelled() {
        var bench = bench([1])
        _ = bench.call(1, 1)
        _ = bench.call(1, 2)
        #expect(bench.send(1, .cancel, number: 2).isEmpty)
        #expect(bench.send(1, .cancel, number: 1) == ["2: cancel #1 of 1"])
        #expect(bench.send(1, .cancel, number: 99).isEmpty)
        #expect(bench.reply(2, to: 1, 1).isEmpty)
        #expect(bench.router.counters.cancelled == 2 && bench.router.inFlight == 0)
    }

    @Test("nobody can cancel another caller's call")
    func foreignCancel() {
        var bench = bench([1])
        _ = bench.ready(9, "other@h.1")
        _ = bench.call(1, 1)
        #expect(bench.send(9, .cancel, number: 1).isEmpty)
        #expect(bench.reply(2, to: 1, 1) == ["1: passes r1"])
    }

    @Test("a draining worker is promised that nothing more comes, and what it holds is finished")
    func drain() {
        var bench = bench([2])
        _ = bench.call(1, 1)
        #expect(bench.send(2, .drain) == ["2: drain"])
        #expect(bench.call(1, 2).isEmpty)
        #expect(bench.call(1, 3, slot: "echo@h.1") == ["1: unavailable #3 deaths 0"])
        #expect(bench.reply(2, to: 1, 1) == ["1: passes r1"])
        #expect(bench.send(2, .bye) == ["left echo@h.1"])
        #expect(bench.ready(3, "echo@h.1", window: 1).last == "3: call c2 from client@h.1 deaths 0")
    }

    @Test("a call for one worker goes there past the queue, up to twice its window")
    func pinned() {
        var bench = bench([1, 1])
        #expect(bench.call(1, 1, slot: "echo@h.2") == ["3: call c1 from client@h.1 deaths 0"])
        #expect(bench.call(1, 2, slot: "echo@h.2") == ["3: call c2 from client@h.1 deaths 0"])
        #expect(bench.call(1, 3, slot: "echo@h.2") == ["1: overloaded #3 deaths 0"])
    }

    @Test("a call for a worker that is not there, of another role, or that takes none is unavailable")
    func unavailable() {
        var bench = bench([1, 0])
        #expect(bench.call(1, 1, slot: "echo@h.9") == ["1: unavailable #1 deaths 0"])
        #expect(bench.call(1, 2, slot: "client@h.1") == ["1: unavailable #2 deaths 0"])
        #expect(bench.call(1, 3, slot: "echo@h.2") == ["1: unavailable #3 deaths 0"])
        #expect(bench.router.counters.unavailable == 3)
    }

    @Test("the report shows who takes what")
    func report() {
        var bench = bench([1])
        _ = bench.call(1, 1)
        _ = bench.call(1, 2)
        let echo = bench.router.report.first { $0.role == "echo" }
        #expect(echo?.queued == 1 && echo?.queuedBytes == 10)
        #expect(echo?.workers.map(\.inHand) == [1])
    }

    @Test("routing one call costs as much among 10,000 idle peers as among none")
    func constant() {
        var alone = bench([4])
        var crowd = bench([4])
        for route in 100..<10_100 {
            _ = crowd.ready(UInt32(route), "store@h.\(route - 99 < 9_999 ? route - 99 : 9_999)")
        }
        for number in 1...8 { #expect(alone.call(1, UInt64(number)) == crowd.call(1, UInt64(number))) }
        for number in 1...8 {
            #expect(alone.reply(2, to: 1, UInt64(number)) == crowd.reply(2, to: 1, UInt64(number)))
        }
    }
}
