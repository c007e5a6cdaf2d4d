import Contracts
import Testing

@testable import Routing

@Suite struct JoiningTests {
    @Test("who says READY is welcomed and reported, under a life above all of earlier brokers")
    func welcome() {
        var bench = RouterBench()
        #expect(bench.ready(1, "echo@h.1", window: 2) == ["1: welcome", "joined echo@h.1"])
        #expect(bench.life(1) == 1 << 32 + 1)
        let later = Router<String>(access: RouterBench.access, limits: RouterLimits(), generation: 2, now: .zero)
        #expect(later.nextIncarnation > bench.life(1))
    }

    @Test("a name that is no slot's, of another role or of another slot than was authenticated, is refused")
    func identity() {
        var bench = RouterBench()
        #expect(bench.ready(1, "echo", identity: Identity(role: "echo")) == ["1: refused identity"])
        #expect(bench.ready(1, "store@h.1", identity: Identity(role: "echo")) == ["1: refused identity"])
        let one = Identity(role: "echo", slot: "echo@h.1", spawn: 4)
        #expect(bench.ready(1, "echo@h.2", identity: one) == ["1: refused identity"])
        #expect(bench.ready(1, "stranger@h.1", identity: Identity(role: "stranger")) == ["1: refused identity"])
        #expect(bench.ready(1, "echo@h.1", identity: one) == ["1: welcome", "joined echo@h.1"])
    }

    @Test("where the secret names the start, the frame's word for it does not count")
    func startOfTheSecret() {
        var bench = RouterBench()
        _ = bench.ready(1, "echo@h.1", spawn: 1, identity: Identity(role: "echo", slot: "echo@h.1", spawn: 5))
        let old = Identity(role: "echo", slot: "echo@h.1", spawn: 4)
        #expect(bench.ready(2, "echo@h.1", spawn: 99, identity: old) == ["2: refused outdated"])
    }

    @Test("an older start of a slot is refused")
    func olderStart() {
        var bench = RouterBench()
        _ = bench.ready(1, "echo@h.1", spawn: 3)
        #expect(bench.ready(2, "echo@h.1", spawn: 2) == ["2: refused outdated"])
    }

