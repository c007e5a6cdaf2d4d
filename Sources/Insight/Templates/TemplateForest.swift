/// The templates, those of as many pieces together, and how several become one.
struct TemplateForest: Sendable {
    /// Where a template is kept, and which one must be found there.
    struct Reference: Sendable {
        var slot: Int
        var id: Int

        static let none = Reference(slot: 0, id: -1)
    }

    /// How many templates of one length a new shape is compared with, the youngest of them.
    private static let mostCompared = 1_024

    private let limit: Int
    private let mostBytes: Int
    private var held = 0
    private var slots: [Template] = []
    private var free: [Int] = []
    /// Slots of templates by how many pieces these have, youngest last.
    private var byLength: [[Int]] = Array(repeating: [], count: LineShape.mostPieces + 2)
    private var slotOfID: [Int: Int] = [:]
    /// Which template another became part of.
    private var successors: [Int: Int] = [:]
    private var nextID = 0
    private(set) var forgotten = 0

    init(limit: Int, bytes: Int) { (self.limit, mostBytes) = (max(limit, 8), max(bytes, 1 << 16)) }

    var all: [Template] {
        byLength.flatMap { $0 }.map { slots[$0] }.sorted { $0.id < $1.id }
    }

    func template(_ id: Int) -> Template? { slotOfID[id].map { slots[$0] } }

    func settled(_ id: Int) -> Int {
        var id = id
        while let next = successors[id] { id = next }
        return id
    }

    /// Counts one more line; false where another template lives there by now.
    mutating func count(_ reference: Reference, line: Int) -> Bool {
        guard slots[reference.slot].id == reference.id else { return false }
        slots[reference.slot].count += 1
        slots[reference.slot].lastUse = line
        return true
    }

    /// Finds or makes the template of a new shape.
    mutating func place(
        _ pieces: ArraySlice<Piece>, _ bytes: UnsafeBufferPointer<UInt8>, line: Int
    ) -> Reference {
        if let found = byLength[pieces.count].suffix(Self.mostCompared).last(where: { slots[$0].covers(pieces) }) {
            let reference = Reference(slot: found, id: slots[found].id)
            _ = count(reference, line: line)
            return reference
        }
        if slotOfID.count >= limit || held >= mostBytes { forgetOldest() }
        let words = pieces.map { piece in
            TemplateWord(
                hash: piece.hash, bytes: piece.isVariable ? [] : Array(bytes[Int(piece.start)..<Int(piece.end)]),
                isWord: piece.isWord, followsSpace: piece.followsSpace)
        }
        var slot = keep(Template(id: nextID, count: 1, words: words, lastUse: line))
        nextID += 1
        // A word that became a variable can make neighbours of others.
        while let (at, siblings) = variable(among: slot) { slot = unite(siblings + [slot], at: at) }
        return Reference(slot: slot, id: slots[slot].id)
    }

    private mutating func keep(_ template: Template) -> Int {
        let slot: Int
        if let old = free.popLast() {
            slot = old
            slots[slot] = template
        } else {
            slot = slots.count
            slots.append(template)
        }
        slotOfID[template.id] = slot
        held += template.bytes
        byLength[template.words.count].append(slot)
        return slot
    }

    private mutating func release(_ slot: Int) {
        slotOfID[slots[slot].id] = nil
        held -= slots[slot].bytes
        slots[slot] = .empty
        free.append(slot)
    }

    // MARK: - Several become one

    /// A place where a template and its neighbours hold a variable rather than a word, and those neighbours.
    private func variable(among slot: Int) -> (at: Int, siblings: [Int])? {
        let words = slots[slot].words
        var found: [[Int]] = Array(repeating: [], count: words.count)
        for other in byLength[words.count].suffix(Self.mostCompared) where other != slot {
            if let at = slots[other].onlyDifference(from: words) { found[at].append(other) }
        }
        for at in words.indices where words[at].isWord && !found[at].isEmpty {
            let all = found[at].map { slots[$0].words[at] } + [words[at]]
            if all.contains(where: \.isVariable) || all.count >= Evidence.needed(for: all, at: at, in: words) {
                return (at, found[at])
            }
        }
        return nil
    }

    private mutating func unite(_ members: [Int], at place: Int) -> Int {
        let sorted = members.sorted { slots[$0].id < slots[$1].id }
        let first = sorted[0]
        for other in sorted.dropFirst() {
            slots[first].count += slots[other].count
            slots[first].lastUse = max(slots[first].lastUse, slots[other].lastUse)
            successors[slots[other].id] = slots[first].id
        }
        slots[first].words[place].makeVariable()
        byLength[slots[first].words.count].removeAll { $0 != first && sorted.contains($0) }
        for other in sorted.dropFirst() { release(other) }
        boundSuccessors()
        return first
    }

    // MARK: - Bounds

    /// Makes room by a quarter of what there is at once, so that it costs little for each.
    private mutating func forgetOldest() {
        let byUse = slotOfID.values.sorted { (slots[$0].lastUse, slots[$0].id) < (slots[$1].lastUse, slots[$1].id) }
        let leaving = byUse.prefix(max(byUse.count / 4, 1))
        var leaves = Array(repeating: false, count: slots.count)
        for slot in leaving { leaves[slot] = true }
        for length in byLength.indices { byLength[length].removeAll { leaves[$0] } }
        for slot in leaving { release(slot) }
        forgotten += leaving.count
    }

    /// Who asks for what a template became does so soon; the oldest answers are given up first.
    private mutating func boundSuccessors() {
        guard successors.count > limit * 8 else { return }
        for id in successors.keys.sorted().prefix(limit * 4) { successors[id] = nil }
    }
}
