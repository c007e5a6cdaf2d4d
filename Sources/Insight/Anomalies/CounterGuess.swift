/// Whether a series is a counter, which only grows until its process starts again: then what it grows by is measured.
struct CounterGuess: Sendable {
    /// Values that the guess rests on.
    private static let evidence = 32.0
    private static let rate = 1 / 256.0

    private var last: Double?
    private var count = 0.0
    /// Shares of steps, forgetting slowly.
    private var growing = 0.0
    private var falling = 0.0
    private(set) var isCounter = false

    /// Takes a value; true when what was learned of the series so far is of another kind than what follows.
    mutating func changesItsMind(with value: Double) -> Bool {
        guard let last else { return false }
        count += 1
        let weight = max(Self.rate, 1 / count)
        growing += weight * ((value > last ? 1 : 0) - growing)
        falling += weight * ((value < last ? 1 : 0) - falling)
        let before = isCounter
        if count >= Self.evidence, !isCounter, falling == 0, growing > 0.6, value >= 0 { isCounter = true }
        if isCounter, falling > 0.05 || value < 0 { isCounter = false }
        return isCounter != before
    }

    /// The value, or what a counter grew by; nil for a counter's first value.
    mutating func measure(_ value: Double) -> Double? {
        defer { last = value }
        guard isCounter else { return value }
        guard let last else { return nil }
        // It began at zero again.
        return value < last ? value : value - last
    }
}
