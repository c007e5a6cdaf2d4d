import Contracts

/// The messages of one target: a window on its part of the outbox, in the order of the table.
struct Lane: Sendable {
    struct Waiting: Sendable {
        var row: OutboxRelay.Row
        /// Sent, or decided and not yet written.
        var inHand = false
        /// One of the same key may stand before it.
        var mayFollow = false
    }

    /// In the order of the table, so that a place is found by halving.
    private(set) var waiting: [Waiting] = []
    /// How many of the window have each key that is not empty.
    private var keys: [String: Int] = [:]
    /// How many of the window may follow another; most often none, and then no key need be looked at.
    private var followers = 0
    private var sendings = 0
    private var failures = 0
    private var pausedUntil = Moment.zero
    /// Somebody has said that nothing is sent.
    private(set) var isHeld = false
    /// Everything up to here was taken out of the outbox by somebody else.
    private var drainedTo = Int64.min
    /// Everything up to here is in the window or was settled.
    private var loadedTo = Int64.min
    private var loading = false
    private var mayHaveMore = true
    /// There may be more than what the load under way will find.
    private var newsWhileLoading = false
    /// When it next makes sense to look, by the clock.
    private(set) var due = Moment.never

    mutating func expectMore() {
        mayHaveMore = true
        newsWhileLoading = loading
    }

    mutating func take(_ rows: [OutboxRelay.Row], all: Bool) {
        loading = false
        // What was read before it was drained may come after that.
        for row in rows where row.seq > loadedTo && row.seq > drainedTo {
            let follows = !row.key.isEmpty && keys[row.key] != nil
            if !row.key.isEmpty { keys[row.key, default: 0] += 1 }
            if follows { followers += 1 }
            waiting.append(Waiting(row: row, mayFollow: follows))
            loadedTo = row.seq
        }
        mayHaveMore = !all || newsWhileLoading
        newsWhileLoading = false
    }

    mutating func stopLoading() {
        loading = false
        mayHaveMore = true
    }

    /// Nothing is sent from here on, or again: then at once, whatever was learned before about who is away.
    mutating func hold(_ isHeld: Bool) {
        guard isHeld != self.isHeld else { return }
        self.isHeld = isHeld
        pausedUntil = .zero
        failures = 0
    }

    /// Forgets what stands in the outbox no more; what is under way comes to its end.
    mutating func drain(upTo seq: Int64) {
        drainedTo = max(drainedTo, seq)
        dropDrained()
    }

    private mutating func dropDrained() {
        guard let first = waiting.first, first.row.seq <= drainedTo else { return }
        for gone in waiting where !gone.inHand && gone.row.seq <= drainedTo { forget(gone) }
        waiting.removeAll { !$0.inHand && $0.row.seq <= drainedTo }
    }

    /// The whole lane waits: its target is away, or the disk.
    mutating func pause(_ limits: OutboxRelay.Limits, _ now: Moment, _ chance: inout Chance) {
        failures += 1
        pausedUntil = now + limits.unavailable.delay(after: failures, chance: &chance)
    }

    mutating func putBack(_ seqs: [Int64]) {
        for seq in seqs {
            if let place = place(of: seq) { waiting[place].inHand = false }
        }
        // It came back from being sent, and is in the outbox no more.
        dropDrained()
    }

    func has(_ seq: Int64) -> Bool { place(of: seq) != nil }

    private func place(of seq: Int64) -> Int? {
        var (low, high) = (0, waiting.count)
        while low < high {
            let middle = (low + high) / 2
            if waiting[middle].row.seq < seq { low = middle + 1 } else { high = middle }
        }
        return low < waiting.count && waiting[low].row.seq == seq ? low : nil
    }

    /// Removes what is done or dead, and lets the rest wait for its time.
    mutating func settle(_ verdicts: [OutboxRelay.DecidedMessage]) {
        var gone: Set<Int64> = []
        for decided in verdicts {
            guard let index = place(of: decided.seq) else { continue }
            guard case .again(let attempts, let deaths, let notBefore, _) = decided.verdict else {
                gone.insert(decided.seq)
                forget(waiting[index])
                continue
            }
            waiting[index].row.attempts = attempts
            waiting[index].row.deaths = deaths
            waiting[index].row.notBefore = notBefore
            waiting[index].inHand = false
        }
        waiting.removeAll { gone.contains($0.row.seq) }
        dropDrained()
    }

