/// A table that remembers at least the last so many entries, and never more than twice as many: two generations, of
/// which the older is forgotten when the younger is full.
struct RecentTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let capacity: Int
    private var young: [Key: Value] = [:]
    private var old: [Key: Value] = [:]

    init(capacity: Int) { self.capacity = max(1, capacity) }

    var count: Int { young.count + old.count }

    func find(_ key: Key) -> Value? { young[key] ?? old[key] }

    /// Keeps a value, as the youngest.
    mutating func keep(_ value: Value, for key: Key) {
        if young.count >= capacity, young[key] == nil {
            old = young
            young = [:]
        }
        young[key] = value
    }

    /// Takes a value out.
    mutating func take(_ key: Key) -> Value? {
        let found = old.removeValue(forKey: key)
        return young.removeValue(forKey: key) ?? found
    }
}
