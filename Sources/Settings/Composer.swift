import CYAML

/// Why a text is no configuration, and on which line.
struct Fault: Error {
    let line: Int
    let text: String
}

/// Builds the tree from libyaml's events with a stack of its own: the input's depth never becomes ours.
struct Composer {
    /// A list or map that is still open.
    private struct Frame {
        let position: Position
        let isMap: Bool
        var items: [Node] = []
        var entries: [Node.Entry] = []
        var pendingKey: (name: String, position: Position)?
        var lines: [String: Int] = [:]
    }

    private let bounds: Document.Bounds
    private var open: [Frame] = []
    private var root: Node?
    private var nodes = 0
    private var documents = 0

    init(bounds: Document.Bounds) {
        self.bounds = bounds
    }

    /// The tree that `bytes` describe.
    consuming func compose(_ bytes: [UInt8]) throws(Fault) -> Node {
        var composer = self
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        defer { parser.deallocate() }
        guard yaml_parser_initialize(parser) == 1 else { throw Fault(line: 1, text: "out of memory") }
        defer { yaml_parser_delete(parser) }
        // The parser keeps a pointer to its input: everything happens while that is pinned.
        let outcome: Result<Void, Fault> = bytes.withUnsafeBufferPointer { input in
            yaml_parser_set_input_string(parser, input.baseAddress, input.count)
            do throws(Fault) {
                while try composer.step(parser) {}
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try outcome.get()
        return composer.root ?? Node(content: .nothing, position: Position(line: 1, column: 1))
    }

    /// Takes one event; false at the end of the text.
    private mutating func step(_ parser: UnsafeMutablePointer<yaml_parser_t>) throws(Fault) -> Bool {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw Self.fault(of: parser.pointee) }
        defer { yaml_event_delete(&event) }
        let position = Position(line: Int(event.start_mark.line) + 1, column: Int(event.start_mark.column) + 1)
        switch event.type {
        case YAML_STREAM_END_EVENT:
            return false
        case YAML_DOCUMENT_START_EVENT:
            documents += 1
            guard documents == 1 else {
                throw Fault(
                    line: position.line, text: "expected one document in the file, found a second: remove \"---\"")
            }
        case YAML_ALIAS_EVENT:
            throw Fault(line: position.line, text: "aliases (*name) are not read here: write the value out")
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            try refuse(anchor: scalar.anchor, tag: scalar.tag, at: position)
            let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            let absent = scalar.style == YAML_PLAIN_SCALAR_STYLE && (text.isEmpty || text == "~" || text == "null")
            try place(scalar: text, absent: absent, at: position)
        case YAML_SEQUENCE_START_EVENT:
            let start = event.data.sequence_start
            try refuse(anchor: start.anchor, tag: start.tag, at: position)
            try enter(Frame(position: position, isMap: false))
        case YAML_MAPPING_START_EVENT:
            let start = event.data.mapping_start
            try refuse(anchor: start.anchor, tag: start.tag, at: position)
            try enter(Frame(position: position, isMap: true))
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT:
            try leave()
        default:
            break
        }
        return true
    }

    private func refuse(
        anchor: UnsafeMutablePointer<UInt8>?, tag: UnsafeMutablePointer<UInt8>?, at position: Position
    ) throws(Fault) {
        if anchor != nil {
            throw Fault(line: position.line, text: "anchors (&name) are not read here: write the value out")
        }
        if tag != nil {
            throw Fault(line: position.line, text: "tags (!name) are not read here: the reader knows the types")
        }
    }

    private mutating func place(scalar text: String, absent: Bool, at position: Position) throws(Fault) {
        if let top = open.indices.last, open[top].isMap, open[top].pendingKey == nil {
            try begin(key: text, at: position, in: top)
        } else {
            try place(Node(content: absent ? .nothing : .scalar(text), position: position))
        }
    }

    private mutating func begin(key: String, at position: Position, in top: Int) throws(Fault) {
        if let first = open[top].lines[key] {
            throw Fault(
                line: position.line, text: "the key \(quoted(key)) stands here a second time (first on line \(first))")
        }
        open[top].lines[key] = position.line
        open[top].pendingKey = (key, position)
        try count(at: position)
    }

    private mutating func enter(_ frame: Frame) throws(Fault) {
        if let top = open.last, top.isMap, top.pendingKey == nil {
            throw Fault(line: frame.position.line, text: "expected a word as key, found a list or a map")
        }
        guard open.count < bounds.depth else {
            throw Fault(line: frame.position.line, text: "nested deeper than \(bounds.depth) levels")
        }
        open.append(frame)
    }

    private mutating func leave() throws(Fault) {
        guard let frame = open.popLast() else { return }
        try place(Node(content: frame.isMap ? .map(frame.entries) : .list(frame.items), position: frame.position))
    }

    private mutating func place(_ node: Node) throws(Fault) {
        try count(at: node.position)
        guard let top = open.indices.last else {
            root = node
            return
        }
        if let key = open[top].pendingKey {
            open[top].entries.append(Node.Entry(key: key.name, position: key.position, value: node))
            open[top].pendingKey = nil
        } else {
            open[top].items.append(node)
        }
    }

    private mutating func count(at position: Position) throws(Fault) {
        nodes += 1
        guard nodes <= bounds.nodes else {
            throw Fault(line: position.line, text: "expected at most \(bounds.nodes) keys and values in one file")
        }
    }

    /// What libyaml says about a text it cannot read, in its own words.
    private static func fault(of parser: yaml_parser_t) -> Fault {
        let problem = parser.problem.map { String(cString: $0) } ?? "not readable as YAML"
        let line = max(Int(parser.problem_mark.line), Int(parser.context_mark.line)) + 1
        switch parser.error {
        case YAML_MEMORY_ERROR: return Fault(line: 1, text: "out of memory")
        case YAML_READER_ERROR: return Fault(line: Int(parser.mark.line) + 1, text: "not a text in UTF-8: \(problem)")
        default: return Fault(line: line, text: "not readable as YAML: \(problem)")
        }
    }
}
