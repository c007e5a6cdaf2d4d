/// How what is not real is told apart in the shop: synthetic customers order products of their own, and neither is counted
/// among the figures of the business.
public enum Synthetic {
    /// With this begins every SKU that exists for synthetic customers alone.
    public static let skuPrefix = "CANARY-"
    /// With this begins the id of every synthetic customer.
    public static let customerPrefix = "ca9a9000-0000-7000-8000-"

    /// The id of a synthetic customer.
    public static func customer(_ number: Int) -> String {
        let digits = String(UInt64(max(0, number)) & 0xFFFF_FFFF_FFFF, radix: 16)
        return customerPrefix + String(repeating: "0", count: 12 - digits.count) + digits
    }

    /// Whether an order is for nobody: all that it asks for is reserved for that.
    public static func isSynthetic(skus: some Sequence<String>) -> Bool {
        var isEmpty = true
        for sku in skus {
            guard sku.hasPrefix(skuPrefix) else { return false }
            isEmpty = false
        }
        return !isEmpty
    }
}
