/// A configuration file as a tree, before anything is known about what its keys mean.
public struct Document: Sendable, Equatable {
    /// What a file may hold at most; beyond it is a mistake, or an attack.
    public struct Bounds: Sendable {
        public var bytes = 1 << 20
        public var depth = 32
        public var nodes = 100_000
        public init() {}
    }

    public let name: String
    public let root: Node

    /// Parses `bytes`; `name` is how messages call them.
    public init(bytes: [UInt8], name: String, bounds: Bounds = Bounds()) throws(ConfigurationError) {
        guard bytes.count <= bounds.bytes else {
            throw ConfigurationError([
                Mistake(place: name, text: "expected at most \(bounds.bytes) bytes, found more")
            ])
        }
        self.name = name
        do {
            root = try Composer(bounds: bounds).compose(bytes)
        } catch {
            throw ConfigurationError([
                Mistake(place: "\(name):\(error.line)", text: error.text, line: error.line)
            ])
        }
    }

    /// Parses `text`; `name` is how messages call it.
    public init(text: String, name: String, bounds: Bounds = Bounds()) throws(ConfigurationError) {
        try self.init(bytes: Array(text.utf8), name: name, bounds: bounds)
    }

    /// Reads and parses the file at `path`.
    public init(path: String, bounds: Bounds = Bounds()) throws(ConfigurationError) {
        try self.init(bytes: contents(of: path, atMost: bounds.bytes), name: path, bounds: bounds)
    }

    /// Reads the whole document by a schema: `read` asks for every key it knows; what it did not ask for is a mistake.
    public func read<Value>(_ read: (Section) -> Value) throws(ConfigurationError) -> Value {
        let mistakes = Mistakes()
        let section = Section(root, path: "", file: name, mistakes: mistakes)
        let value = read(section)
        section.finish()
        try mistakes.throwIfAny()
        return value
    }
}
