import Contracts

@testable import Orders

/// Every status in which an order can be; the delivery of a confirmed one is told apart below.
enum Situation: String, CaseIterable {
    case unknown, pending, confirmed, cancelled, deletedPending, deletedConfirmed

    static let items = [RequestedItem(sku: "bowl", quantity: 2), RequestedItem(sku: "cup", quantity: 1)]
    static let lines = [
        ReservedItem(sku: "bowl", quantity: 2, price: 1_250, name: "Bowl"),
        ReservedItem(sku: "cup", quantity: 1, price: 999, name: "Cup"),
    ]

    /// Made by the events that lead there.
    var machine: OrderMachine {
        var machine = OrderMachine(nil)
        for event in path { _ = machine.handle(event) }
        return machine
    }

    private var path: [OrderMachine.Event] {
        switch self {
        case .unknown: []
        case .pending: [.placed(Self.items)]
        case .confirmed: [.placed(Self.items), .reserved(Self.lines)]
        case .cancelled: [.placed(Self.items), .reservationFailed(reason: "too little")]
        case .deletedPending: [.placed(Self.items), .deleted]
        case .deletedConfirmed: [.placed(Self.items), .reserved(Self.lines), .deleted]
        }
    }
}

/// One cell of the table: what an event does in a situation.
struct Cell: Sendable {
    let situation: Situation
    let event: OrderMachine.Event
    let becomes: OrderStatus?
    let effects: [OrderMachine.Effect]
}

private let placed = OrderMachine.Event.placed(Situation.items)
private let reserved = OrderMachine.Event.reserved(Situation.lines)
private let failed = OrderMachine.Event.reservationFailed(reason: "no bowls")
private let ofDeleted = OrderMachine.Effect.release(reason: "the order was deleted")

let table: [Cell] = [
    Cell(situation: .unknown, event: placed, becomes: .pending, effects: [.reserve(Situation.items)]),
    Cell(
        situation: .unknown, event: reserved, becomes: nil, effects: [.release(reason: "there is no such order")]),
    Cell(situation: .unknown, event: failed, becomes: nil, effects: []),
    Cell(situation: .unknown, event: .deleted, becomes: nil, effects: [.gone]),

    Cell(situation: .pending, event: placed, becomes: .pending, effects: []),
    Cell(situation: .pending, event: reserved, becomes: .confirmed, effects: [.bookDelivery]),
    Cell(situation: .pending, event: failed, becomes: .cancelled, effects: []),
    Cell(situation: .pending, event: .deleted, becomes: .deleted, effects: [ofDeleted]),

    Cell(situation: .confirmed, event: placed, becomes: .confirmed, effects: []),
    Cell(situation: .confirmed, event: reserved, becomes: .confirmed, effects: []),
    Cell(situation: .confirmed, event: failed, becomes: .confirmed, effects: []),
    Cell(
        situation: .confirmed, event: .deleted, becomes: .deleted,
        effects: [ofDeleted, .cancelDelivery(reference: nil)]),

    Cell(situation: .cancelled, event: placed, becomes: .cancelled, effects: []),
    Cell(
        situation: .cancelled, event: reserved, becomes: .cancelled,
        effects: [.release(reason: "the order is CANCELLED")]),
    Cell(situation: .cancelled, event: failed, becomes: .cancelled, effects: []),
    Cell(situation: .cancelled, event: .deleted, becomes: .deleted, effects: []),

    Cell(situation: .deletedPending, event: placed, becomes: .deleted, effects: []),
    Cell(
        situation: .deletedPending, event: reserved, becomes: .deleted,
        effects: [.release(reason: "the order is DELETED")]),
    Cell(situation: .deletedPending, event: failed, becomes: .deleted, effects: []),
    Cell(situation: .deletedPending, event: .deleted, becomes: .deleted, effects: [.gone]),

    Cell(situation: .deletedConfirmed, event: placed, becomes: .deleted, effects: []),
    Cell(
        situation: .deletedConfirmed, event: reserved, becomes: .deleted,
        effects: [.release(reason: "the order is DELETED")]),
    Cell(situation: .deletedConfirmed, event: failed, becomes: .deleted, effects: []),
    Cell(situation: .deletedConfirmed, event: .deleted, becomes: .deleted, effects: [.gone]),
]

