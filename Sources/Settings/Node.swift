/// A value in a configuration file, and where it stands.
public struct Node: Sendable, Equatable {
    public enum Content: Sendable, Equatable {
        /// A value was left out: `key:` and nothing after it, or an empty file.
        case nothing
        /// All scalars are text until a reader says what they shall be: no `no` turns into `false` unasked.
        case scalar(String)
        case list([Node])
        case map([Entry])
    }

    /// One `key: value` of a map, in the order of the file.
    public struct Entry: Sendable, Equatable {
        public let key: String
        public let position: Position
        public let value: Node
    }

    public let content: Content
    public let position: Position

    /// What stands here, as a message names it.
    var found: String {
        switch content {
        case .nothing: "nothing"
        case .scalar(let text): quoted(text)
        case .list: "a list"
        case .map: "a map"
        }
    }
}

/// A place in a text; both numbers count from one.
public struct Position: Sendable, Equatable {
    public let line: Int
    public let column: Int
}
