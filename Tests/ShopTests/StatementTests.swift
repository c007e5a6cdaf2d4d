import Bench
import Store
import Testing

@testable import IMSActor
@testable import OMSActor

@Suite("The shop's floor")
struct StatementTests {
    private func words(_ sql: String) -> [Substring] { sql.split { $0 == " " || $0 == "\n" } }

    @Test("the bare loop runs the statements that the services run")
    func statements() {
        let pairs = [
            (ShopStatements.insertOrder, OrderRows.insertOrder), (ShopStatements.findOrder, OrderRows.findOrder),
            (ShopStatements.confirmOrder, OrderRows.confirmOrder),
            (ShopStatements.insertDelivery, OrderRows.insertDelivery),
            (ShopStatements.findDelivery, OrderRows.findDelivery),
            (ShopStatements.changeDelivery, OrderRows.changeDelivery),
            (ShopStatements.hasCustomer, OrderRows.hasCustomer),
            (ShopStatements.findDeliveryID, OrderRows.findDeliveryID),
            (ShopStatements.findReservation, ReservationRows.findReservation),
            (ShopStatements.insertReservation, ReservationRows.insertReservation),
            (ShopStatements.findShelf, ReservationRows.findShelf),
            (ShopStatements.changeQuantity, ReservationRows.changeQuantity),
            (ShopStatements.insertMovement, ReservationRows.insertMovement),
            (ShopStatements.insertMessage, OutboxStatements.insert),
            (ShopStatements.deleteMessage, OutboxStatements.delete),
            (ShopStatements.findInbox, OutboxStatements.findInbox),
            (ShopStatements.insertInbox, OutboxStatements.insertInbox),
        ]
        for (floor, service) in pairs { #expect(words(floor) == words(service)) }
    }
}

@Suite("Lists of orders")
struct OrderPlaceTests {
    private func parse(_ text: String) -> OrderPlace? {
        Array(text.utf8).withUnsafeBufferPointer { OrderPlaceShape().parse($0) }
    }

    @Test("a place comes back from its token, whichever it is")
    func tokens() {
        for place in [(0, 0), (1_795_259_122_597_697, 42), (Int64.max, Int64.max), (Int64.min, -1)] {
            let place = OrderPlace(created: place.0, number: place.1)
            #expect(parse(place.token) == place)
        }
    }

    @Test("what is no token is none", arguments: ["", "-", "0-0", String(repeating: "g", count: 33)])
    func noTokens(_ text: String) { #expect(parse(text) == nil) }
}
