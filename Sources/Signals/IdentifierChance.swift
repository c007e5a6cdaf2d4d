import Synchronization

/// Chance for identifiers that need only be different from all others, from any thread: the kernel is asked once, for
/// where to begin (SplitMix64). Nobody may take it for a secret.
struct IdentifierChance: RandomNumberGenerator {
    private static let state: Atomic<UInt64> = {
        var chance = SystemRandomNumberGenerator()
        return Atomic(chance.next())
    }()

    mutating func next() -> UInt64 {
        var mixed = Self.state.wrappingAdd(0x9E37_79B9_7F4A_7C15, ordering: .relaxed).newValue
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
