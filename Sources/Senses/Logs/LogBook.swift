import Contracts
import Insight

/// Log lines as templates with counts and a few examples, within a bound.
public struct LogBook: Sendable {
    /// What the book may keep.
    public struct Limits: Sendable {
        public var kinds = 2_000
        public var examples = 3
        /// Bytes of a template or of an example.
        public var text = 256
        /// Bytes of what is learned about how lines vary.
        public var bytesOfMiner = 4 << 20
        /// Seconds that a line may be older than now, and newer.
        public var oldest: Int64 = 3_600
        public var ahead: Int64 = 60

        public init() {}
    }

    /// What names a kind of lines.
    public struct Key: Hashable, Sendable, Comparable {
        public var node: String
        public var level: String
        public var template: String

        public init(node: String, level: String, template: String) {
            self.node = node
            self.level = level
            self.template = template
        }

        public static func < (left: Key, right: Key) -> Bool {
            (left.node, left.level, left.template) < (right.node, right.level, right.template)
        }
    }

    /// What is known of one kind.
    struct Kind: Sendable {
        var counts = Tally(places: 360)
        var lines = 0
        var firstSeen: Int64
        var lastSeen: Int64
        var examples: [LogExample] = []
        /// Whether it was known from the disk.
        var isKnown: Bool

        /// Counts lines; false where they are too old to be counted in their time.
        mutating func add(_ entry: LogEntry, _ count: Int, _ more: [LogExample], most: Int) -> Bool {
            lines += count
            firstSeen = min(firstSeen, entry.at)
            lastSeen = max(lastSeen, entry.at)
            examples.removeFirst(max(0, min(examples.count, examples.count + more.count - most)))
            examples += more
            return counts.add(count, at: entry.at / 1_000_000_000)
        }
    }

    /// What was not kept as it came.
    public struct Losses: Sendable, Equatable, Codable {
        public var cutLines = 0
        public var forgotten = 0
        public var late = 0
        /// Lines of a time to come.
        public var refused = 0
        /// New kinds that were not told as such.
        public var untold = 0
    }

    /// What names a template before it is known how it reads: lines of one kind teach the miner what in them varies.
    private struct Origin: Hashable, Sendable {
        var node: String
        var level: String
        var template: Int
    }

    private let limits: Limits
    private var miner: TemplateMiner
    private(set) var kinds: [Key: Kind] = [:]
    /// When the first line of a service came: before that nothing could be new.
    private(set) var began: [String: Int64] = [:]
    private var fresh: [Key] = []
    private var named: [Origin: String] = [:]
    private var texts: [Int: String] = [:]
    public private(set) var losses = Losses()
    public private(set) var lines = 0

    public init(limits: Limits = Limits()) {
        self.limits = limits
        var room = TemplateMiner.Limits()
        room.bytes = limits.bytesOfMiner
        room.templates = limits.kinds
        room.shapes = 4_096
        miner = TemplateMiner(limits: room)
    }

    /// How many kinds there are.
    public var count: Int { kinds.count }

    /// Bytes of memory, about.
    public var bytes: Int { kinds.count * (360 * 4 + 4 * limits.text + 256) + named.count * 120 + began.count * 64 }

    /// Takes lines of one kind.
    public mutating func take(_ entry: LogEntry, now: Int64) {
        let count = max(entry.count, 0)
        lines += count
        let age = now / 1_000_000_000 - entry.at / 1_000_000_000
        guard age <= limits.oldest, age >= -limits.ahead, entry.at >= 0 else {
            if age > limits.oldest { losses.late += count } else { losses.refused += count }
            return
        }
        let node = entry.node.cut(to: 128)
        if began[node] != nil || began.count < limits.kinds { began[node] = min(began[node] ?? entry.at, entry.at) }
        let key = key(of: entry, node)
        if kinds[key] == nil {
            makeRoom()
            kinds[key] = Kind(firstSeen: entry.at, lastSeen: entry.at, isKnown: false)
            if fresh.count < 1_000 { fresh.append(key) } else { losses.untold += 1 }
        }
        let examples = entry.examples.suffix(limits.examples).map(cut)
        let isKept = kinds[key]?.add(entry, count, examples, most: limits.examples) ?? false
        if !isKept { losses.late += count }
    }

    private mutating func key(of entry: LogEntry, _ node: String) -> Key {
        let level = LogEntry.levels.contains(entry.level) ? entry.level : "info"
        guard !entry.isTemplate else {
            return Key(node: node, level: level, template: entry.text.cut(to: limits.text))
        }
        let id = miner.settled(miner.add(entry.text))
        losses.cutLines = miner.cutLines
        let template = (miner.template(id)?.text ?? entry.text).cut(to: limits.text)
        if let before = texts[id], before != template { rename(id, template) }
        if named.count >= 2 * limits.kinds || texts.count >= 2 * limits.kinds { (named, texts) = ([:], [:]) }
        texts[id] = template
        let origin = Origin(node: node, level: level, template: id)
        if named[origin] == nil { named[origin] = template }
        return Key(node: node, level: level, template: template)
    }