    private mutating func forget(_ gone: Waiting) {
        if gone.mayFollow { followers -= 1 }
        guard let count = keys[gone.row.key] else { return }
        keys[gone.row.key] = count > 1 ? count - 1 : nil
    }

    /// What each outcome means. Those that say nothing about the message go back into the window at once.
    mutating func judge(
        _ outcomes: [OutboxRelay.SentMessage], _ limits: OutboxRelay.Limits, _ now: Moment, _ chance: inout Chance
    ) -> [OutboxRelay.DecidedMessage] {
        sendings -= 1
        var away: [Int64] = []
        let verdicts: [OutboxRelay.DecidedMessage] = outcomes.compactMap { sent in
            guard let row = place(of: sent.seq).map({ waiting[$0].row }) else { return nil }
            if case .unavailable = sent.outcome {
                away.append(sent.seq)
                return nil
            }
            return OutboxRelay.DecidedMessage(sent.seq, verdict(row, sent.outcome, limits, now, &chance))
        }
        putBack(away)
        // One answer shows that somebody is there.
        if !verdicts.isEmpty { failures = 0 }
        if !away.isEmpty { pause(limits, now, &chance) }
        return verdicts
    }

    private func verdict(
        _ row: OutboxRelay.Row, _ outcome: OutboxRelay.Outcome, _ limits: OutboxRelay.Limits, _ now: Moment,
        _ chance: inout Chance
    ) -> OutboxRelay.Verdict {
        switch outcome {
        case .answered, .unavailable: return .done
        case .poison(let reason): return .dead(attempts: row.attempts + 1, deaths: row.deaths, reason: reason)
        case .refused(let reason):
            let attempts = row.attempts + 1
            guard attempts < limits.attempts else {
                return .dead(
                    attempts: attempts, deaths: row.deaths, reason: "refused \(attempts) times, last: \(reason)")
            }
            let delay = limits.refused.delay(after: attempts, chance: &chance)
            return .again(attempts: attempts, deaths: row.deaths, notBefore: now + delay, reason: reason)
        case .suspected:
            return .again(
                attempts: row.attempts, deaths: max(row.deaths, limits.deaths - 1), notBefore: now,
                reason: "it was among those in hand when receivers died")
        case .died(let count):
            let deaths = row.deaths + max(count, 1)
            guard deaths < limits.deaths else {
                return .dead(
                    attempts: row.attempts, deaths: deaths, reason: "\(deaths) receivers died with it in hand")
            }
            let delay = limits.refused.delay(after: deaths, chance: &chance)
            return .again(
                attempts: row.attempts, deaths: deaths, notBefore: now + delay, reason: "its receiver died")
        }
    }

    /// What can be done now: batches to send, and rows to load when there is room.
    mutating func next(
        _ target: String, _ limits: OutboxRelay.Limits, _ now: Moment
    ) -> [OutboxRelay.Effect] {
        var effects: [OutboxRelay.Effect] = []
        due = .never
        if isHeld { return [] }
        if now < pausedUntil {
            due = pausedUntil
            return []
        }
        // After a pause one sending feels its way before the others follow.
        let most = failures > 0 ? 1 : limits.sendings
        while sendings < most {
            let seqs = pick(limits.batch, now)
            guard !seqs.isEmpty else { break }
            sendings += 1
            effects.append(.send(target: target, seqs: seqs))
        }
        let room = limits.window - waiting.count
        // Not for a handful: each load is a query.
        if mayHaveMore, !loading, room > limits.window / 4 {
            loading = true
            effects.append(.load(target: target, after: loadedTo, limit: min(room, limits.batch * limits.sendings)))
        }
        return effects
    }

    /// The next messages that nothing of their own key stands before.
    private mutating func pick(_ most: Int, _ now: Moment) -> [Int64] {
        var held: Set<String> = []
        var seqs: [Int64] = []
        for index in waiting.indices where seqs.count < most {
            let row = waiting[index].row
            let free = followers == 0 || row.key.isEmpty || held.insert(row.key).inserted
            guard free, !waiting[index].inHand else { continue }
            guard row.notBefore <= now else {
                due = min(due, row.notBefore)
                continue
            }
            waiting[index].inHand = true
            seqs.append(row.seq)
        }
        return seqs
    }
}
