/// What an operator does to the quantity on hand.
public enum Restock: Sendable, Equatable {
    /// So many are there: booked as the difference.
    case set(Int64)
    /// So many came, or were lost when below zero.
    case add(Int64)

    /// The most that a restocking may leave on hand. What comes back from orders may go beyond it; it is so far from
    /// what 64 bits hold that nine million orders of all of it would have to come back before a sum overflows.
    public static let most: Int64 = 1_000_000_000_000

    /// What becomes of it.
    public enum Decision: Sendable, Equatable {
        case move(Movement)
        /// So many are there already: nothing is booked.
        case nothing
        case refused(Refusal)
    }

    /// Why nothing is changed.
    public enum Refusal: Error, Sendable, Equatable, CustomStringConvertible {
        case noSuchProduct(sku: String)
        case belowZero(sku: String, onHand: Int64, change: Restock)
        case tooMuch(sku: String, onHand: Int64, change: Restock)

        public var description: String {
            switch self {
            case .noSuchProduct(let sku): "there is no product \(sku): create it first"
            case .belowZero(let sku, let onHand, .set(let quantity)):
                "\(quantity) of \(sku) cannot be on hand (now \(onHand)): expected 0 to \(Restock.most)"
            case .belowZero(let sku, let onHand, .add(let change)):
                "\(change) of \(sku) would leave less than nothing of the \(onHand) on hand: take at most those"
            case .tooMuch(let sku, let onHand, .set(let quantity)):
                "\(quantity) of \(sku) (now \(onHand)) is too much: expected 0 to \(Restock.most)"
            case .tooMuch(let sku, let onHand, .add(let change)):
                "\(change) of \(sku) beside the \(onHand) on hand is too much: at most \(Restock.most) together"
            }
        }
    }

    /// What it changes; `onHand` is nil when there is no such product. `id` names the restocking in the ledger.
    public func decide(sku: String, onHand: Int64?, id: String) -> Decision {
        guard let onHand else { return .refused(.noSuchProduct(sku: sku)) }
        let target: Int64
        switch self {
        case .set(let quantity): target = quantity
        case .add(let change):
            let sum = onHand.addingReportingOverflow(change)
            guard !sum.overflow else {
                return .refused(
                    change < 0
                        ? .belowZero(sku: sku, onHand: onHand, change: self)
                        : .tooMuch(sku: sku, onHand: onHand, change: self))
            }
            target = sum.partialValue
        }
        guard target >= 0 else { return .refused(.belowZero(sku: sku, onHand: onHand, change: self)) }
        // What came back from orders may stand above the limit already; taking from it stays possible.
        guard target <= Restock.most || target <= onHand else {
            return .refused(.tooMuch(sku: sku, onHand: onHand, change: self))
        }
        guard target != onHand else { return .nothing }
        return .move(Movement(sku: sku, delta: target - onHand, cause: .restock, causeID: id))
    }
}
