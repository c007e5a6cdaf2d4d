import Contracts
import Testing

@testable import Inventory

private let items = [
    RequestedItem(sku: "cup", quantity: 1), RequestedItem(sku: "bowl", quantity: 2),
    RequestedItem(sku: "cup", quantity: 3),
]
private let bowls = Shelf(quantity: 2, price: 1_250, name: "Bowl")
private let cups = Shelf(quantity: 4, price: 999, name: "Cup")
private let shelves: [Shelf?] = [cups, bowls, cups]
private let lines = [
    ReservedItem(sku: "cup", quantity: 1, price: 999, name: "Cup"),
    ReservedItem(sku: "bowl", quantity: 2, price: 1_250, name: "Bowl"),
    ReservedItem(sku: "cup", quantity: 3, price: 999, name: "Cup"),
]
private let reserve = ReservationMachine.Event.reserve(items, shelves: shelves)

private func moved(_ sku: String, _ delta: Int64, _ cause: Movement.Cause) -> ReservationMachine.Effect {
    .move(Movement(sku: sku, delta: delta, cause: cause, causeID: "o1"))
}

private struct Cell: Sendable {
    let reservation: Reservation?
    let event: ReservationMachine.Event
    let becomes: Reservation
    let effects: [ReservationMachine.Effect]
}

private let table: [Cell] = [
    Cell(
        reservation: nil, event: reserve, becomes: .reserved(lines),
        effects: [moved("cup", -4, .reserve), moved("bowl", -2, .reserve), .answerReserved(lines)]),
    Cell(reservation: nil, event: .release, becomes: .released([]), effects: []),
    Cell(
        reservation: .reserved(lines), event: reserve, becomes: .reserved(lines), effects: [.answerReserved(lines)]),
    Cell(
        reservation: .reserved(lines), event: .release, becomes: .released(lines),
        effects: [moved("cup", 4, .release), moved("bowl", 2, .release)]),
    Cell(
        reservation: .failed(reason: "no"), event: reserve, becomes: .failed(reason: "no"),
        effects: [.answerFailed(reason: "no")]),
    Cell(reservation: .failed(reason: "no"), event: .release, becomes: .failed(reason: "no"), effects: []),
    Cell(
        reservation: .released([]), event: reserve, becomes: .released([]),
        effects: [.answerFailed(reason: "released")]),
    Cell(
        reservation: .released(lines), event: reserve, becomes: .released(lines),
        effects: [.answerFailed(reason: "released")]),
    Cell(reservation: .released(lines), event: .release, becomes: .released(lines), effects: []),
]

@Suite struct ReservationMachineTests {
    @Test("every cell of the table", arguments: table)
    private func cells(_ cell: Cell) {
        var machine = ReservationMachine(orderID: "o1", reservation: cell.reservation)
        #expect(machine.looksAtShelves == (cell.reservation == nil))
        #expect(machine.handle(cell.event) == cell.effects)
        #expect(machine.reservation == cell.becomes)
    }

    @Test(
        "all or nothing: what stands in the way is named",
        arguments: [
            ([("bowl", 3)], [bowls], "too little of bowl: 2 on hand, 3 asked for"),
            ([("cup", 1), ("jug", 1)], [cups, nil], "there is no product jug"),
            // Each alone would do, together they do not.
            ([("cup", 3), ("bowl", 1), ("cup", 2)], [cups, bowls, cups], "too little of cup: 4 on hand, 5 asked for"),
            ([("cup", 0)], [cups], "cup: 0 is no quantity, expected at least 1"),
            ([("cup", -5)], [cups], "cup: -5 is no quantity, expected at least 1"),
            ([], [], "it asks for nothing"),
            ([("cup", 1)], [], "0 shelves were looked at for 1 items"),
            (
                [("cup", .max), ("cup", .max), ("cup", .max)], [cups, cups, cups],
                "too little of cup: 4 on hand, more than can be counted asked for"
            ),
        ] as [([(String, Int64)], [Shelf?], String)])
    func refused(wanted: [(String, Int64)], shelves: [Shelf?], reason: String) {
        var machine = ReservationMachine(orderID: "o1", reservation: nil)
        let items = wanted.map { RequestedItem(sku: $0.0, quantity: $0.1) }
        #expect(machine.handle(.reserve(items, shelves: shelves)) == [.answerFailed(reason: reason)])
        #expect(machine.reservation == .failed(reason: reason))
        #expect(machine.handle(.release) == [])
    }

