import Contracts
import Testing

@testable import Delivery

/// A relay with some rows loaded for one target, and what it wants done.
private struct Stage {
    var relay: OutboxRelay
    var effects: [OutboxRelay.Effect]
    var now = Moment.zero

    init(_ rows: [OutboxRelay.Row], _ limits: OutboxRelay.Limits = OutboxRelay.Limits()) {
        relay = OutboxRelay(limits: limits, seed: 1)
        _ = relay.handle(.committed(targets: ["ims"]), now: .zero)
        effects = relay.handle(.loaded(target: "ims", rows: rows, limit: 400), now: .zero)
    }

    var sent: [[Int64]] {
        effects.compactMap { if case .send(_, let seqs) = $0 { seqs } else { nil } }
    }

    var verdicts: [OutboxRelay.Verdict] {
        decided.map(\.verdict)
    }

    var decided: [OutboxRelay.DecidedMessage] {
        effects.flatMap { effect -> [OutboxRelay.DecidedMessage] in
            if case .settle(_, let verdicts) = effect { verdicts } else { [] }
        }
    }

    mutating func end(_ outcomes: [(Int64, OutboxRelay.Outcome)]) {
        let sent = outcomes.map { OutboxRelay.SentMessage($0.0, $0.1) }
        effects = relay.handle(.sent(target: "ims", outcomes: sent), now: now)
        let decided = decided
        guard !decided.isEmpty else { return }
        effects += relay.handle(.settled(target: "ims", verdicts: decided), now: now)
    }

    mutating func wait() {
        now = relay.due
        effects = relay.handle(.tick, now: now)
    }
}

@Suite struct OutboxRelayTests {
    @Test("the head of a key holds up that key alone")
    func keys() {
        var stage = Stage([
            .init(seq: 1, key: "a"), .init(seq: 2, key: "a"), .init(seq: 3, key: "b"), .init(seq: 4, key: ""),
        ])
        #expect(stage.sent == [[1, 3, 4]])
        stage.end([(1, .refused("no")), (3, .answered), (4, .answered)])
        #expect(stage.sent == [])
        stage.wait()
        #expect(stage.sent == [[1]])
        stage.end([(1, .answered)])
        #expect(stage.sent == [[2]])
    }

    @Test("refusals count, back off longer each time, and end in the dead letters")
    func refusals() {
        var limits = OutboxRelay.Limits()
        limits.attempts = 3
        var stage = Stage([.init(seq: 1, key: "a")], limits)
        stage.end([(1, .refused("no"))])
        stage.wait()
        #expect(stage.now >= .zero + .milliseconds(100))
        stage.end([(1, .refused("no"))])
        stage.wait()
        #expect(stage.now >= .zero + .milliseconds(300))
        stage.end([(1, .refused("never"))])
        #expect(stage.verdicts == [.dead(attempts: 3, deaths: 0, reason: "refused 3 times, last: never")])
        #expect(stage.relay.held == 0)
    }

    @Test("a target that is away costs no attempts, however long it is away")
    func away() {
        var stage = Stage([.init(seq: 1, key: "a"), .init(seq: 2, key: "b")])
        for _ in 1...100 {
            stage.end([(1, .unavailable("nobody")), (2, .unavailable("nobody"))])
            #expect(stage.verdicts == [])
            #expect(stage.sent == [])
            stage.wait()
            #expect(stage.sent == [[1, 2]])
        }
        stage.end([(1, .answered), (2, .answered)])
        #expect(stage.verdicts == [.done, .done])
    }

    @Test("what was in hand at three deaths is dead, and poison is at once")
    func deaths() {
        var stage = Stage([.init(seq: 1, key: "a", deaths: 1), .init(seq: 2, key: "b")])
        stage.end([(1, .died(1)), (2, .poison("unknown type"))])
        #expect(stage.verdicts.count == 2)
        #expect(stage.verdicts.last == .dead(attempts: 1, deaths: 0, reason: "unknown type"))
        stage.wait()
        stage.end([(1, .died(1))])
        #expect(stage.verdicts == [.dead(attempts: 0, deaths: 3, reason: "3 receivers died with it in hand")])
    }

