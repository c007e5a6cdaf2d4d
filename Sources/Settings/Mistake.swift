/// One thing that is wrong in a configuration: where, and what was expected instead of what was found.
public struct Mistake: Sendable, Equatable, CustomStringConvertible {
    /// `config/cluster.yaml:12`, `environment KINTSUGI_THREADS` or `flag --threads`.
    public let place: String
    /// `roles[2].replicas`; empty where the place says it all.
    public let path: String
    public let text: String
    /// Orders the mistakes of one file as its reader meets them.
    let line: Int

    public init(place: String, path: String = "", text: String, line: Int = 0) {
        self.place = place
        self.path = path
        self.text = text
        self.line = line
    }

    public var description: String {
        path.isEmpty ? "\(place): \(text)" : "\(place): \(path): \(text)"
    }
}

/// Everything that is wrong in a configuration, one mistake a line.
public struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    public let mistakes: [Mistake]

    public init(_ mistakes: [Mistake]) {
        self.mistakes = mistakes
    }

    public var description: String {
        mistakes.map(\.description).joined(separator: "\n")
    }
}

/// Gathers mistakes while a configuration is read to its end, so that all of them can be told at once.
final class Mistakes {
    /// A file that is wrong from top to bottom need not fill the terminal.
    private static let most = 50
    private var found: [Mistake] = []
    private var leftOut = 0

    func add(_ mistake: Mistake) {
        if found.count < Self.most { found.append(mistake) } else { leftOut += 1 }
    }

    func throwIfAny() throws(ConfigurationError) {
        guard !found.isEmpty else { return }
        var told = found.enumerated().sorted { ($0.element.line, $0.offset) < ($1.element.line, $1.offset) }.map(
            \.element)
        if leftOut > 0, let last = told.last {
            told.append(Mistake(place: last.place, text: "and \(leftOut) more mistakes", line: last.line))
        }
        throw ConfigurationError(told)
    }
}

/// `text` in quotes, fit for one line of a message: bounded, and without control characters.
func quoted(_ text: String) -> String {
    let most = 60
    var shown = "\""
    for (index, scalar) in text.unicodeScalars.enumerated() {
        guard index < most else { return shown + "…\"" }
        switch scalar {
        case "\"": shown += "\\\""
        case "\n": shown += "\\n"
        case "\t": shown += "\\t"
        case _ where scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format:
            shown += "\\u{\(String(scalar.value, radix: 16))}"
        default: shown.unicodeScalars.append(scalar)
        }
    }
    return shown + "\""
}
