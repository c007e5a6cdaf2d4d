import Contracts
import Orders
import Signals
import Store
import Testing

@testable import IMSActor
@testable import OMSActor

@Suite("What services count of their own work")
struct ShopSignalsTests {
    private let metrics = Metrics()
    private let born = WallTime(nanoseconds: 1_795_259_122_000_000_000)
    private var id: String { newIdentifier(at: born) }

    private func later(_ milliseconds: Int64) -> WallTime {
        WallTime(nanoseconds: born.nanoseconds + milliseconds * 1_000_000)
    }

    /// How many were recorded of a metric, by outcome, and how long all of them took.
    private func counts(_ name: String) -> [String: (count: Int, sum: Double)] {
        let family = metrics.snapshot().families.first { $0.name == name }
        return (family?.series ?? []).reduce(into: [:]) { found, series in
            guard let outcome = series.labels.first(where: { $0.name == "outcome" })?.value,
                let histogram = series.histogram, histogram.count > 0
            else { return }
            found[outcome] = (histogram.count, histogram.sum)
        }
    }

    @Test("an order is decided once, and its delivery booked once, each with its age")
    func life() throws {
        let signals = OrderSignals(isSynthetic: false, metrics)
        let (pending, id) = (Order(items: [RequestedItem(sku: "SKU-1", quantity: 1)]), id)
        var confirmed = pending
        confirmed.status = .confirmed
        confirmed.delivery = OrderDelivery()
        var refused = confirmed
        refused.delivery?.status = .refused
        var booked = confirmed
        booked.delivery?.status = .booked
        var deleted = booked
        deleted.status = .deleted
        deleted.delivery?.status = .cancelling
        signals.notePlaced()
        for (before, after, at) in [
            (pending, confirmed, 250), (confirmed, refused, 500), (refused, booked, 1_000), (booked, deleted, 9_000),
        ] {
            signals.note(id, before, after, now: later(Int64(at)))
        }
        let decisions = counts("orders.decision.duration")
        #expect(decisions.count == 1 && decisions["confirmed"]?.count == 1 && decisions["confirmed"]?.sum == 0.25)
        let deliveries = counts("orders.delivery.duration")
        #expect(deliveries.keys.sorted() == ["booked", "refused"])
        #expect(deliveries["booked"]?.sum == 1 && deliveries["refused"]?.sum == 0.5)
    }

    @Test("an order that is deleted before its delivery is booked withdraws it")
    func withdrawn() {
        let signals = OrderSignals(isSynthetic: false, metrics)
        var order = Order(status: .confirmed, items: [], delivery: OrderDelivery())
        let before = order
        order.status = .deleted
        order.delivery?.status = .cancelling
        signals.note(id, before, order, now: later(125))
        #expect(counts("orders.delivery.duration")["withdrawn"]?.sum == 0.125)
        #expect(counts("orders.decision.duration").isEmpty)
    }

    @Test("what is for nobody stands apart")
    func synthetic() {
        let signals = OrderSignals(isSynthetic: true, metrics)
        signals.notePlaced()
        let series = metrics.snapshot().families.first { $0.name == "orders.placed" }?.series
        #expect(series?.map(\.labels) == [[MetricLabel("synthetic", "true")]] && series?.first?.value == 1)
    }

    @Test("a reservation is counted with its order's age; an id without a time is not")
    func reservations() {
        let signals = InventorySignals(isSynthetic: false, metrics)
        signals.note(id, isReserved: true, now: later(500))
        signals.note(id, isReserved: false, now: later(-500))
        signals.note("00000000-0000-4000-9000-000000000001", isReserved: true, now: later(1))
        let counts = counts("inventory.reservation.duration")
        #expect(counts["reserved"]?.count == 1 && counts["reserved"]?.sum == 0.5 && counts["failed"]?.sum == 0)
    }
}
