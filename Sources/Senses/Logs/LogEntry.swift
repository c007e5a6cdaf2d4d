public import Contracts

/// Log lines of one kind, or one line, as they arrive.
public struct LogEntry: Sendable, Equatable {
    /// Nanoseconds since 1970 of the first of them.
    public var at: Int64
    public var node: String
    public var instance: String?
    /// `debug`, `info`, `warning` or `error`.
    public var level: String
    /// The text; already without its variable parts where `isTemplate`.
    public var text: String
    public var isTemplate: Bool
    public var count: Int
    public var examples: [LogExample]

    /// Lines of one kind.
    public init(
        at: Int64, node: String, instance: String?, level: String, text: String, isTemplate: Bool, count: Int = 1,
        examples: [LogExample] = []
    ) {
        self.at = at
        self.node = node
        self.instance = instance
        self.level = level
        self.text = text
        self.isTemplate = isTemplate
        self.count = count
        self.examples = examples
    }

    /// The levels in their order; what is none of them is `info`.
    public static let levels = ["debug", "info", "warning", "error"]

    /// How grave a level is.
    public static func rank(_ level: String) -> Int { levels.firstIndex(of: level) ?? 1 }
}
