import Contracts

/// A merge that was begun: whoever finds it ends it.
struct MergeIntent: Codable, Equatable {
    var by: String
    var at: Int64
    /// What `main` is moved to.
    var commit: String
}

/// A pull request with the commit that its record is at.
struct StoredPull {
    var pull: Pull
    var intent: MergeIntent?
    /// Of `refs/kintsugi/pulls/N`.
    var record: String
}

/// Pull requests as references of a bare repository: `refs/kintsugi/pulls/N` points at a commit whose tree has the pull
/// request, and whose first parents are what it was before.
struct PullStore {
    static let prefix = "refs/kintsugi/pulls/"
    /// By the hash of their keys, so that two who propose the same at once make one.
    static let keys = "refs/kintsugi/keys/"

    let repository: Repository

    static func reference(_ number: Int) -> String { "\(prefix)\(number)" }
    static func key(_ key: String) -> String {
        "\(keys)\(Digest("pull key", of: Array(key.utf8)).description.prefix(40))"
    }
    static func branch(_ pull: Pull) -> String { "refs/heads/\(pull.branch)" }

    /// All of them, by their numbers.
    func all() throws(ForgeFault) -> [StoredPull] {
        let references = try repository.references(under: Self.prefix)
        guard !references.isEmpty else { return [] }
        let found = try read(records: references.map(\.hash))
        return found.sorted { $0.pull.number < $1.pull.number }
    }

    func one(_ number: Int) throws(ForgeFault) -> StoredPull {
        guard number > 0, let record = try repository.tip(of: Self.reference(number)),
            let found = try read(records: [record]).first
        else { throw .missing("a pull request \(number)") }
        return found
    }

    private func read(records: [String]) throws(ForgeFault) -> [StoredPull] {
        let answer = try repository.call(
            ["cat-file", "--batch"],
            input: Array(records.map { "\($0):pull.json\n\($0):merge.json\n" }.joined().utf8),
            doing: "read pull requests")
        var contents = BatchAnswer(answer.output)
        var found: [StoredPull] = []
        for record in records {
            guard let pull = try contents.next() else { throw .corrupt("\(record) has no pull.json") }
            let intent = try contents.next()
            found.append(
                StoredPull(
                    pull: try Self.value(Pull.self, pull, record),
                    intent: try intent.map { (bytes) throws(ForgeFault) in
                        try Self.value(MergeIntent.self, bytes, record)
                    }, record: record))
        }
        return found
    }

    private static func value<Value: Decodable>(
        _ type: Value.Type, _ text: ArraySlice<UInt8>, _ record: String
    ) throws(ForgeFault) -> Value {
        do {
            return try Packed.decode(type, from: JSONText.pack(Array(text)))
        } catch {
            throw .corrupt("the pull request in \(record) cannot be read: \(error)")
        }
    }

    /// Writes a record; no reference moves. The first one keeps the branch's commit from being cleared away.
    func write(_ pull: Pull, intent: MergeIntent?, after previous: String?, _ title: String, by: String, at: Int64)
        throws(ForgeFault) -> String
    {
        var tree = "100644 blob \(try repository.write(Self.text(pull)))\tpull.json\n"
        if let intent {
            tree = "100644 blob \(try repository.write(Self.text(intent)))\tmerge.json\n" + tree
        }
        let hash = try repository.call(["mktree"], input: Array(tree.utf8), doing: "write a pull request").text
        let note = CommitNote(author: by, at: at, title: title)
        return try repository.write(tree: hash, parents: [previous, pull.head].compactMap { $0 }, note)
    }

    private static func text(_ value: some Encodable) throws(ForgeFault) -> [UInt8] {
        do {
            return try JSONText.unpack(Packed.encode(value)) + [UInt8(ascii: "\n")]
        } catch {
            throw .invalid("the pull request does not fit into JSON: \(error)")
        }
    }

    /// Changes one, again and again until nobody came between. `change` answers nil for what is so already.
    func change(
        _ number: Int, _ title: String, by person: String, at time: Int64,
        _ change: (StoredPull) throws(ForgeFault) -> (pull: Pull, intent: MergeIntent?)?
    ) throws(ForgeFault) -> StoredPull {
        while true {
            let present = try one(number)
            guard let next = try change(present) else { return present }
            let record = try write(
                next.pull, intent: next.intent, after: present.record, title, by: person, at: time)
            do throws(ForgeFault) {
                try repository.move([.init(reference: Self.reference(number), old: present.record, new: record)])
                return StoredPull(pull: next.pull, intent: next.intent, record: record)
            } catch .moved {
                continue
            }
        }
    }
}

/// What `cat-file --batch` printed, one object after the other.
struct BatchAnswer {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    /// The bytes of the next object; nil when it is missing.
    mutating func next() throws(ForgeFault) -> ArraySlice<UInt8>? {
        guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { throw .corrupt("an object has no answer") }
        let words = String(decoding: rest[..<end], as: UTF8.self).split(separator: " ")
        let start = end + 1
        guard words.count == 3, let size = Int(words[2]) else {
            rest = rest[start...]
            return nil
        }
        guard rest.endIndex > start + size else { throw .corrupt("an object is cut short") }
        defer { rest = rest[(start + size + 1)...] }
        return rest[start..<(start + size)]
    }
}
