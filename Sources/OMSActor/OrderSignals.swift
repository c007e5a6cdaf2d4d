import Contracts
import Orders
import Signals

/// What the service counts of its own work; the orders of synthetic customers stand apart.
///
/// It is counted within the transaction: one that is run a second time, because another of its batch failed, is counted
/// twice.
struct OrderSignals: Sendable {
    private static let real = OrderSignals(isSynthetic: false, .standard)
    private static let synthetic = OrderSignals(isSynthetic: true, .standard)

    /// Where the order for these items counts.
    static func of(_ items: [RequestedItem]) -> OrderSignals {
        Synthetic.isSynthetic(skus: items.lazy.map(\.sku)) ? synthetic : real
    }

    private let placed: Counter
    private let confirmed: Histogram
    private let cancelled: Histogram
    private let deleted: Histogram
    private let booked: Histogram
    private let refused: Histogram
    private let withdrawn: Histogram

    init(isSynthetic: Bool, _ metrics: Metrics) {
        let synthetic = isSynthetic ? "true" : "false"
        func decision(_ outcome: String) -> Histogram {
            metrics.histogram(
                "orders.decision.duration", unit: .seconds,
                help: "From an order's being accepted to its being confirmed, cancelled or deleted",
                labels: ["outcome": outcome, "synthetic": synthetic])
        }
        func delivery(_ outcome: String) -> Histogram {
            metrics.histogram(
                "orders.delivery.duration", unit: .seconds,
                help: "From an order's being accepted to its delivery's being booked, first refused, or withdrawn",
                labels: ["outcome": outcome, "synthetic": synthetic])
        }
        placed = metrics.counter(
            "orders.placed", help: "Orders that were accepted", labels: ["synthetic": synthetic])
        (confirmed, cancelled, deleted) = (decision("confirmed"), decision("cancelled"), decision("deleted"))
        (booked, refused, withdrawn) = (delivery("booked"), delivery("refused"), delivery("withdrawn"))
    }

    /// An order was accepted.
    func notePlaced() { placed.increment() }

    /// Something happened to an order.
    func note(_ id: String, _ before: Order, _ after: Order, now: WallTime) {
        if before.status == .pending, after.status != .pending {
            decision(after.status)?.record(Self.age(id, now))
        }
        guard before.delivery?.status != after.delivery?.status, let delivery = after.delivery else { return }
        let wasWanted = before.delivery?.wantsBooking ?? false
        switch delivery.status {
        case .booked where wasWanted: booked.record(Self.age(id, now))
        case .refused where wasWanted: refused.record(Self.age(id, now))
        case .cancelling where wasWanted: withdrawn.record(Self.age(id, now))
        case .booking, .booked, .refused, .cancelling, .cancelled: break
        }
    }

    private func decision(_ status: OrderStatus) -> Histogram? {
        switch status {
        case .pending: nil
        case .confirmed: confirmed
        case .cancelled: cancelled
        case .deleted: deleted
        }
    }

    /// An order's id begins with the time at which it was made.
    private static func age(_ id: String, _ now: WallTime) -> Duration {
        guard let born = UUID(id)?.milliseconds else { return .zero }
        return .milliseconds(max(0, now.nanoseconds / 1_000_000 - Int64(clamping: born)))
    }
}
