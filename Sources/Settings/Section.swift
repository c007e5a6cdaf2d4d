/// A map of a file while it is read. Every key that is asked for is known; the others are mistakes.
///
/// A reading never stops at a mistake: it goes on with a stand-in, and the document throws all mistakes at its end.
public final class Section {
    private let path: String
    private let file: String
    private let line: Int
    private let mistakes: Mistakes
    private let entries: [Node.Entry]
    private var places: [String: Int] = [:]
    private var known: [String] = []

    init(_ node: Node, path: String, file: String, mistakes: Mistakes) {
        self.path = path
        self.file = file
        self.line = node.position.line
        self.mistakes = mistakes
        switch node.content {
        case .map(let entries):
            self.entries = entries
        case .nothing:
            self.entries = []
        case .scalar, .list:
            self.entries = []
            mistake("expected a map of keys and values, found \(node.found)", path: path, line: line)
        }
        for (index, entry) in entries.enumerated() { places[entry.key] = index }
    }

    /// Whether the file gives the key; asking makes it known.
    public func has(_ key: String) -> Bool {
        node(key) != nil
    }

    /// A value that must stand in the file.
    public func required<Value>(_ key: String, _ scalar: Scalar<Value>) -> Value {
        guard let node = node(key) else {
            mistake("expected \(scalar.expected), found nothing", path: path(of: key), line: line)
            return scalar.standIn
        }
        return parse(node, scalar, path: path(of: key))
    }

    /// A value, or `otherwise` where the file does not give the key.
    public func value<Value>(_ key: String, _ scalar: Scalar<Value>, otherwise: Value) -> Value {
        node(key).map { parse($0, scalar, path: path(of: key)) } ?? otherwise
    }

    /// A value, or nil where the file does not give the key.
    public func optional<Value>(_ key: String, _ scalar: Scalar<Value>) -> Value? {
        node(key).map { parse($0, scalar, path: path(of: key)) }
    }

    /// A list of values; empty where the file does not give the key.
    public func list<Value>(_ key: String, of scalar: Scalar<Value>, atMost: Int = 1_000) -> [Value] {
        items(of: key, atMost: atMost).enumerated().map { index, node in
            parse(node, scalar, path: "\(path(of: key))[\(index)]")
        }
    }

    /// A list of lists of values; empty where the file does not give the key.
    public func lists<Value>(_ key: String, of scalar: Scalar<Value>, atMost: Int = 1_000) -> [[Value]] {
        items(of: key, atMost: atMost).enumerated().map { index, node in
            let path = "\(path(of: key))[\(index)]"
            guard case .list(let inner) = node.content else {
                mistake("expected a list, found \(node.found)", path: path, line: node.position.line)
                return []
            }
            return inner.prefix(atMost).enumerated().map { parse($1, scalar, path: "\(path)[\($0)]") }
        }
    }

    /// A list of maps; empty where the file does not give the key.
    public func sections<Value>(_ key: String, atMost: Int = 1_000, _ read: (Section) -> Value) -> [Value] {
        items(of: key, atMost: atMost).enumerated().map { index, node in
            enter(node, path: "\(path(of: key))[\(index)]", read)
        }
    }

    /// A map below a key; read as an empty one where the file does not give the key.
    public func section<Value>(_ key: String, _ read: (Section) -> Value) -> Value {
        enter(
            node(key) ?? Node(content: .nothing, position: Position(line: line, column: 1)), path: path(of: key), read)
    }

    /// A map below a key, or nil where the file does not give the key.
    public func optionalSection<Value>(_ key: String, _ read: (Section) -> Value) -> Value? {
        node(key).map { enter($0, path: path(of: key), read) }
    }

    /// A map whose keys are names of the file's choosing, in its order.
    public func map<Value>(
        _ key: String, keys: Scalar<String> = .name, of scalar: Scalar<Value>
    ) -> [(name: String, value: Value)] {
        named(key, keys: keys) { entry, path in self.parse(entry.value, scalar, path: path) }
    }

    /// A map of maps whose keys are names of the file's choosing, in its order.
    public func namedSections<Value>(
        _ key: String, keys: Scalar<String> = .name, _ read: (_ name: String, Section) -> Value
    ) -> [(name: String, value: Value)] {
        named(key, keys: keys) { entry, path in self.enter(entry.value, path: path) { read(entry.key, $0) } }
    }

