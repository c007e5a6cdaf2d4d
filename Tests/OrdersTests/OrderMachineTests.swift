import Contracts
import Testing

@testable import Orders

@Suite struct OrderMachineTests {
    @Test("every cell of the table", arguments: table)
    func cells(_ cell: Cell) {
        var machine = cell.situation.machine
        let before = machine.order
        #expect(machine.handle(cell.event) == cell.effects)
        #expect(machine.order?.status == cell.becomes)
        // What changes no status changes nothing else.
        if before?.status == cell.becomes { #expect(machine.order == before) }
    }

    @Test("the table is complete")
    func complete() { #expect(table.count == Situation.allCases.count * 4) }

    @Test("every cell of the delivery's table, whatever became of its order", arguments: deliveryTable)
    func deliveryCells(_ cell: DeliveryCell) {
        for status in OrderStatus.allCases {
            var machine = OrderMachine(
                Order(status: status, items: Situation.items, lines: Situation.lines, delivery: cell.delivery))
            #expect(machine.handle(cell.event) == cell.effects)
            #expect(machine.order?.delivery == cell.becomes)
            #expect(machine.order?.status == status)
        }
    }

    @Test("what is reserved is frozen into the order, with its total, and its delivery is being booked")
    func confirmed() {
        let order = Situation.confirmed.machine.order
        #expect(order?.lines == Situation.lines && order?.total == 3_499)
        #expect(order?.delivery == OrderDelivery(status: .booking) && order?.reason == nil)
    }

    @Test("a failed reservation keeps its reason")
    func reason() { #expect(Situation.cancelled.machine.order?.reason == "too little") }

    @Test(
        "a reservation that cannot be for this order cancels it, and is released",
        arguments: [
            (
                [ReservedItem(sku: "bowl", quantity: 2, price: 1, name: "")],
                "inventory reserved 1 items, 2 were asked for"
            ),
            (changed { $0[1].sku = "pot" }, "inventory reserved 1 of pot, expected 1 of cup"),
            (changed { $0[0].quantity = 3 }, "inventory reserved 3 of bowl, expected 2 of bowl"),
            (changed { $0[0].price = -1 }, "the price of bowl is below zero: -1"),
            (changed { $0[0].price = .max }, "the total is above 999999999999999 minor units"),
            (changed { $0[1].price = 999_999_999_999_999 }, "the total is above 999999999999999 minor units"),
        ])
    func flawed(lines: [ReservedItem], reason: String) {
        var machine = Situation.pending.machine
        #expect(machine.handle(.reserved(lines)) == [.release(reason: reason)])
        #expect(machine.order?.status == .cancelled && machine.order?.reason == reason)
        #expect(machine.order?.delivery == nil && machine.order?.lines == [])
        // It was given back already.
        #expect(machine.handle(.deleted) == [])
    }

    private static func changed(_ change: (inout [ReservedItem]) -> Void) -> [ReservedItem] {
        var lines = Situation.lines
        change(&lines)
        return lines
    }

    @Test("the largest total is taken, and no sum overflows")
    func totals() {
        func line(_ price: Int64, _ quantity: Int64) -> ReservedItem {
            ReservedItem(sku: "a", quantity: quantity, price: price, name: "A")
        }
        #expect(Order.total(of: [line(999_999_999_999_999, 1)]) == 999_999_999_999_999)
        #expect(Order.total(of: [line(999_999_999_999_999, 1), line(1, 1)]) == nil)
        #expect(Order.total(of: [line(.max, .max)]) == nil)
        #expect(Order.total(of: [line(0, .max), line(3, 3)]) == 9)
        #expect(Order.total(of: Array(repeating: line(.max / 2, 1), count: 4)) == nil)
    }

    @Test("deleted while its booking is under way: the booking's late answer leaves the reference to the cancellation")
    func deletedWhileBooking() {
        var machine = Situation.confirmed.machine
        #expect(machine.order?.delivery?.wantsBooking == true)
        #expect(machine.handle(.deleted).contains(.cancelDelivery(reference: nil)))
        #expect(machine.order?.delivery?.wantsBooking == false && machine.order?.delivery?.wantsCancelling == true)
        #expect(machine.handle(.deliveryBooked(reference: "C9")) == [])
        #expect(machine.handle(.deliveryCancelled) == [])
        #expect(machine.order?.delivery == OrderDelivery(status: .cancelled, reference: "C9"))
        #expect(machine.handle(.deliveryBooked(reference: "C9")) == [])
    }

    @Test("a booking that nobody knew of when it was cancelled is cancelled under a key of its own")
    func bookedAfterCancelling() {
        var machine = Situation.deletedConfirmed.machine
        _ = machine.handle(.deliveryCancelled)
        #expect(machine.handle(.deliveryBooked(reference: "C9")) == [.cancelDelivery(reference: "C9")])
        #expect(
            OrderDelivery.cancellingKey(order: "o1", reference: "C9")
                != OrderDelivery.cancellingKey(order: "o1", reference: nil))
        #expect(
            OrderDelivery.bookingKey(order: "o1") != OrderDelivery.cancellingKey(order: "o1", reference: nil))
    }

    @Test("doubled and mixed events lead an order forward only, and a delete undoes what it holds, once")
    func anyOrder() {
        var chance = Chance(seed: 11)
        let events: [OrderMachine.Event] = [
            .placed(Situation.items), .reserved(Situation.lines), .reservationFailed(reason: "no"),
            .deliveryBooked(reference: "C1"), .bookingRefused(reason: "full"), .cancellingRefused(reason: "no"),
        ]
        for _ in 0..<2_000 {
            var machine = Situation.pending.machine
            var bookings = 0
            for _ in 0..<Int.random(in: 0..<12, using: &chance) {
                let before = machine.order?.status
                let effects = machine.handle(events[Int.random(in: events.indices, using: &chance)])
                bookings += effects.count { $0 == .bookDelivery }
                #expect(before == .pending || machine.order?.status == before)
            }
            let before = machine.order?.status
            #expect(bookings == (before == .confirmed ? 1 : 0))
            let effects = machine.handle(.deleted)
            #expect(effects.contains(.release(reason: "the order was deleted")) == (before != .cancelled))
            let cancels = effects.count { if case .cancelDelivery = $0 { true } else { false } }
            #expect(cancels == bookings)
            #expect(machine.handle(.deleted) == [.gone])
        }
    }
}
