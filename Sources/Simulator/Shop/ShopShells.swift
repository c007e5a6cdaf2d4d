import Contracts
import Inventory
import Orders

// The two services around their rules: each function is the inside of a transaction.
extension ShopWorld {
    // MARK: orders

    func takeAtOrders(_ letter: ShopLetter) {
        switch letter.body {
        case .reserved(let lines): decide(.reserved(lines), letter.order)
        case .failed(let reason): decide(.reservationFailed(reason: reason), letter.order)
        case .reserve, .release, .book, .cancel: violate("a message reaches its receiver", "\(letter)")
        }
    }

    func place(_ id: String, _ items: [RequestedItem], key: Int) {
        var machine = OrderMachine(nil)
        let effects = machine.handle(.placed(items))
        guard let order = machine.order else { return }
        tables.orders.append(OrderRow(id: id, key: key, order: order))
        carryOut(effects, id, before: nil, .placed(items))
    }

    /// Lets the rules decide about an order that is in the table, or about none.
    func decide(_ event: OrderMachine.Event, _ id: String) {
        let index = tables.orders.firstIndex { $0.id == id }
        let before = index.map { tables.orders[$0].order }
        var machine = OrderMachine(before)
        let effects = machine.handle(event)
        if let index, let order = machine.order { tables.orders[index].order = altered(order, before, event) }
        if case .reserved(let lines) = event, before?.status == .pending, Order.total(of: lines) == nil {
            tally.unaffordable += 1
        }
        carryOut(effects, id, before: before?.status, event)
    }

    private func altered(_ order: Order, _ before: Order?, _ event: OrderMachine.Event) -> Order {
        guard case .reserved(let lines) = event else { return order }
        var order = order
        let revived = options.mutation == .revivesTheDeleted && before?.status == .deleted
        let wrong = options.mutation == .confirmsTheUnaffordable && before?.status == .pending
        if revived || wrong && order.status == .cancelled {
            order.status = .confirmed
            order.lines = lines
            order.total = .max
        }
        return order
    }

    private func carryOut(
        _ effects: [OrderMachine.Effect], _ id: String, before: OrderStatus?, _ event: OrderMachine.Event
    ) {
        let first = drafts.count
        for effect in effects where !isDropped(effect, before, event) {
            switch effect {
            case .reserve(let items): send(.reserve(items), id, to: inventory.name)
            case .release(let reason): send(.release(reason: reason), id, to: inventory.name)
            case .bookDelivery:
                send(.book, id, to: "carrier")
                if options.mutation == .booksTwice { send(.book, id, to: "carrier") }
            case .cancelDelivery(let reference): send(.cancel(reference: reference), id, to: "carrier")
            case .gone: break
            case .noteSecondReference(let kept, let other):
                violate("the carrier knows a booking again", "\(id): \(kept), then \(other)")
            }
        }
        if event == .deleted, before == .cancelled, options.mutation == .releasesTheCancelled {
            send(.release(reason: "the order was deleted"), id, to: inventory.name)
        }
        if case .reserved = event, before != .pending, before != .confirmed, self.before == nil {
            tally.lateReservations += 1
        }
        oracle.decided(id, event, before: before, drafts[first...])
    }

    /// Whether a rule that is broken on purpose would not have had this effect.
    private func isDropped(
        _ effect: OrderMachine.Effect, _ before: OrderStatus?, _ event: OrderMachine.Event
    ) -> Bool {
        switch (options.mutation, effect) {
        case (.dropsReserve, .reserve), (.dropsBooking, .bookDelivery), (.dropsCancelling, .cancelDelivery): true
        case (.dropsReleaseOfConfirmed, .release): event == .deleted && before == .confirmed
        case (.dropsReleaseOfPending, .release): before == .pending && event == .deleted || before == .deleted
        case (.dropsLateRelease, .release): event != .deleted && before == .deleted
        case (.keepsTheUnaffordable, .release), (.confirmsTheUnaffordable, .release):
            event != .deleted && before == .pending
        default: false
        }
    }

    // MARK: inventory

    func takeAtInventory(_ letter: ShopLetter) {
        switch letter.body {
        case .reserve(let items):
            let shelves = items.map { item in tables.shelves.first { $0.sku == item.sku }?.shelf }
            decide(.reserve(items, shelves: seen(shelves)), letter.order)
        case .release: decide(.release, letter.order)
        case .reserved, .failed, .book, .cancel: violate("a message reaches its receiver", "\(letter)")
        }
    }

    private func seen(_ shelves: [Shelf?]) -> [Shelf?] {
        guard options.mutation == .takesWhatIsNotThere else { return shelves }
        return shelves.map { $0.map { Shelf(quantity: .max, price: $0.price, name: $0.name) } }
    }

    private func decide(_ event: ReservationMachine.Event, _ id: String) {
        let index = tables.reservations.firstIndex { $0.order == id }
        let before = index.map { tables.reservations[$0].reservation }
        if event == .release, before == nil { tally.earlyReleases += 1 }
        var machine = ReservationMachine(orderID: id, reservation: remembered(before, event))
        let effects = machine.handle(event)
        let isForgotten = options.mutation == .forgetsEarlyRelease && before == nil && event == .release
        if let reservation = machine.reservation, !isForgotten {
            if let index {
                tables.reservations[index].reservation = reservation
            } else {
                tables.reservations.append(ReservationRow(order: id, reservation: reservation))
            }
        }
        carryOut(effects, id)
    }

    private func remembered(_ before: Reservation?, _ event: ReservationMachine.Event) -> Reservation? {
        switch (options.mutation, before, event) {
        case (.takesAgain, .reserved, .reserve): nil
        case (.givesBackTwice, .released(let lines), .release): .reserved(lines)
        default: before
        }
    }

    private func carryOut(_ effects: [ReservationMachine.Effect], _ id: String) {
        var isFirst = true
        for effect in effects {
            switch effect {
            case .move(let movement):
                if options.mutation != .takesInPart || isFirst || movement.delta > 0 { move(movement) }
                isFirst = false
            case .answerReserved(let lines): send(.reserved(lines), id, to: orders.name)
            case .answerFailed(let reason):
                if options.mutation != .keepsFailuresToItself { send(.failed(reason: reason), id, to: orders.name) }
            }
        }
    }

    func move(_ movement: Movement) {
        guard let index = tables.shelves.firstIndex(where: { $0.sku == movement.sku }) else { return }
        tables.shelves[index].shelf.quantity += movement.delta
        tables.movements.append(movement)
    }
}