    @Test("a younger start takes the slot, and what the older had in hand is decided")
    func youngerStart() {
        var bench = RouterBench()
        _ = bench.ready(1, "client@h.1")
        _ = bench.ready(2, "echo@h.1", window: 1)
        _ = bench.call(1, 7)
        #expect(
            bench.ready(3, "echo@h.1", window: 1, spawn: 2)
                == ["died echo@h.1", "1: lost #7 deaths 0", "3: welcome", "joined echo@h.1"])
    }

    @Test("the same process takes its slot again over a new connection")
    func sameSession() {
        var bench = RouterBench()
        _ = bench.ready(1, "echo@h.1", window: 1, session: 9)
        #expect(
            bench.ready(2, "echo@h.1", window: 1, session: 9) == ["died echo@h.1", "2: welcome", "joined echo@h.1"])
    }

    @Test("another process with the same start waits, and the holder is asked whether it lives")
    func otherSession() {
        var bench = RouterBench()
        _ = bench.ready(1, "echo@h.1", window: 1)
        #expect(bench.ready(2, "echo@h.1", window: 1) == ["1: heartbeat", "2: refused held"])
        #expect(bench.unreachable(1) == ["died echo@h.1"])
        #expect(bench.ready(2, "echo@h.1", window: 1) == ["2: welcome", "joined echo@h.1"])
    }

    @Test("a connection that takes another slot leaves its first")
    func otherSlot() {
        var bench = RouterBench()
        _ = bench.ready(1, "echo@h.1", window: 1)
        #expect(bench.ready(1, "echo@h.2", window: 1) == ["died echo@h.1", "1: welcome", "joined echo@h.2"])
    }

    @Test("READY twice on one connection is a new life")
    func twice() {
        var bench = RouterBench()
        _ = bench.ready(1, "echo@h.1", window: 1)
        let life = bench.life(1)
        #expect(bench.ready(1, "echo@h.1", window: 1) == ["died echo@h.1", "1: welcome", "joined echo@h.1"])
        #expect(bench.life(1) > life)
    }

    @Test("a frame of a connection that has not joined is refused", arguments: FrameKind.allCases)
    func stranger(_ kind: FrameKind) {
        var bench = RouterBench()
        #expect(bench.send(1, kind) == ["1: refused unknown"])
    }

    @Test(
        "a frame that has no place in a peer's mouth is counted and refused",
        arguments: [FrameKind.ready, .welcome, .refused, .event, .death])
    func misplaced(_ kind: FrameKind) {
        var bench = RouterBench()
        _ = bench.ready(1, "echo@h.1")
        #expect(bench.send(1, kind) == ["1: refused malformed"])
        #expect(bench.router.counters.malformed == 1)
    }

    @Test("bytes that are no frame are counted and refused", arguments: HeaderError.allCases)
    func malformed(_ fault: HeaderError) {
        var bench = RouterBench()
        bench.router.malformed(route: 4, fault)
        #expect(bench.decided() == ["4: refused malformed"])
        #expect(bench.router.counters.malformed == 1)
        #expect(!"\(fault)".isEmpty)
    }

    @Test("who leaves is reported, and its queued calls go with it")
    func bye() {
        var bench = RouterBench()
        _ = bench.ready(1, "client@h.1")
        _ = bench.call(1, 1)
        #expect(bench.router.longestQueue == 1)
        #expect(bench.send(1, .bye) == ["left client@h.1"])
        #expect(bench.router.longestQueue == 0)
        #expect(bench.send(1, .heartbeat) == ["1: refused unknown"])
    }

    @Test("an exit that the supervisor saw ends that start of the slot and earlier ones, not later ones")
    func gone() {
        var bench = RouterBench()
        _ = bench.ready(1, "echo@h.1", spawn: 3)
        bench.router.gone(slot: "echo@h.1", spawn: 2, now: bench.now)
        #expect(bench.decided().isEmpty)
        bench.router.gone(slot: "nobody@h.1", spawn: 9, now: bench.now)
        #expect(bench.decided().isEmpty)
        bench.router.gone(slot: "echo@h.1", spawn: 3, now: bench.now)
        #expect(bench.decided() == ["died echo@h.1"])
    }

    @Test("who is silent for too long is put out and told, and may join anew")
    func silence() {
        var bench = RouterBench()
        _ = bench.ready(1, "echo@h.1")
        let lines = bench.pass(1_040)
        #expect(lines.suffix(2) == ["hung echo@h.1", "1: refused fenced"])
        #expect(bench.ready(1, "echo@h.1") == ["1: welcome", "joined echo@h.1"])
    }

    @Test("who beats is not silent, and is beaten to as long as nothing else is said")
    func beats() {
        var bench = RouterBench()
        _ = bench.ready(1, "echo@h.1")
        #expect(bench.pass(2_000, alive: [1]) == Array(repeating: "1: heartbeat", count: 7))
    }

    @Test("with work in hand and no progress a worker is hung, however much it beats")
    func stall() {
        var bench = RouterBench()
        _ = bench.ready(1, "client@h.1")
        _ = bench.ready(2, "echo@h.1", window: 1)
        _ = bench.call(1, 1)
        let lines = bench.pass(2_040, alive: [1, 2]).filter { !$0.hasSuffix("heartbeat") }
        #expect(lines == ["hung echo@h.1", "1: lost #1 deaths 0", "2: refused fenced"])
    }

    @Test("progress in a heartbeat keeps a worker with work in hand")
    func progress() {
        var bench = RouterBench()
        _ = bench.ready(1, "client@h.1")
        _ = bench.ready(2, "echo@h.1", window: 1)
        _ = bench.call(1, 1)
        for beat in 1...4 {
            #expect(bench.pass(1_000, alive: [1, 2]).allSatisfy { $0.hasSuffix("heartbeat") })
            #expect(bench.send(2, .heartbeat, number: UInt64(beat)).isEmpty)
        }
    }

    @Test("work after an idle time does not make a worker look hung")
    func idle() {
        var bench = RouterBench()
        _ = bench.ready(1, "client@h.1")
        _ = bench.ready(2, "echo@h.1", window: 1)
        _ = bench.pass(3_000, alive: [1, 2])
        _ = bench.call(1, 1)
        #expect(bench.pass(1_000, alive: [1, 2]).allSatisfy { $0.hasSuffix("heartbeat") })
    }

    @Test("when the broker itself was late, nobody is blamed")
    func forgiveness() {
        var bench = RouterBench()
        _ = bench.ready(1, "client@h.1")
        _ = bench.ready(2, "echo@h.1", window: 1)
        _ = bench.call(1, 1)
        #expect(bench.tick(after: 5_000) == ["1: heartbeat", "2: heartbeat"])
        #expect(bench.router.counters.forgiven == 1)
    }

    @Test("a probe says something to everybody")
    func probe() {
        var bench = RouterBench()
        _ = bench.ready(1, "client@h.1")
        _ = bench.ready(2, "echo@h.1")
        bench.router.probe(now: bench.now)
        #expect(bench.decided() == ["1: heartbeat", "2: heartbeat"])
    }

    @Test("an access list that is adopted holds from the next frame on")
    func adopted() {
        var bench = RouterBench()
        _ = bench.ready(1, "client@h.1")
        bench.router.adopt(AccessList([("client", .init()), ("echo", .init())]))
        #expect(bench.call(1, 1) == ["1: denied #1 deaths 0"])
    }
}
