import Bus
import Delivery
import Signals
import Store
import Testing

@testable import Worker

@Suite("How an outbox's messages travel")
struct OutgoingTests {
    private func message(_ id: String, bytes: Int = 10, deaths: Int = 0) -> OutgoingMessage {
        OutgoingMessage(
            message: OutboxMessage(target: "ims", type: "t", body: Array(repeating: 1, count: bytes), id: id),
            created: WallTime(nanoseconds: 0), attempts: 0, deaths: deaths)
    }

    private func pieces(_ messages: [OutgoingMessage]) -> [[String]] {
        Outgoing.pieces(messages).map { $0.map(\.message.id) }
    }

    @Test("messages go together, unless one of them was in hand at a death")
    func together() {
        #expect(pieces([]) == [])
        #expect(pieces([message("a"), message("b")]) == [["a", "b"]])
        #expect(
            pieces([message("a"), message("b", deaths: 1), message("c", deaths: 2), message("d"), message("e")])
                == [["a"], ["b"], ["c"], ["d", "e"]])
    }

    @Test("a delivery stays below a mebibyte, unless one message alone is larger")
    func sizes() {
        let half = 1 << 19
        #expect(
            pieces([message("a", bytes: half), message("b", bytes: half), message("c"), message("d", bytes: 4 * half)])
                == [["a", "b"], ["c"], ["d"]])
    }

    @Test("three deaths blame a message that went alone, and make suspects of those that went together")
    func deaths() {
        let poison = BusError.poison("three deaths", deaths: 3)
        #expect(Outgoing.outcome(of: poison, known: 2, alone: true) == .died(1))
        #expect(Outgoing.outcome(of: poison, known: 0, alone: false) == .suspected)
    }

    @Test("a lost answer says nothing about the message, a refusal does")
    func refusals() {
        let lost = BusError.lost("the broker died")
        #expect(Outgoing.outcome(of: lost, known: 0, alone: true) == .unavailable("lost: the broker died"))
        let denied = BusError.denied("orders may not deliver to risk")
        #expect(
            Outgoing.outcome(of: denied, known: 0, alone: true)
                == .refused("denied: orders may not deliver to risk"))
    }
}