    @Test("what was among others in hand at deaths goes again at once, and its next death decides")
    func suspects() {
        var stage = Stage([.init(seq: 1, key: "a"), .init(seq: 2, key: "b")])
        stage.end([(1, .suspected), (2, .suspected)])
        let reason = "it was among those in hand when receivers died"
        #expect(
            stage.verdicts
                == Array(repeating: .again(attempts: 0, deaths: 2, notBefore: .zero, reason: reason), count: 2))
        #expect(stage.sent == [[1, 2]])
        stage.end([(1, .died(1)), (2, .answered)])
        #expect(stage.verdicts == [.dead(attempts: 0, deaths: 3, reason: "3 receivers died with it in hand"), .done])
    }

    @Test("what could not be written down goes again")
    func unsettled() {
        var stage = Stage([.init(seq: 1, key: "a")])
        stage.effects = stage.relay.handle(.sent(target: "ims", outcomes: [.init(1, .answered)]), now: .zero)
        #expect(stage.verdicts == [.done])
        stage.effects = stage.relay.handle(.unsettled(target: "ims", seqs: [1]), now: .zero)
        stage.wait()
        #expect(stage.sent == [[1]])
    }

    @Test("memory is bounded, whatever the table holds")
    func window() {
        var limits = OutboxRelay.Limits()
        limits.window = 100
        limits.batch = 10
        limits.sendings = 2
        var relay = OutboxRelay(limits: limits, seed: 1)
        var effects = relay.handle(.committed(targets: ["ims"]), now: .zero)
        var asked: Int64 = 0
        while case .load(let target, let after, let limit)? = effects.last {
            let first = max(after, 0)
            asked = first + Int64(limit)
            effects = relay.handle(
                .loaded(target: target, rows: (first + 1...asked).map { .init(seq: $0, key: "") }, limit: limit),
                now: .zero)
        }
        #expect(asked <= 100)
        #expect(relay.held <= 100)
    }

    @Test("to a held target nothing is sent, and at once when it is held no more, whoever was away before")
    func held() {
        var stage = Stage([.init(seq: 1, key: "a"), .init(seq: 2, key: "b")])
        #expect(stage.sent == [[1, 2]])
        stage.end([(1, .unavailable("away")), (2, .unavailable("away"))])
        #expect(stage.sent == [] && stage.relay.due != .never)
        #expect(stage.relay.handle(.held(targets: ["ims"]), now: stage.now).isEmpty)
        #expect(stage.relay.due == .never)
        #expect(stage.relay.handle(.committed(targets: ["ims"]), now: stage.now).isEmpty)
        #expect(stage.relay.handle(.tick, now: stage.now + .seconds(100)).isEmpty)
        stage.effects = stage.relay.handle(.held(targets: []), now: stage.now)
        #expect(stage.sent == [[1, 2]])
    }

    @Test("what is held before anything was read is not even read, and others are")
    func heldAtFirst() {
        var relay = OutboxRelay(seed: 1)
        #expect(relay.handle(.held(targets: ["ims"]), now: .zero).isEmpty)
        let effects = relay.handle(.committed(targets: ["carrier", "ims"]), now: .zero)
        #expect(effects == [.load(target: "carrier", after: .min, limit: 400)])
        #expect(relay.handle(.held(targets: []), now: .zero) == [.load(target: "ims", after: .min, limit: 400)])
    }

    @Test("what was drained is forgotten, also when it comes back from being sent or from a late reading")
    func drained() {
        var limits = OutboxRelay.Limits()
        limits.sendings = 1
        limits.batch = 1
        var stage = Stage([.init(seq: 1, key: "a"), .init(seq: 2, key: "a"), .init(seq: 3, key: "b")], limits)
        #expect(stage.sent == [[1]])
        #expect(stage.relay.handle(.drained(target: "ims", upTo: 3), now: .zero).isEmpty)
        #expect(stage.relay.held == 1 && stage.relay.holds(1, "ims") && !stage.relay.holds(2, "ims"))
        stage.end([(1, .unavailable("away"))])
        #expect(stage.relay.held == 0)
        stage.effects = stage.relay.handle(
            .loaded(target: "ims", rows: [.init(seq: 3, key: "b"), .init(seq: 4, key: "a")], limit: 400),
            now: stage.now + .seconds(60))
        #expect(stage.sent == [[4]])
        stage.end([(4, .refused("no"))])
        #expect(stage.relay.held == 1)
        _ = stage.relay.handle(.drained(target: "ims", upTo: 4), now: stage.now)
        #expect(stage.relay.held == 0)
    }
}
