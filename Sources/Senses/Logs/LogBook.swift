import Contracts
import Insight

/// Log lines as templates with counts and a few examples, within a bound.
public struct LogBook: Sendable {
    /// What the book may keep.
    public struct Limits: Sendable {
        public var kinds = 2_000
        public var examples = 3
        /// Characters of a template or of an example.
        public var text = 1_024
        /// Seconds of silence after which a kind is the first to go when room is needed.
        public var silence: Int64 = 3_600

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
        var firstSeen: Int64
        var lastSeen: Int64
        var examples: [LogExample] = []
        /// Before it, the kind was known from the disk.
        var isKnown: Bool
    }

    /// What was not kept as it came.
    public struct Losses: Sendable, Equatable, Codable {
        public var cutLines = 0
        public var forgotten = 0
        public var late = 0
    }

    private let limits: Limits
    private var miner: TemplateMiner
    private(set) var kinds: [Key: Kind] = [:]
    /// When the first line of a service came: before that nothing could be new.
    private(set) var began: [String: Int64] = [:]
    private var fresh: [Key] = []
    public private(set) var losses = Losses()
    public private(set) var lines = 0

    public init(limits: Limits = Limits()) {
        self.limits = limits
        var room = TemplateMiner.Limits()
        room.bytes = 4 << 20
        room.templates = limits.kinds
        room.shapes = 4_096
        miner = TemplateMiner(limits: room)
    }

    /// How many kinds there are.
    public var count: Int { kinds.count }

    /// Bytes of memory, about.
    public var bytes: Int { kinds.count * (360 * 4 + 4 * limits.text / 4 + 256) }

    /// Takes lines of one kind.
    public mutating func take(_ entry: LogEntry) {
        lines += entry.count
        let key = key(of: entry)
        began[entry.node] = min(began[entry.node] ?? entry.at, entry.at)
        if kinds[key] == nil {
            makeRoom(now: entry.at)
            kinds[key] = Kind(firstSeen: entry.at, lastSeen: entry.at, isKnown: false)
            if fresh.count < 1_000 { fresh.append(key) }
        }
        guard var kind = kinds.removeValue(forKey: key) else { return }
        if !kind.counts.add(entry.count, at: entry.at / 1_000_000_000) { losses.late += entry.count }
        kind.lastSeen = max(kind.lastSeen, entry.at)
        for example in entry.examples {
            if kind.examples.count >= limits.examples { kind.examples.removeFirst() }
            kind.examples.append(cut(example))
        }
        kinds[key] = kind
    }

    private mutating func key(of entry: LogEntry) -> Key {
        var template = entry.text
        if !entry.isTemplate {
            let id = miner.add(entry.text)
            template = miner.template(id)?.text ?? entry.text
            losses.cutLines = miner.cutLines
        }
        if template.utf8.count > limits.text { template = String(template.prefix(limits.text / 4)) }
        return Key(node: String(entry.node.prefix(128)), level: entry.level, template: template)
    }

    private func cut(_ example: LogExample) -> LogExample {
        guard example.text.utf8.count > limits.text else { return example }
        var example = example
        example.text = String(example.text.prefix(limits.text / 4)) + "…"
        return example
    }

    private mutating func makeRoom(now: Int64) {
        guard kinds.count >= limits.kinds else { return }
        // A tenth at once, so that a flood of new kinds costs little each: the longest silent, and then the rarest.
        let order = kinds.keys.sorted { left, right in
            let (a, b) = (kinds[left]?.lastSeen ?? 0, kinds[right]?.lastSeen ?? 0)
            return a == b ? left < right : a < b
        }
        for key in order.prefix(limits.kinds / 10) { kinds[key] = nil }
        losses.forgotten += limits.kinds / 10
    }

    /// What was known before this process began, so that it is not taken for new.
    public mutating func remember(_ key: Key, firstSeen: Int64) {
        guard kinds.count < limits.kinds else { return }
        if kinds[key] == nil { kinds[key] = Kind(firstSeen: firstSeen, lastSeen: firstSeen, isKnown: true) }
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
