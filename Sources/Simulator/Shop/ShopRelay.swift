import Carrying
import Contracts
import Delivery

// The relay of an outbox around its rules, and the bus between the services: as the processes carry them out.
extension ShopWorld {
    func sweep(_ node: ShopNode) {
        var targets: [String] = []
        for letter in node.outbox where !targets.contains(letter.target) { targets.append(letter.target) }
        give(node, .sweep(targets: targets.sorted()))
        queue.push(.sweeps(node, life: node.life), at: now.adding(.milliseconds(100)))
    }

    func tick(_ node: ShopNode) {
        node.tickAt = .never
        give(node, .tick)
    }

    func give(_ node: ShopNode, _ event: OutboxRelay.Event) {
        for effect in node.relay.handle(event, now: now) {
            queue.push(.carriesOut(node, life: node.life, effect), at: now.adding(pick(10_000...400_000)))
        }
        let due = node.relay.due
        guard due != node.tickAt, due != .never else { return }
        node.tickAt = due
        queue.push(.ticks(node, life: node.life), at: max(due, now))
    }

    func carryOut(_ effect: OutboxRelay.Effect, _ node: ShopNode) {
        switch effect {
        case .load(let target, let after, let limit):
            if fails(oneIn: lossOdds * 4) { return give(node, .unreadable(target: target)) }
            let rows = node.outbox.lazy.filter { $0.target == target && $0.row.seq > after }.prefix(limit).map(\.row)
            give(node, .loaded(target: target, rows: Array(rows), limit: limit))
        case .send(let target, let seqs):
            if crashes(node, at: "before it sends") { return }
            send(node, target, seqs)
        case .settle(let target, let verdicts): settle(node, target, verdicts)
        }
    }

    private func settle(_ node: ShopNode, _ target: String, _ verdicts: [OutboxRelay.DecidedMessage]) {
        if fails(oneIn: lossOdds * 4) { return give(node, .unsettled(target: target, seqs: verdicts.map(\.seq))) }
        if crashes(node, at: "after the answer, before it is settled") { return }
        for decided in verdicts { settle(node, decided) }
        if crashes(node, at: "settled, before the relay knows") { return }
        give(node, .settled(target: target, verdicts: verdicts))
    }

    private func settle(_ node: ShopNode, _ decided: OutboxRelay.DecidedMessage) {
        guard let index = node.outbox.firstIndex(where: { $0.row.seq == decided.seq }) else { return }
        switch decided.verdict {
        case .done: node.outbox.remove(at: index)
        case .again(let attempts, let deaths, let notBefore, _):
            node.outbox[index].row.attempts = attempts
            node.outbox[index].row.deaths = deaths
            node.outbox[index].row.notBefore = notBefore
        case .dead(_, _, let reason):
            tally.deadLetters += 1
            let letter = node.outbox.remove(at: index)
            write("\(node.name) gives up message \(letter.id): \(reason)")
            oracle.isDisturbed(letter.order)
            if options.mutation != .losesDeadLetters { node.dead.append(letter) }
        }
    }

    /// A person puts a dead letter back: a new row with the same id.
    func redrive(_ node: ShopNode) {
        guard node.isUp, !node.dead.isEmpty else { return }
        tally.redriven += 1
        var letter = node.dead.removeFirst()
        node.lastSeq += 1
        letter.row = .init(seq: node.lastSeq, key: letter.row.key)
        write("message \(letter.id) is redriven")
        node.outbox.append(letter)
        give(node, .committed(targets: [letter.target]))
    }

    // MARK: sending

    private func send(_ node: ShopNode, _ target: String, _ seqs: [Int64]) {
        let letters = seqs.compactMap { seq in node.outbox.first { $0.row.seq == seq } }
        var sending = ShopSending(node: node, life: node.life, target: target)
        // What is not in the table any more needs nothing.
        for seq in seqs where !letters.contains(where: { $0.row.seq == seq }) {
            sending.outcomes.append(.init(seq, .answered))
        }
        sendings.append(sending)
        let number = sendings.count - 1
        guard target != "carrier" else { return carry(number, letters) }
        // In whose hands somebody died goes alone, so that the one to blame shows.
        let together = letters.filter { $0.row.deaths == 0 }
        var parts = letters.filter { $0.row.deaths > 0 }.map { [$0] }
        if !together.isEmpty { parts.append(together) }
        guard !parts.isEmpty else { return finish(number) }
        sendings[number].open = parts.count
        for part in parts { launch(ShopPiece(sending: number, letters: part)) }
    }