/// One cell of the delivery's table: what the carrier's word does to a delivery.
struct DeliveryCell: Sendable {
    let delivery: OrderDelivery?
    let event: OrderMachine.Event
    let becomes: OrderDelivery?
    let effects: [OrderMachine.Effect]
}

private let booked = OrderMachine.Event.deliveryBooked(reference: "C1")
private let refused = OrderMachine.Event.bookingRefused(reason: "no address")
private let cancelled = OrderMachine.Event.deliveryCancelled
private let kept = OrderMachine.Event.cancellingRefused(reason: "on its way")

private func cell(
    _ delivery: OrderDelivery?, _ event: OrderMachine.Event, _ becomes: OrderDelivery?,
    _ effects: [OrderMachine.Effect] = []
) -> DeliveryCell {
    DeliveryCell(delivery: delivery, event: event, becomes: becomes, effects: effects)
}

private func delivery(_ status: DeliveryStatus, _ reference: String? = nil, _ reason: String? = nil) -> OrderDelivery {
    OrderDelivery(status: status, reference: reference, reason: reason)
}

let deliveryTable: [DeliveryCell] = [
    cell(nil, booked, nil), cell(nil, refused, nil), cell(nil, cancelled, nil), cell(nil, kept, nil),

    cell(delivery(.booking), booked, delivery(.booked, "C1")),
    cell(delivery(.booking), refused, delivery(.refused, nil, "no address")),
    cell(delivery(.booking), cancelled, delivery(.booking)),
    cell(delivery(.booking), kept, delivery(.booking)),

    cell(delivery(.refused, nil, "full"), booked, delivery(.booked, "C1")),
    cell(delivery(.refused, nil, "full"), refused, delivery(.refused, nil, "no address")),
    cell(delivery(.refused, nil, "full"), cancelled, delivery(.refused, nil, "full")),
    cell(delivery(.refused, nil, "full"), kept, delivery(.refused, nil, "full")),

    cell(delivery(.booked, "C1"), booked, delivery(.booked, "C1")),
    cell(
        delivery(.booked, "C0"), booked, delivery(.booked, "C0"), [.noteSecondReference(kept: "C0", other: "C1")]),
    cell(delivery(.booked, "C1"), refused, delivery(.booked, "C1")),
    cell(delivery(.booked, "C1"), cancelled, delivery(.booked, "C1")),
    cell(delivery(.booked, "C1"), kept, delivery(.booked, "C1")),

    cell(delivery(.cancelling), booked, delivery(.cancelling, "C1")),
    cell(delivery(.cancelling, "C1"), booked, delivery(.cancelling, "C1")),
    cell(
        delivery(.cancelling, "C0"), booked, delivery(.cancelling, "C0"),
        [.noteSecondReference(kept: "C0", other: "C1")]),
    cell(delivery(.cancelling), refused, delivery(.cancelling)),
    cell(delivery(.cancelling, "C1"), cancelled, delivery(.cancelled, "C1")),
    cell(delivery(.cancelling), kept, delivery(.cancelling, nil, "on its way")),

    cell(delivery(.cancelled), booked, delivery(.cancelling, "C1"), [.cancelDelivery(reference: "C1")]),
    cell(delivery(.cancelled, "C0"), booked, delivery(.cancelling, "C1"), [.cancelDelivery(reference: "C1")]),
    cell(delivery(.cancelled, "C1"), booked, delivery(.cancelled, "C1")),
    cell(delivery(.cancelled), refused, delivery(.cancelled)),
    cell(delivery(.cancelled), cancelled, delivery(.cancelled)),
    cell(delivery(.cancelled), kept, delivery(.cancelled)),
]
