/// Picks a share of what comes, as evenly as whole numbers allow: what a share of one is too little for is carried over to
/// the next. Of any hundred in a row it picks exactly as many as the share says.
public struct EvenShare: Sendable, Equatable {
    /// From 0 to 100.
    public private(set) var percent: Int
    /// Hundredths of one that are owed; begins half way, so that the first is not always the one that is let go.
    private var owed = 50

    /// Nothing is picked at 0 percent, and all at 100.
    public init(percent: Int = 0) { self.percent = min(max(percent, 0), 100) }

    /// Another share from now on; what is owed stays owed.
    public mutating func change(to percent: Int) { self.percent = min(max(percent, 0), 100) }

    /// Whether the next one is picked.
    public mutating func picks() -> Bool {
        owed += percent
        guard owed >= 100 else { return false }
        owed -= 100
        return true
    }
}
