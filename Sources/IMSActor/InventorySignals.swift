import Contracts
import Signals

/// What the service counts of its own work; what is put aside for synthetic customers stands apart.
struct InventorySignals: Sendable {
    private static let real = InventorySignals(isSynthetic: false, .standard)
    private static let synthetic = InventorySignals(isSynthetic: true, .standard)

    /// Where the reservation of these items counts.
    static func of(_ items: [RequestedItem]) -> InventorySignals {
        Synthetic.isSynthetic(skus: items.lazy.map(\.sku)) ? synthetic : real
    }

    private let reserved: Histogram
    private let failed: Histogram

    init(isSynthetic: Bool, _ metrics: Metrics) {
        func reservation(_ outcome: String) -> Histogram {
            metrics.histogram(
                "inventory.reservation.duration", unit: .seconds,
                help: "From an order's being accepted to its stock's being reserved, or not",
                labels: ["outcome": outcome, "synthetic": isSynthetic ? "true" : "false"])
        }
        (reserved, failed) = (reservation("reserved"), reservation("failed"))
    }

    /// An order's stock was asked for the first time.
    func note(_ order: String, isReserved: Bool, now: WallTime) {
        guard let born = UUID(order)?.milliseconds else { return }
        let age = Duration.milliseconds(max(0, now.nanoseconds / 1_000_000 - Int64(clamping: born)))
        (isReserved ? reserved : failed).record(age)
    }
}
