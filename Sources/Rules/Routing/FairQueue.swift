/// Waiting calls of one role: first those that a death gave back, then one of each caller in turn.
///
/// Bounded in count and bytes. When it is full, the caller with the longest line pays: its newest entry makes room,
/// unless that caller is the one who asks, who is refused.
struct FairQueue<Element> {
    struct Entry {
        var caller: UInt32
        var bytes: Int
        var element: Element
    }
    struct Line {
        var caller: UInt32
        var held: Deque<Entry>
    }

    /// What became of an admission.
    enum Admission {
        case queued
        case refused
        /// Queued, at the cost of this one.
        case displaced(Element)
    }

    let countLimit: Int
    let byteLimit: Int
    private(set) var count = 0
    private(set) var bytes = 0
    private var urgent = Deque<Entry>()
    /// The lines in the order of their turn; a line without entries is removed.
    private var lines: [Line] = []
    private var turn = 0

    init(countLimit: Int, byteLimit: Int) {
        self.countLimit = countLimit
        self.byteLimit = byteLimit
    }

    var isEmpty: Bool { count == 0 }

    mutating func admit(_ element: Element, caller: UInt32, bytes size: Int) -> Admission {
        if count < countLimit, bytes + size <= byteLimit {
            append(Entry(caller: caller, bytes: size, element: element))
            return .queued
        }
        guard let longest = longestLine(), lines[longest].caller != caller,
            let victim = lines[longest].held.last, bytes - victim.bytes + size <= byteLimit
        else { return .refused }
        let own = lines.first { $0.caller == caller }?.held.count ?? 0
        guard lines[longest].held.count > own + 1 else { return .refused }
        _ = lines[longest].held.popLast()
        forget(victim)
        if lines[longest].held.isEmpty { removeLine(longest) }
        append(Entry(caller: caller, bytes: size, element: element))
        return .displaced(victim.element)
    }

    /// Puts one back before all others: it waited already.
    mutating func requeue(_ element: Element, caller: UInt32, bytes size: Int) {
        urgent.append(Entry(caller: caller, bytes: size, element: element))
        count += 1
        bytes += size
    }

    /// The one whose turn it is, without taking it.
    func peek() -> Element? {
        if let first = urgent.first { return first.element }
        return lines.isEmpty ? nil : lines[turn].held.first?.element
    }

    mutating func pop() -> Element? {
        if let entry = urgent.popFirst() {
            forget(entry)
            return entry.element
        }
        guard !lines.isEmpty, let entry = lines[turn].held.popFirst() else { return nil }
        forget(entry)
        if lines[turn].held.isEmpty {
            removeLine(turn)
        } else {
            turn = (turn + 1) % lines.count
        }
        return entry.element
    }

    /// Changes the first that matches, where it stands, and returns what it is now.
    mutating func change(where matches: (Element) -> Bool, _ body: (inout Element) -> Void) -> Element? {
        if let changed = urgent.change(where: { matches($0.element) }, { body(&$0.element) }) { return changed.element }
        for index in lines.indices {
            let changed = lines[index].held.change(where: { matches($0.element) }, { body(&$0.element) })
            if let changed { return changed.element }
        }
        return nil
    }

    /// Takes out all that match, in order.
    mutating func remove(where matches: (Element) -> Bool) -> [Element] {
        var removed: [Element] = []
        urgent = sift(urgent, &removed, matches)
        for index in lines.indices { lines[index].held = sift(lines[index].held, &removed, matches) }
        for index in lines.indices.reversed() where lines[index].held.isEmpty { removeLine(index) }
        return removed
    }

    private mutating func sift(
        _ entries: Deque<Entry>, _ removed: inout [Element], _ matches: (Element) -> Bool
    ) -> Deque<Entry> {
        var rest = entries
        var kept = Deque<Entry>()
        while let entry = rest.popFirst() {
            if matches(entry.element) {
                removed.append(entry.element)
                forget(entry)
            } else {
                kept.append(entry)
            }
        }
        return kept
    }

    private mutating func append(_ entry: Entry) {
        count += 1
        bytes += entry.bytes
        if let index = lines.firstIndex(where: { $0.caller == entry.caller }) {
            lines[index].held.append(entry)
        } else {
            var held = Deque<Entry>()
            held.append(entry)
            // Behind everyone whose turn is still to come in this round.
            lines.insert(Line(caller: entry.caller, held: held), at: turn)
            turn = lines.count == 1 ? 0 : (turn + 1) % lines.count
        }
    }
    private mutating func forget(_ entry: Entry) {
        count -= 1
        bytes -= entry.bytes
    }
    private mutating func removeLine(_ index: Int) {
        lines.remove(at: index)
        if index < turn { turn -= 1 }
        if turn >= lines.count { turn = 0 }
    }
    private func longestLine() -> Int? {
        lines.indices.max { lines[$0].held.count < lines[$1].held.count }
    }
}