    /// A template has taken in others, or varies where it did not: what came of it goes on under the new name.
    private mutating func rename(_ id: Int, _ template: String) {
        let origins = named.keys.filter { miner.settled($0.template) == id }
        for origin in origins.sorted(by: { ($0.template, $0.node, $0.level) < ($1.template, $1.node, $1.level) }) {
            guard let before = named.removeValue(forKey: origin) else { continue }
            named[Origin(node: origin.node, level: origin.level, template: id)] = template
            guard before != template else { continue }
            rename(
                Key(node: origin.node, level: origin.level, template: before),
                Key(node: origin.node, level: origin.level, template: template))
        }
    }

    /// More of the lines turned out to vary: what was one kind goes on under another name, and is not new.
    private mutating func rename(_ before: Key, _ after: Key) {
        guard let old = kinds.removeValue(forKey: before) else { return }
        guard var kind = kinds[after] else {
            kinds[after] = old
            return
        }
        kind.counts.add(old.counts)
        kind.lines += old.lines
        kind.firstSeen = min(kind.firstSeen, old.firstSeen)
        kind.lastSeen = max(kind.lastSeen, old.lastSeen)
        kind.isKnown = kind.isKnown || old.isKnown
        kind.examples = Array((old.examples + kind.examples).suffix(limits.examples))
        kinds[after] = kind
    }

    private func cut(_ example: LogExample) -> LogExample {
        var example = example
        if example.text.utf8.count > limits.text { example.text = example.text.cut(to: limits.text) + "…" }
        example.node = example.node.cut(to: 128)
        example.instance = example.instance?.cut(to: 128)
        example.trace = example.trace?.cut(to: 64)
        return example
    }

    /// A tenth at once, so that a flood of new kinds costs little each. First those that were hardly ever seen, so that a
    /// flood pushes out itself and not what is known; then the longest silent.
    private mutating func makeRoom() {
        guard kinds.count >= limits.kinds else { return }
        let order = kinds.map { (isRare: $0.value.lines <= 2, lastSeen: $0.value.lastSeen, key: $0.key) }.sorted {
            left, right in
            guard left.isRare == right.isRare else { return left.isRare }
            return left.lastSeen == right.lastSeen ? left.key < right.key : left.lastSeen < right.lastSeen
        }
        let leaving = order.prefix(max(1, limits.kinds / 10))
        for entry in leaving { kinds[entry.key] = nil }
        losses.forgotten += leaving.count
    }

    /// What was known before this process began, so that it is not taken for new.
    public mutating func remember(_ key: Key, firstSeen: Int64) {
        var key = key
        (key.node, key.template) = (key.node.cut(to: 128), key.template.cut(to: limits.text))
        guard kinds.count < limits.kinds else { return }
        var kind = kinds[key] ?? Kind(firstSeen: firstSeen, lastSeen: firstSeen, isKnown: true)
        kind.isKnown = true
        kind.firstSeen = min(kind.firstSeen, firstSeen)
        // Well known, though not counted here: a flood of what is new does not push it out.
        kind.lines = max(kind.lines, 3)
        kinds[key] = kind
        began[key.node] = min(began[key.node] ?? firstSeen, firstSeen)
    }

    /// Kinds that came for the first time since the last time this was asked.
    public mutating func takeFresh() -> [Key] {
        defer { fresh = [] }
        return fresh
    }

    /// The kinds of lines as evidence has them: lines a minute before a moment and after it.
    func messages(
        from: Int64, onset: Int64, until: Int64, where matches: (Key) -> Bool
    ) -> [EvidenceMessage] {
        kinds.keys.filter(matches).sorted().compactMap { key in
            guard let kind = kinds[key] else { return nil }
            let before = kind.counts.count(from: from, until: onset)
            let after = kind.counts.count(from: onset, until: until)
            guard before + after > 0 else { return nil }
            let example = kind.examples.last
            return EvidenceMessage(
                node: key.node, level: key.level, template: key.template,
                before: Double(before) * 60 / Double(max(onset - from, 1)),
                after: Double(after) * 60 / Double(max(until - onset, 1)), firstSeen: kind.firstSeen,
                example: example?.text, trace: kind.examples.last { $0.trace != nil }?.trace)
        }
    }

    /// The examples that are kept, newest first.
    func examples(where matches: (Key) -> Bool) -> [LogExample] {
        kinds.keys.filter(matches).sorted().flatMap { kinds[$0]?.examples ?? [] }.sorted { $0.at > $1.at }
    }

    /// How often each kind came in the last whole place of time, and before: for those who watch rates.
    func counts(of key: Key, places: Int, until second: Int64) -> [Int] {
        kinds[key]?.counts.latest(places, until: second) ?? []
    }
}
