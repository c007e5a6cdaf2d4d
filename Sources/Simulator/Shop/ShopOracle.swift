import Contracts
import Delivery
import Inventory
import Orders

/// Watches the tables from outside, and knows what must always hold. It shares no rule with what it watches.
struct ShopOracle {
    struct Broken: Equatable {
        var promise: String
        var detail: String
    }
    private struct Taken {
        let service: ShopService
        let order: String
        var seq: Int64
    }

    /// Something was written since it last looked.
    var hasNews = false
    private(set) var broken: Broken?
    private var statuses: [OrderStatus] = []
    private var promised: [(order: String, items: [RequestedItem])] = []
    private var promisedDeleted: [String] = []
    private var handled: Set<Int> = []
    private var taken: [Taken] = []
    private var disturbed: [String] = []
    private var released: [String] = []
    private var booked: [String] = []
    private var releasing: [String] = []

    private mutating func demand(_ holds: Bool, _ promise: String, _ detail: @autoclosure () -> String) {
        guard !holds, broken == nil else { return }
        broken = Broken(promise: promise, detail: detail())
    }

    // MARK: what it is told

    mutating func promises(_ order: String, _ items: [RequestedItem]) {
        if !promised.contains(where: { $0.order == order }) { promised.append((order, items)) }
    }

    mutating func promisesDeleted(_ order: String) { promisedDeleted.append(order) }

    /// A message of this order was given up: others may overtake it.
    mutating func isDisturbed(_ order: String) { disturbed.append(order) }

    /// A service takes a message for the first time, as it believes.
    mutating func takes(_ letter: ShopLetter, _ service: ShopService) {
        let isNew = handled.insert(letter.id).inserted
        demand(isNew, "a message takes effect once", "message \(letter.id)")
        if case .release = letter.body { released.append(letter.order) }
        guard let index = taken.firstIndex(where: { $0.service == service && $0.order == letter.order }) else {
            return taken.append(Taken(service: service, order: letter.order, seq: letter.row.seq))
        }
        let last = taken[index].seq
        demand(
            letter.row.seq > last || disturbed.contains(letter.order),
            "messages about one order come in their order",
            "\(letter.order): row \(letter.row.seq) after row \(last)")
        taken[index].seq = letter.row.seq
    }

    /// Orders decided about an event, and these messages leave with it.
    mutating func decided(
        _ order: String, _ event: OrderMachine.Event, before: OrderStatus?, _ letters: ArraySlice<ShopLetter>
    ) {
        let releases = letters.count { if case .release = $0.body { true } else { false } }
        let bookings = letters.count { $0.body == .book }
        if bookings > 0 {
            demand(bookings == 1 && !booked.contains(order), "an order is booked by one message", order)
            booked.append(order)
        }
        if case .reserved = event, before != .pending, before != .confirmed {
            demand(releases == 1, "a reservation that comes too late is released", "\(order): \(releases) releases")
        } else if releases > 0 {
            demand(
                releases == 1 && !releasing.contains(order), "what an order holds is released once",
                "\(order), \(before?.rawValue ?? "unknown"), \(event)")
            releasing.append(order)
        }
    }

    // MARK: what must always hold

    mutating func look(at tables: ShopTables, _ carrier: ShopCarrier) {
        guard hasNews else { return }
        hasNews = false
        checkStock(tables)
        checkReservations(tables)
        checkOrders(tables)
        checkPromises(tables)
        checkCarrier(tables, carrier)
    }

    private mutating func checkStock(_ tables: ShopTables) {
        for row in tables.shelves {
            let quantity = row.shelf.quantity
            demand(quantity >= 0, "a quantity is never negative", "\(row.sku): \(quantity)")
            let sum = tables.movements.reduce(0) { $1.sku == row.sku ? $0 &+ $1.delta : $0 }
            demand(sum == quantity, "a quantity is the sum of its movements", "\(row.sku): \(quantity), sum \(sum)")
        }
        for (index, movement) in tables.movements.enumerated() where movement.cause == .restock {
            let isAgain = tables.movements[..<index].contains { $0.causeID == movement.causeID }
            demand(!isAgain, "a restocking is booked once", movement.causeID)
        }
    }

    private mutating func checkReservations(_ tables: ShopTables) {
        var expected = 0
        for row in tables.reservations {
            let (lines, isBack): ([ReservedItem], Bool)
            switch row.reservation {
            case .reserved(let items): (lines, isBack) = (items, false)
            case .released(let items): (lines, isBack) = (items, true)
            case .failed: continue
            }
            demand(
                isBack || !released.contains(row.order), "what was released stays released", "\(row.order) is reserved")
            for (index, line) in lines.enumerated() where !lines[..<index].contains(where: { $0.sku == line.sku }) {
                let sum = lines.reduce(0) { $1.sku == line.sku ? $0 + $1.quantity : $0 }
                expected += isBack ? 2 : 1
                let found = moved(tables, row.order, line.sku)
                demand(
                    found == (isBack ? [-sum, sum] : [-sum]), "movements match reservations one to one",
                    "\(row.order), \(line.sku): \(found) for \(row.reservation.outcome) of \(sum)")
            }
        }
        let count = tables.movements.count { $0.cause != .restock }
        demand(
            count == expected, "movements match reservations one to one", "\(count) movements, \(expected) expected")
    }

