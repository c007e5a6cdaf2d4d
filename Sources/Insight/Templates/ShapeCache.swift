/// From a shape to its template: two places for each hash, the older gives way. Bounded by construction.
struct ShapeCache: Sendable {
    private var hashes: [UInt64]
    private var references: [TemplateForest.Reference]
    private let mask: Int

    init(capacity: Int) {
        var size = 2
        while size < capacity { size *= 2 }
        hashes = Array(repeating: 0, count: size)
        references = Array(repeating: .none, count: size)
        mask = size - 2
    }

    private func place(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash ^ (hash >> 32)) & mask }

    func find(_ hash: UInt64) -> TemplateForest.Reference? {
        let first = place(hash)
        if hashes[first] == hash, references[first].id >= 0 { return references[first] }
        if hashes[first + 1] == hash, references[first + 1].id >= 0 { return references[first + 1] }
        return nil
    }

    mutating func put(_ hash: UInt64, _ reference: TemplateForest.Reference) {
        let first = place(hash)
        if hashes[first] != hash {
            hashes[first + 1] = hashes[first]
            references[first + 1] = references[first]
        }
        hashes[first] = hash
        references[first] = reference
    }
}