    @Test("what is answered again is what was answered then, whatever is on the shelves by now")
    func again() {
        var machine = ReservationMachine(orderID: "o1", reservation: nil)
        let first = machine.handle(.reserve([items[0]], shelves: [cups]))
        let dearer = Shelf(quantity: 0, price: 1, name: "Mug")
        #expect(machine.handle(.reserve([items[0]], shelves: [dearer])) == [first[1]])
    }

    @Test("an order of ten thousand items over a thousand skus is summed in its order")
    func many() {
        let items = (0..<10_000).map { RequestedItem(sku: "s\($0 * 7 % 1_000)", quantity: 1) }
        let demands = Demand.bySku(items)
        #expect(demands.count == 1_000 && demands.allSatisfy { $0.quantity == 10 && !$0.isTooMuch })
        #expect(demands.map(\.sku) == (0..<1_000).map { "s\($0 * 7 % 1_000)" })
    }

    @Test("under any mixture of reserves and releases of many orders nothing goes below zero, and all comes back")
    func conservation() {
        var chance = Chance(seed: 5)
        for _ in 0..<500 {
            var quantity = Int64.random(in: 0...10, using: &chance)
            let start = quantity
            var machines = (0..<4).map { ReservationMachine(orderID: "o\($0)", reservation: nil) }
            func apply(_ effects: [ReservationMachine.Effect]) {
                for case .move(let movement) in effects { quantity += movement.delta }
            }
            for _ in 0..<20 {
                let index = Int.random(in: 0..<4, using: &chance)
                if Bool.random(using: &chance) {
                    apply(machines[index].handle(.release))
                } else {
                    let wanted = RequestedItem(sku: "a", quantity: .random(in: 1...4, using: &chance))
                    let shelf = Shelf(quantity: quantity, price: 1, name: "A")
                    apply(machines[index].handle(.reserve([wanted, wanted], shelves: [shelf, shelf])))
                }
                #expect(quantity >= 0 && quantity <= start)
            }
            for index in machines.indices { apply(machines[index].handle(.release)) }
            #expect(quantity == start)
        }
    }
}

@Suite struct RestockTests {
    @Test(
        "a restocking is booked as the difference, and refused where it would leave too little or too much",
        arguments: [
            (.set(7), 3, .move(moved(4))), (.set(0), 3, .move(moved(-3))), (.set(3), 3, .nothing),
            (.add(4), 3, .move(moved(4))), (.add(-3), 3, .move(moved(-3))), (.add(0), 3, .nothing),
            (.set(1), nil, .refused(.noSuchProduct(sku: "cup"))),
            (.set(-1), 3, .refused(.belowZero(sku: "cup", onHand: 3, change: .set(-1)))),
            (.add(-4), 3, .refused(.belowZero(sku: "cup", onHand: 3, change: .add(-4)))),
            (.set(Restock.most), 0, .move(moved(Restock.most))),
            (
                .set(Restock.most + 1), 0,
                .refused(.tooMuch(sku: "cup", onHand: 0, change: .set(Restock.most + 1)))
            ),
            (.add(.max), 3, .refused(.tooMuch(sku: "cup", onHand: 3, change: .add(.max)))),
            (.add(.min), 3, .refused(.belowZero(sku: "cup", onHand: 3, change: .add(.min)))),
            (.set(.min), 3, .refused(.belowZero(sku: "cup", onHand: 3, change: .set(.min)))),
            // Returns have carried it beyond the limit: less is welcome, more is not.
            (.add(-1), Restock.most + 5, .move(moved(-1))),
            (.add(1), Restock.most + 5, .refused(.tooMuch(sku: "cup", onHand: Restock.most + 5, change: .add(1)))),
        ] as [(Restock, Int64?, Restock.Decision)])
    func decisions(restock: Restock, onHand: Int64?, decision: Restock.Decision) {
        #expect(restock.decide(sku: "cup", onHand: onHand, id: "r1") == decision)
    }

    private static func moved(_ delta: Int64) -> Movement {
        Movement(sku: "cup", delta: delta, cause: .restock, causeID: "r1")
    }

    @Test("a refusal says what was found, and what is expected")
    func words() {
        #expect(
            Restock.Refusal.belowZero(sku: "cup", onHand: 3, change: .add(-4)).description
                == "-4 of cup would leave less than nothing of the 3 on hand: take at most those")
        #expect(
            Restock.Refusal.tooMuch(sku: "cup", onHand: 3, change: .set(.max)).description.hasSuffix(
                "expected 0 to 1000000000000"))
        #expect(Restock.Refusal.noSuchProduct(sku: "cup").description.contains("cup"))
    }
}
