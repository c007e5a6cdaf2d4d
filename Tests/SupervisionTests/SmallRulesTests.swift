import Contracts
import Testing

@testable import Supervision

@Suite("The small rules")
struct SmallRulesTests {
    @Test("the wait before a start doubles up to its longest, with the first start at once")
    func ceilings() {
        let ceilings = (1...9).map { Backoff().ceiling(attempt: $0) }
        let milliseconds = [0, 100, 200, 400, 800, 1600, 3200, 5000, 5000]
        #expect(ceilings == milliseconds.map { .milliseconds($0) })
        #expect(Backoff().ceiling(attempt: .max) == .seconds(5))
    }

    @Test("waits are the same under one seed and spread under several")
    func jitter() {
        func waits(seed: UInt64) -> [Duration] {
            var chance = Chance(seed: seed)
            return (1...20).map { Backoff().delay(attempt: $0, chance: &chance) }
        }
        #expect(waits(seed: 7) == waits(seed: 7))
        #expect(waits(seed: 7) != waits(seed: 8))
        for (index, wait) in waits(seed: 7).enumerated() { #expect(wait <= Backoff().ceiling(attempt: index + 1)) }
    }

    @Test("so many faults in so much time are borne, and one more is too many")
    func intensity() {
        var intensity = Intensity(limit: .init(faults: 2, within: .seconds(10)))
        let at = (0...30).map { Moment(nanoseconds: UInt64($0) * 1_000_000_000) }
        let isTooMany = [0, 1, 9, 11].map { intensity.exceeds(at: at[$0]) }
        // At second 11 the first two have left the window.
        #expect(isTooMany == [false, false, true, false])
        intensity.clear()
        let again = intensity.exceeds(at: at[11])
        #expect(!again)
    }

    @Test(
        "whose fault a death was",
        arguments: [
            (ProcessExit.signal(9, core: false), "outside", "interrupted"),
            (.signal(15, core: false), "outside", "interrupted"),
            (.signal(4, core: true), "fault", "fault"), (.signal(5, core: true), "fault", "fault"),
            (.signal(6, core: true), "fault", "fault"), (.signal(7, core: true), "fault", "fault"),
            (.signal(8, core: true), "fault", "fault"), (.signal(11, core: false), "fault", "fault"),
            (.code(1), "fault", "fault"), (.code(0), "outside", "fault"), (.code(78), "misconfigured", "misconfigured"),
        ])
    func deaths(_ status: ProcessExit, whenReady: String, before: String) {
        #expect("\(Death(status, readyFor: .seconds(5)))".hasPrefix(whenReady))
        #expect("\(Death(status, readyFor: nil))".hasPrefix(before))
    }

    @Test("who says that it is ready and leaves at once with 0 is at fault")
    func leavesAtOnce() {
        #expect("\(Death(.code(0), readyFor: .milliseconds(999)))".hasPrefix("fault"))
    }

    @Test("a slot's name is read and written", arguments: ["orders@local.1", "a-1@host.example.org.9999"])
    func slotNames(_ text: String) { #expect(SlotName(text)?.description == text) }

    @Test(
        "what is not a slot's name is refused",
        arguments: [
            "", "orders", "orders@local", "orders@local.0", "orders@local.10000", "orders@local.01", "orders@local.+1",
            "Orders@local.1", "1orders@local.1", "orders@.1", "@local.1", "or ders@local.1", "orders@lo_cal.1",
            "a23456789012345678901234567890123@local.1", "orders@-local.1",
        ])
    func badSlotNames(_ text: String) { #expect(SlotName(text) == nil) }

    @Test("signals have names, with and without SIG")
    func signals() {
        #expect(ProcessExit.signal(named: "SIGTERM") == 15)
        #expect(ProcessExit.signal(named: "kill") == 9)
        #expect(ProcessExit.signal(named: "0") == nil && ProcessExit.signal(named: "NONE") == nil)
        #expect(ProcessExit.signal(11, core: true).description == "killed by signal 11 (SEGV), core dumped")
        #expect(ProcessExit.describe(64) == "64")
    }
}

@Suite("The watch over the supervisor")
struct SupervisorWatchTests {
    let start = Moment(nanoseconds: 1_000_000_000_000)

    @Test("it is started at once, pinged, and ended by ABRT and KILL after silence; then started again")
    func silence() {
        var watch = SupervisorWatch(at: start, seed: 1)
        #expect(watch.handle(.tick, at: start) == [.start])
        _ = watch.handle(.started, at: start)
        _ = watch.handle(.heard, at: start + .milliseconds(10))
        var now = start
        var actions: [SupervisorWatch.Action] = []
        while actions.last != .kill, let next = watch.deadline {
            now = next
            actions += watch.handle(.tick, at: now)
        }
        #expect(actions == (1...6).map { .ping($0) } + [.abort, .kill])
        #expect(now.since(start) < .seconds(2))
        _ = watch.handle(.died, at: now)
        #expect(watch.handle(.tick, at: now) == [.start])
    }

    @Test("it forgives when it was late itself")
    func forgiveness() {
        var watch = SupervisorWatch(at: start, seed: 1)
        _ = watch.handle(.started, at: start)
        _ = watch.handle(.heard, at: start)
        #expect(watch.handle(.tick, at: start + .seconds(60)) == [.ping(1)])
        #expect(watch.handle(.tick, at: start + .seconds(61) + .milliseconds(250)) == [.ping(2)])
    }

    @Test("a new one has more time for its first word than an old one for its next")
    func firstWord() {
        var watch = SupervisorWatch(at: start, seed: 1)
        _ = watch.handle(.started, at: start)
        var now = start
        while let next = watch.deadline, watch.handle(.tick, at: next) != [.abort] { now = next }
        #expect(now.since(start) > .milliseconds(4500))
    }

    @Test("one that dies again and again waits up to two seconds, until it has lived for a while")
    func backoff() {
        var watch = SupervisorWatch(at: start, seed: 1)
        var longest = Duration.zero
        for _ in 1...40 {
            _ = watch.handle(.started, at: start)
            _ = watch.handle(.died, at: start)
            longest = max(longest, watch.deadline?.since(start) ?? .zero)
        }
        #expect(longest > .milliseconds(500) && longest <= .seconds(2))
        _ = watch.handle(.started, at: start)
        _ = watch.handle(.died, at: start + .seconds(30))
        #expect(watch.deadline == start + .seconds(30))
    }

    @Test("retired, it starts nobody any more")
    func retired() {
        var watch = SupervisorWatch(at: start, seed: 1)
        _ = watch.handle(.started, at: start)
        _ = watch.handle(.retire, at: start)
        _ = watch.handle(.died, at: start)
        #expect(watch.deadline == nil && watch.handle(.tick, at: start + .seconds(9)).isEmpty)
    }
}
