import Contracts
import Testing

private func json(_ message: some Encodable) throws -> String {
    String(decoding: try JSONText.unpack(try Packed.encode(message)), as: UTF8.self)
}

@Suite struct ShopTests {
    @Test("a message has the names of the specification on the wire, and comes back as it was")
    func names() throws {
        let reserve = ReserveInventory(
            orderID: "o1", customerID: "c1", items: [.init(sku: "cup", quantity: 2)], timestamp: "2026-01-02T03:04:05Z")
        #expect(
            try json(reserve)
                == #"{"type":"ReserveInventory","items":[{"sku":"cup","quantity":2}],"timestamp":"2026-01-02T03:04:05Z","#
                + #""order_id":"o1","customer_id":"c1"}"#
        )
        let reserved = InventoryReserved(
            orderID: "o1", items: [.init(sku: "cup", quantity: 2, price: 1_250, name: "Cup")])
        #expect(
            try json(reserved)
                == #"{"type":"InventoryReserved","items":[{"sku":"cup","quantity":2,"price":1250,"name":"Cup"}],"#
                + #""order_id":"o1"}"#
        )
        let failed = InventoryReservationFailed(orderID: "o1", reason: "no cups")
        #expect(
            try json(failed) == #"{"type":"InventoryReservationFailed","reason":"no cups","order_id":"o1"}"#)
        let release = ReleaseInventory(orderID: "o1", reason: "deleted")
        #expect(try json(release) == #"{"type":"ReleaseInventory","reason":"deleted","order_id":"o1"}"#)
        #expect(try Packed.decode(ReserveInventory.self, from: try Packed.encode(reserve)) == reserve)
        #expect(try Packed.decode(InventoryReserved.self, from: try Packed.encode(reserved)) == reserved)
        #expect(try Packed.decode(InventoryReservationFailed.self, from: try Packed.encode(failed)) == failed)
        #expect(try Packed.decode(ReleaseInventory.self, from: try Packed.encode(release)) == release)
    }

    @Test("a message of another type is not taken for one's own, though its fields would do")
    func otherType() throws {
        let release = try Packed.encode(ReleaseInventory(orderID: "o1", reason: "deleted"))
        #expect(throws: (any Error).self) { try Packed.decode(InventoryReservationFailed.self, from: release) }
        #expect(ReleaseInventory.name == "ReleaseInventory" && InventoryReservationFailed.name != ReleaseInventory.name)
    }
}
