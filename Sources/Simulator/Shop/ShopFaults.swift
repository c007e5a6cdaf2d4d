import Contracts
import Inventory
import Orders

/// What must not change any more when every message comes once more.
struct ShopSnapshot: Equatable {
    let tables: ShopTables
    let bookings: [ShopCarrier.Booking]
}

// What goes wrong, how it is healed, and what is demanded then.
extension ShopWorld {
    func makeFault() {
        guard isFaulty else { return }
        queue.push(.fault, at: now.adding(pick(5_000_000...200_000_000)))
        switch pick(0...9) {
        case 0: if crashOdds > 0 { crash(orders) }
        case 1: if crashOdds > 0 { crash(inventory) }
        case 2, 3: redrive(chance(oneIn: 2) ? orders : inventory)
        case 4, 5: carrier.mode = .well
        default:
            let modes = ShopCarrier.Mode.allCases
            carrier.mode = modes[Int(pick(0...Int64(modes.count - 1)))]
            write("the carrier is \(carrier.mode)")
        }
    }

    func heal() {
        isFaulty = false
        healedAt = now
        carrier.mode = .well
        write("healing begins")
        queue.push(.looks, at: now.adding(.milliseconds(20)))
    }

    /// Whether all that was demanded is there; a violation when it took too long.
    func isFinished() -> Bool {
        guard violation == nil else { return true }
        guard let why = unfinished() else {
            checkEnd()
            guard violation == nil else { return true }
            guard let before else {
                deliverEverythingAgain()
                return violation != nil
            }
            if snapshot != before { violate("a message that comes again changes nothing more", difference(before)) }
            return true
        }
        guard now.nanoseconds(since: healedAt) > .milliseconds(options.healedMilliseconds) else { return false }
        violate("everything comes to its end after healing", why)
        return true
    }

    private var snapshot: ShopSnapshot {
        var known = tables
        // A booking whose answer was lost, and that was cancelled without it, may be heard of now for the first time.
        for index in known.orders.indices where known.orders[index].order.delivery?.status == .cancelled {
            known.orders[index].order.delivery?.reference = nil
        }
        return ShopSnapshot(tables: known, bookings: carrier.bookings)
    }

    private func unfinished() -> String? {
        for node in [orders, inventory] {
            guard node.isUp else { return "\(node.name) is down" }
            redrive(node)
            if let letter = node.outbox.first ?? node.dead.first {
                return "message \(letter.id) of \(letter.order) to \(letter.target) waits: \(letter.body)"
            }
        }
        if let number = wishes.firstIndex(where: { !$0.isOver }) { return "nobody answers \(wishes[number].kind)" }
        return nil
    }

    private func checkEnd() {
        oracle.hasNews = true
        oracle.look(at: tables, carrier)
        oracle.demandEnd(tables, carrier)
        if let broken = oracle.broken { violate(broken.promise, broken.detail) }
    }

    /// Everything that was ever sent comes once more, in any order, and nobody remembers its number.
    private func deliverEverythingAgain() {
        before = snapshot
        write("everything is delivered once more")
        var letters = history
        letters.shuffle(using: &chance)
        for letter in letters where violation == nil {
            guard letter.target != "carrier" else {
                _ = transaction(orders) { carryAnew(letter) }
                continue
            }
            let node = node(of: letter.target)
            _ = transaction(node) { takeAnew(letter, node) }
        }
        queue.push(.looks, at: now.adding(.milliseconds(20)))
    }

    private func difference(_ before: ShopSnapshot) -> String {
        let tables = snapshot.tables
        for (row, old) in zip(tables.orders, before.tables.orders) where row != old {
            return "\(row.id): \(old.order.status) \(old.order.delivery.map { "\($0)" } ?? ""), then \(row.order)"
        }
        if tables.movements.count > before.tables.movements.count {
            return "a movement more: \(tables.movements[before.tables.movements.count])"
        }
        for (row, old) in zip(tables.reservations, before.tables.reservations) where row != old {
            return "\(row.order): \(old.reservation), then \(row.reservation)"
        }
        return "\(carrier.bookings.count) bookings at the carrier, \(before.bookings.count) before"
    }
}