    /// A list whose items are words or maps; empty where the file does not give the key.
    public func mixed<Value>(
        _ key: String, atMost: Int = 1_000, word: Scalar<String>, _ asWord: (String) -> Value,
        _ asMap: (Section) -> Value
    ) -> [Value] {
        items(of: key, atMost: atMost).enumerated().map { index, node in
            let path = "\(path(of: key))[\(index)]"
            if case .scalar = node.content { return asWord(parse(node, word, path: path)) }
            return enter(node, path: path, asMap)
        }
    }

    /// Says that `key` is wrong for a reason that only the whole shows, such as a name that nothing else has.
    public func refuse(_ key: String, _ reason: String) {
        mistake(reason, path: path(of: key), line: node(key)?.position.line ?? line)
    }

    /// What stands at a key; nil where the file does not give it. Asking makes it known.
    public func kind(of key: String) -> Kind? {
        switch node(key)?.content {
        case nil: nil
        case .nothing: .nothing
        case .scalar: .scalar
        case .list: .list
        case .map: .map
        }
    }

    /// What may stand at a key.
    public enum Kind: Sendable, Equatable {
        case nothing, scalar, list, map
    }

    /// The keys that the file gives, in its order.
    public var keys: [String] { entries.map(\.key) }

    /// Where a key stands, or the map itself where the file does not give the key.
    public func line(of key: String) -> Int {
        places[key].map { entries[$0].position.line } ?? line
    }

    /// Reports the keys that nobody asked for.
    func finish() {
        for entry in entries where !known.contains(entry.key) {
            let near = nearest(to: entry.key, among: known)
            let advice = near.map { "did you mean \(quoted($0))?" } ?? "known here: \(known.joined(separator: ", "))"
            mistake("unknown key; \(advice)", path: path(of: entry.key), line: entry.position.line)
        }
    }

    // MARK: - Inside

    private func node(_ key: String) -> Node? {
        if !known.contains(key) { known.append(key) }
        return places[key].map { entries[$0].value }
    }

    private func path(of key: String) -> String {
        let shown = key.utf8.allSatisfy { isHostLetter($0) } && !key.isEmpty ? key : quoted(key)
        return path.isEmpty ? shown : "\(path).\(shown)"
    }

    private func mistake(_ text: String, path: String, line: Int) {
        mistakes.add(Mistake(place: "\(file):\(line)", path: path, text: text, line: line))
    }

    private func parse<Value>(_ node: Node, _ scalar: Scalar<Value>, path: String) -> Value {
        if case .scalar(let text) = node.content, let value = scalar.parse(text) { return value }
        mistake("expected \(scalar.expected), found \(node.found)", path: path, line: node.position.line)
        return scalar.standIn
    }

    private func enter<Value>(_ node: Node, path: String, _ read: (Section) -> Value) -> Value {
        let section = Section(node, path: path, file: file, mistakes: mistakes)
        let value = read(section)
        section.finish()
        return value
    }

    private func items(of key: String, atMost: Int) -> [Node] {
        guard let node = node(key) else { return [] }
        guard case .list(let items) = node.content else {
            mistake("expected a list, found \(node.found)", path: path(of: key), line: node.position.line)
            return []
        }
        if items.count > atMost {
            mistake(
                "expected at most \(atMost) items, found \(items.count)", path: path(of: key), line: node.position.line)
        }
        return Array(items.prefix(atMost))
    }

    private func named<Value>(
        _ key: String, keys: Scalar<String>, _ read: (Node.Entry, _ path: String) -> Value
    ) -> [(name: String, value: Value)] {
        guard let node = node(key) else { return [] }
        guard case .map(let entries) = node.content else {
            mistake("expected a map of names, found \(node.found)", path: path(of: key), line: node.position.line)
            return []
        }
        let base = path(of: key)
        return entries.map { entry in
            if keys.parse(entry.key) == nil {
                mistake(
                    "expected \(keys.expected) as key, found \(quoted(entry.key))", path: base,
                    line: entry.position.line)
            }
            return (entry.key, read(entry, "\(base).\(entry.key)"))
        }
    }
}
