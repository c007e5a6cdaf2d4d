import Contracts
import Inventory
import Orders

/// What somebody outside wants, until it is answered.
struct ShopWish {
    enum Kind: Equatable {
        case place([RequestedItem])
        case delete(order: String)
        case restock(sku: String, Restock)
        case reprice(sku: String, Int64)
    }
    let kind: Kind
    var isOver = false
}

/// What a service says to it.
enum ShopAnswer: Equatable {
    case placed(order: String)
    case deleted
    case gone
    case done
}

extension ShopWorld {
    func stockUp() {
        for (sku, price) in [("bowl", 1_250), ("cup", 999), ("gem", Order.mostTotal)] as [(String, Int64)] {
            tables.shelves.append(ShelfRow(sku: sku, shelf: Shelf(quantity: 0, price: price, name: "a \(sku)")))
            move(Movement(sku: sku, delta: pick(1...9), cause: .restock, causeID: "first \(sku)"))
        }
        oracle.hasNews = true
    }

    func want() {
        guard isFaulty, wishes.count < wishLimit else { return }
        queue.push(.wants, at: now.adding(pick(1_000_000...90_000_000)))
        let burst = chance(oneIn: 5) ? 4 : 1
        for _ in 0..<burst { wishForSomething() }
    }

    private func wishForSomething() {
        switch pick(0...9) {
        case 0: wish(.restock(sku: anySKU(), .set(pick(0...8))))
        case 1: wish(.restock(sku: anySKU(), .add(pick(-3...4))))
        case 2: wish(.reprice(sku: ["bowl", "cup"][Int(pick(0...1))], pick(0...2_000)))
        default: wish(.place((0..<pick(1...3)).map { _ in .init(sku: anySKU(), quantity: pick(1...3)) }))
        }
    }

    private func anySKU() -> String {
        chance(oneIn: 20) ? "unheard" : ["bowl", "cup", "gem"][Int(pick(0...19)) / 9]
    }

    private func wish(_ kind: ShopWish.Kind, after: Int64 = 0) {
        wishes.append(ShopWish(kind: kind))
        queue.push(.asks(wishes.count - 1), at: now.adding(after))
    }

    /// Asks, and asks again until there is an answer; a few lose their patience.
    func ask(_ number: Int) {
        guard !wishes[number].isOver else { return }
        guard !fails(oneIn: 60) else { return wishes[number].isOver = true }
        for _ in 0..<(fails(oneIn: lossOdds) ? 2 : 1) where !fails(oneIn: lossOdds) {
            queue.push(.requestArrives(number), at: now.adding(delay(2_000_000)))
        }
        queue.push(.asks(number), at: now.adding(pick(60_000_000...150_000_000)))
    }

    /// A request reaches its service: the number of the wish is its idempotency key.
    func request(_ number: Int) {
        switch wishes[number].kind {
        case .place(let items): if orders.isUp { place(number, items) }
        case .delete(let order): if orders.isUp { delete(number, order) }
        case .restock(let sku, let restock): if inventory.isUp { self.restock(number, sku, restock) }
        case .reprice(let sku, let price):
            guard inventory.isUp, let index = tables.shelves.firstIndex(where: { $0.sku == sku }) else { return }
            if transaction(inventory, { tables.shelves[index].shelf.price = price }) { reply(.done, to: number) }
        }
    }

    private func place(_ number: Int, _ items: [RequestedItem]) {
        if let known = tables.orders.first(where: { $0.key == number }), options.mutation != .forgetsOrderKeys {
            return reply(.placed(order: known.id), to: number)
        }
        lastOrder += 1
        let id = "o\(lastOrder)"
        if options.mutation == .answersBeforeCommit { reply(.placed(order: id), to: number) }
        write("a customer places \(id): \(items.map { "\($0.quantity) \($0.sku)" })")
        guard transaction(orders, { place(id, items, key: number) }) else { return }
        if crashes(orders, at: "the order is on disk, before the customer is answered") { return }
        reply(.placed(order: id), to: number)
    }

    private func delete(_ number: Int, _ order: String) {
        let isThere = tables.order(order).map { $0.status != .deleted } ?? false
        write("a person deletes \(order)")
        guard transaction(orders, { decide(.deleted, order) }) else { return }
        reply(isThere ? .deleted : .gone, to: number)
    }

    private func restock(_ number: Int, _ sku: String, _ restock: Restock) {
        if tables.restocked.contains(number), options.mutation != .forgetsRestockKeys {
            return reply(.done, to: number)
        }
        let onHand = tables.shelves.first { $0.sku == sku }?.shelf.quantity
        let isWritten = transaction(inventory) {
            tables.restocked.append(number)
            guard case .move(let movement) = restock.decide(sku: sku, onHand: onHand, id: "restocking \(number)") else {
                return
            }
            move(movement)
            tally.restocks += 1
        }
        if isWritten { reply(.done, to: number) }
    }

    private func reply(_ answer: ShopAnswer, to number: Int) {
        guard !fails(oneIn: lossOdds) else { return }
        queue.push(.answerArrives(number, answer), at: now.adding(delay(2_000_000)))
    }

    func answered(_ number: Int, _ answer: ShopAnswer) {
        oracle.hasNews = true
        switch (answer, wishes[number].kind) {
        case (.placed(let order), .place(let items)):
            oracle.promises(order, items)
            guard !wishes[number].isOver else { break }
            if chance(oneIn: 2) { wish(.delete(order: order), after: chance(oneIn: 3) ? 0 : pick(0...400_000_000)) }
        case (.deleted, .delete(let order)), (.gone, .delete(let order)): oracle.promisesDeleted(order)
        default: break
        }
        wishes[number].isOver = true
    }
}