    private func moved(_ tables: ShopTables, _ order: String, _ sku: String) -> [Int64] {
        tables.movements.filter { $0.causeID == order && $0.sku == sku && $0.cause != .restock }.map(\.delta)
    }

    private mutating func checkOrders(_ tables: ShopTables) {
        for (index, row) in tables.orders.enumerated() {
            let status = row.order.status
            if index == statuses.count {
                demand(status == .pending, "an order begins at the beginning", "\(row.id): \(status)")
                demand(!tables.orders[..<index].contains { $0.key == row.key }, "a retry is the same order", row.id)
                statuses.append(status)
            }
            let last = statuses[index]
            let mayFollow =
                status == last || last == .pending || status == .deleted && last != .deleted
            demand(mayFollow, "nothing leads back", "\(row.id): \(last.rawValue), then \(status.rawValue)")
            statuses[index] = status
            if status == .confirmed { checkConfirmed(row, tables) }
        }
    }

    private mutating func checkConfirmed(_ row: OrderRow, _ tables: ShopTables) {
        let order = row.order
        demand(
            tables.reservation(row.id) == .reserved(order.lines), "no order is confirmed without its reservation",
            "\(row.id): \(tables.reservation(row.id).map { "\($0)" } ?? "none")")
        var sum: Int64 = 0
        for line in order.lines {
            let cost = line.price.multipliedReportingOverflow(by: line.quantity)
            let next = sum.addingReportingOverflow(cost.partialValue)
            demand(!cost.overflow && !next.overflow, "a total is what the lines cost", "\(row.id) overflows")
            sum = next.partialValue
        }
        demand(
            order.total == sum && sum <= 999_999_999_999_999, "a total is what the lines cost",
            "\(row.id): \(order.total.map { "\($0)" } ?? "none"), lines \(sum)")
        let asked = zip(order.items, order.lines).allSatisfy { $0.sku == $1.sku && $0.quantity == $1.quantity }
        demand(asked && order.items.count == order.lines.count, "an order is for what was asked for", row.id)
    }

    private mutating func checkPromises(_ tables: ShopTables) {
        for (order, items) in promised {
            demand(tables.order(order)?.items == items, "an order that was answered is never lost", order)
        }
        for order in promisedDeleted {
            demand(tables.order(order)?.status == .deleted, "what was answered deleted is deleted", order)
        }
    }

    private mutating func checkCarrier(_ tables: ShopTables, _ carrier: ShopCarrier) {
        for row in tables.orders {
            let open = carrier.bookings.filter { $0.order == row.id && !$0.isCancelled }
            demand(open.count <= 1, "the carrier has one booking of an order", "\(row.id): \(open.map(\.reference))")
            demand(
                open.isEmpty || row.order.delivery != nil, "nothing is booked that was not confirmed",
                "\(row.id) is \(row.order.status.rawValue)")
            guard let delivery = row.order.delivery, delivery.status == .booked else { continue }
            demand(
                open.count == 1 && open[0].reference == delivery.reference, "booked is what the carrier has booked",
                "\(row.id): \(delivery.reference ?? "none"), at the carrier \(open.map(\.reference))")
        }
    }

    // MARK: what must hold in the end

    mutating func demandEnd(_ tables: ShopTables, _ carrier: ShopCarrier) {
        for row in tables.orders {
            let order = row.order
            demand(order.status != .pending, "every order comes to its end", row.id)
            let open = carrier.bookings.count { $0.order == row.id && !$0.isCancelled }
            guard order.status != .confirmed else {
                demand(
                    order.delivery?.status == .booked && open == 1,
                    "every confirmed order has exactly one booked delivery",
                    "\(row.id): \(order.delivery.map { "\($0.status)" } ?? "none"), \(open) at the carrier")
                continue
            }
            demand(
                open == 0 && (order.delivery == nil || order.delivery?.status == .cancelled),
                "no other order has a delivery",
                "\(row.id): \(order.delivery.map { "\($0.status)" } ?? "none"), \(open) at the carrier")
            if case .reserved = tables.reservation(row.id) {
                demand(false, "no reservation outlives its order", "\(row.id) is \(order.status.rawValue)")
            }
        }
        for row in tables.reservations where tables.order(row.order) == nil {
            demand(row.reservation.outcome != .reserved, "no reservation is without its order", row.order)
        }
    }
}
