import Contracts
import Testing

@testable import Delivery

/// An outbox, its relay and a receiver with an inbox, under a seed: sendings are lost, doubled and late, answers are
/// lost, the sender and the disk fail at any step. The table and the inbox outlive it all.
private struct Model {
    struct Message {
        let key: String
        let poison: Bool
        var row: OutboxRelay.Row
    }

    enum Step {
        case carryOut(OutboxRelay.Effect, life: Int)
        case arrive([Int64], life: Int)
        case answer([OutboxRelay.SentMessage], life: Int)
    }

    var chance: Chance
    let seed: UInt64
    var now = Moment.zero
    var life = 0
    var faults = true
    var relay: OutboxRelay
    var next: Int64 = 1
    var table: [Message] = []
    var dead: [Int64] = []
    var inbox: Set<Int64> = []
    var effects: [(seq: Int64, key: String)] = []
    var underWay: [Step] = []
    static let limits: OutboxRelay.Limits = {
        var limits = OutboxRelay.Limits()
        (limits.batch, limits.window, limits.sendings, limits.attempts) = (5, 40, 2, 4)
        return limits
    }()

    init(seed: UInt64) {
        self.seed = seed
        chance = Chance(seed: seed)
        relay = OutboxRelay(limits: Self.limits, seed: seed)
    }

    mutating func rolls(_ percent: Int) -> Bool { faults && Int.random(in: 0..<100, using: &chance) < percent }

    mutating func give(_ event: OutboxRelay.Event) {
        underWay += relay.handle(event, now: now).map { .carryOut($0, life: life) }
    }

    mutating func write() {
        let key = "k\(Int.random(in: 0..<6, using: &chance))"
        let poison = Int.random(in: 0..<20, using: &chance) == 0
        table.append(Message(key: key, poison: poison, row: .init(seq: next, key: key)))
        next += 1
        // A lost hint is what the sweep is for.
        if !rolls(20) { give(.committed(targets: ["there"])) }
    }

    mutating func crash() {
        life += 1
        relay = OutboxRelay(limits: Self.limits, seed: chance.next())
    }

    mutating func step() {
        guard !underWay.isEmpty else { return }
        switch underWay.remove(at: Int.random(in: underWay.indices, using: &chance)) {
        case .carryOut(let effect, let life): if life == self.life { carryOut(effect) }
        case .arrive(let seqs, let life): arrive(seqs, life)
        case .answer(let outcomes, let life):
            if life == self.life { give(.sent(target: "there", outcomes: outcomes)) }
        }
    }

    mutating func carryOut(_ effect: OutboxRelay.Effect) {
        switch effect {
        case .load(let target, let after, let limit):
            if rolls(5) { return give(.unreadable(target: target)) }
            let rows = table.map(\.row).filter { $0.seq > after }.prefix(limit)
            give(.loaded(target: target, rows: Array(rows), limit: limit))
        case .send(_, let seqs):
            if rolls(10) { return underWay.append(.answer(seqs.map { .init($0, .unavailable("lost")) }, life: life)) }
            underWay.append(.arrive(seqs, life: life))
            if rolls(10) { underWay.append(.arrive(seqs, life: -1)) }
        case .settle(let target, let verdicts):
            if rolls(5) { return give(.unsettled(target: target, seqs: verdicts.map(\.seq))) }
            for decided in verdicts { settle(decided) }
            // Written, and the crash comes before the relay learns of it.
            if rolls(2) { return crash() }
            give(.settled(target: target, verdicts: verdicts))
        }
    }

    mutating func settle(_ decided: OutboxRelay.DecidedMessage) {
        guard let index = table.firstIndex(where: { $0.row.seq == decided.seq }) else { return }
        switch decided.verdict {
        case .done: table.remove(at: index)
        case .dead:
            dead.append(decided.seq)
            table.remove(at: index)
        case .again(let attempts, let deaths, let notBefore, _):
            (table[index].row.attempts, table[index].row.deaths) = (attempts, deaths)
            table[index].row.notBefore = notBefore
        }
    }

    /// The receiver: its inbox and its effect are one transaction.
    mutating func arrive(_ seqs: [Int64], _ life: Int) {
        let outcomes: [OutboxRelay.SentMessage] = seqs.map { seq in
            guard let message = table.first(where: { $0.row.seq == seq }), !inbox.contains(seq) else {
                return .init(seq, .answered)
            }
            if message.poison { return .init(seq, .refused("cannot be")) }
            if rolls(10) { return .init(seq, .unavailable("it crashed before its commit")) }
            inbox.insert(seq)
            effects.append((seq, message.key))
            return .init(seq, rolls(10) ? .unavailable("the answer is lost") : .answered)
        }
        guard life >= 0 else { return }
        underWay.append(.answer(outcomes, life: life))
    }

    mutating func turn() {
        now = now + .milliseconds(Int64.random(in: 0...20, using: &chance))
        if rolls(30) { write() }
        if rolls(2) { crash() }
        if rolls(10) { give(.sweep(targets: ["there"])) }
        if relay.due <= now { give(.tick) }
        step()
    }

    mutating func heal() -> Bool {
        faults = false
        for _ in 0..<20_000 where !table.isEmpty {
            if underWay.isEmpty {
                if relay.due != .never { now = max(now, relay.due) }
                give(.sweep(targets: ["there"]))
            }
            turn()
        }
        return table.isEmpty
    }
}

@Suite struct CrashModelTests {
    @Test("through crashes, losses and repeats every message takes effect once, in its key's order, or is dead")
    func onceInOrder() {
        for seed in UInt64(1)...1_000 {
            var model = Model(seed: seed)
            for _ in 0..<400 { model.turn() }
            let healed = model.heal()
            #expect(healed, "seed \(seed): messages are left")
            let seqs = model.effects.map(\.seq)
            #expect(Set(seqs).count == seqs.count, "seed \(seed): an effect came twice")
            #expect(Set(model.dead).count == model.dead.count, "seed \(seed): a dead letter came twice")
            #expect(
                Set(seqs).union(model.dead).count == Int(model.next) - 1 && Set(seqs).isDisjoint(with: model.dead),
                "seed \(seed): a message was lost, or is dead and took effect")
            for key in (0..<6).map({ "k\($0)" }) {
                let order = model.effects.filter { $0.key == key }.map(\.seq)
                #expect(order == order.sorted(), "seed \(seed): the order of \(key) is \(order)")
            }
        }
    }
}
