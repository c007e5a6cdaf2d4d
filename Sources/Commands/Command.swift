/// A command of a command line: what it is called, what it takes, and the commands below it.
public struct Command: Sendable {
    public let name: String
    /// One line, as a list of commands shows it.
    public let summary: String
    /// What `--help` says beyond the summary.
    public let details: String
    public let arguments: [Argument]
    /// Options of this command and of all below it.
    public let options: [Option]
    public let commands: [Command]
    /// Whether it does something of its own when none of the commands below it is named.
    public let actsAlone: Bool

    public init(
        _ name: String, _ summary: String, details: String = "", arguments: [Argument] = [], options: [Option] = [],
        commands: [Command] = [], actsAlone: Bool = false
    ) {
        self.name = name
        self.summary = summary
        self.details = details
        self.arguments = arguments
        self.options = options
        self.commands = commands
        self.actsAlone = actsAlone
    }
}

/// What a value on a command line may be.
public enum ValueKind: Sendable, Equatable {
    case text
    case wholeNumber(ClosedRange<Int>)
    case choice([String])
    case folder

    /// Completes "expected …".
    var expected: String {
        switch self {
        case .text: "a word"
        case .wholeNumber(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .choice(let words): words.joined(separator: " or ")
        case .folder: "a folder"
        }
    }

    func accepts(_ text: String) -> Bool {
        switch self {
        case .text, .folder: !text.isEmpty
        case .wholeNumber(let range): Int(text).map(range.contains) ?? false
        case .choice(let words): words.contains(text)
        }
    }
}

/// A value that a command takes by its place.
public struct Argument: Sendable {
    public let name: String
    public let summary: String
    public let kind: ValueKind
    public let isRequired: Bool
    /// Whether it takes all words that follow; only the last one of a command may.
    public let isRepeated: Bool
    /// Offered by completion; others are taken as well.
    public let suggestions: [String]

    public init(
        _ name: String, _ summary: String, kind: ValueKind = .text, isRequired: Bool = true, isRepeated: Bool = false,
        suggestions: [String] = []
    ) {
        self.name = name
        self.summary = summary
        self.kind = kind
        self.isRequired = isRequired
        self.isRepeated = isRepeated
        self.suggestions = suggestions
    }
}

/// `--name VALUE`, or `--name` alone.
public struct Option: Sendable {
    public let name: String
    public let letter: Character?
    public let summary: String
    /// What the value is called in the help, and what it may be; nil for an option without a value.
    public let value: (name: String, kind: ValueKind)?
    public let standard: String?

    /// An option that is there or not.
    public static func flag(_ name: String, letter: Character? = nil, _ summary: String) -> Option {
        Option(name: name, letter: letter, summary: summary, value: nil, standard: nil)
    }

    /// An option with a value; `otherwise` is the value where it is not given.
    public static func value(
        _ name: String, _ valueName: String, letter: Character? = nil, kind: ValueKind = .text,
        otherwise standard: String? = nil, _ summary: String
    ) -> Option {
        Option(name: name, letter: letter, summary: summary, value: (valueName, kind), standard: standard)
    }
}

/// A command line that was understood.
public struct Invocation: Sendable, Equatable {
    /// The names of the commands, without the program's: `["completion", "bash"]`.
    public internal(set) var path: [String] = []
    var values: [String: String] = [:]
    /// What was given for an option, each time it was given.
    var lists: [String: [String]] = [:]
    var flags: Set<String> = []

    /// Whether the option was given.
    public func has(_ name: String) -> Bool {
        flags.contains(name) || values[name] != nil
    }

    /// The value of an option or an argument, or its default; nil where there is neither.
    public func text(_ name: String) -> String? {
        values[name]
    }

    /// All values of an option or an argument that may be given several times, in their order; the default is none of them.
    public func texts(_ name: String) -> [String] {
        lists[name] ?? []
    }

    /// The same as a number: the parser has seen that it is one.
    public func number(_ name: String) -> Int? {
        values[name].flatMap { Int($0) }
    }
}

/// A command line that was not understood, and what was probably meant.
public struct UsageError: Error, Sendable, Equatable, CustomStringConvertible {
    public let message: String
    /// The command line that shows the help for it.
    public let help: String

    public var description: String { "\(message)\n\(help)" }
}