    private func launch(_ piece: ShopPiece) {
        pieces.append(piece)
        let number = pieces.count - 1
        let isLost = fails(oneIn: lossOdds)
        if isLost { tally.lost += 1 } else { queue.push(.arrives(piece: number), at: now.adding(delay(1_000_000))) }
        if fails(oneIn: lossOdds) {
            tally.doubled += 1
            queue.push(.arrives(piece: number), at: now.adding(delay(10_000_000)))
        }
        queue.push(.expires(piece: number), at: now.adding(ShopWorld.patience))
    }

    /// A batch reaches its receiver, perhaps long after its sender has given up on it.
    func arrive(_ number: Int) {
        let piece = pieces[number]
        let node = node(of: sendings[piece.sending].target)
        guard node.isUp else {
            // The broker keeps it for the next worker, or says that it is lost.
            guard chance(oneIn: 2) else { return answer(number, .unavailable("nobody is there")) }
            return queue.push(.arrives(piece: number), at: now.adding(.milliseconds(10)))
        }
        if isFaulty, piece.letters.contains(where: { $0.isDeadly && !node.inbox.contains($0.id) }) {
            tally.deaths += 1
            write("\(node.name) dies of what it was given: \(piece.letters.map(\.id))")
            crash(node)
            return answer(number, piece.letters.count == 1 ? .died(1) : .suspected)
        }
        if fails(oneIn: lossOdds * 2) { return answer(number, .unavailable("the disk is full")) }
        if fails(oneIn: lossOdds * 2) { return answer(number, .refused("a type that it does not know")) }
        let isTaken = transaction(node) { for letter in piece.letters { take(letter, node) } }
        guard isTaken, !crashes(node, at: "after the effect, before the answer") else { return }
        answer(number, .answered)
    }

    private func answer(_ number: Int, _ outcome: OutboxRelay.Outcome) {
        guard !fails(oneIn: lossOdds) else { return tally.lost += 1 }
        let outcomes = pieces[number].letters.map { _ in outcome }
        queue.push(.ends(piece: number, outcomes), at: now.adding(delay(1_000_000)))
    }

    private func take(_ letter: ShopLetter, _ node: ShopNode) {
        guard !node.inbox.contains(letter.id) || options.mutation == .ignoresInbox else { return tally.known += 1 }
        write("\(node.name) takes message \(letter.id)")
        node.inbox.insert(letter.id)
        oracle.takes(letter, node.service)
        takeAnew(letter, node)
    }

    /// What a message does, whether or not it is known.
    func takeAnew(_ letter: ShopLetter, _ node: ShopNode) {
        switch node.service {
        case .orders: takeAtOrders(letter)
        case .inventory: takeAtInventory(letter)
        }
    }

    // MARK: how it ended

    func expire(_ number: Int) {
        guard !pieces[number].isOver else { return }
        if sendings[pieces[number].sending].target == "carrier" {
            return hear(number, .failed(reason: "no answer in time"))
        }
        end(number, pieces[number].letters.map { _ in .unavailable("no answer in time") })
    }

    /// The first end of a piece counts.
    func end(_ number: Int, _ outcomes: [OutboxRelay.Outcome]) {
        guard !pieces[number].isOver else { return }
        pieces[number].isOver = true
        let sending = pieces[number].sending
        for (letter, outcome) in zip(pieces[number].letters, outcomes) {
            sendings[sending].outcomes.append(.init(letter.row.seq, believed(outcome)))
        }
        sendings[sending].open -= 1
        if sendings[sending].open == 0 { finish(sending) }
    }

    private func believed(_ outcome: OutboxRelay.Outcome) -> OutboxRelay.Outcome {
        if case .unavailable = outcome, options.mutation == .settlesTheUnanswered { return .answered }
        return outcome
    }

    func finish(_ number: Int) {
        let sending = sendings[number]
        guard sending.node.isUp, sending.node.life == sending.life else { return }
        give(sending.node, .sent(target: sending.target, outcomes: sending.outcomes))
    }
}
