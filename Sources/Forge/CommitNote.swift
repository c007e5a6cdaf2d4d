/// One line at the end of a commit's message that programs read, such as `Incident: I-7`.
public struct Trailer: Sendable, Equatable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// Who commits, when and why. With equal notes and equal contents two processes make the same commit.
public struct CommitNote: Sendable, Equatable {
    public var author: String
    /// Nanoseconds since 1970; git keeps the seconds.
    public var at: Int64
    public var title: String
    public var text: String
    public var trailers: [Trailer]

    public init(author: String, at: Int64, title: String, text: String = "", trailers: [Trailer] = []) {
        self.author = author
        self.at = at
        self.title = title
        self.text = text
        self.trailers = trailers
    }

    /// The whole message: the title, the text, and the trailers as its last paragraph.
    public var message: String {
        var parts = [Self.line(title).isEmpty ? "(no title)" : Self.line(title)]
        let body = text.filter { $0 != "\0" }
        if let last = body.lastIndex(where: { !$0.isWhitespace }) { parts.append(String(body[...last])) }
        let ends = trailers.filter { !Self.line($0.value).isEmpty }.map { "\($0.name): \(Self.line($0.value))" }
        if !ends.isEmpty { parts.append(ends.joined(separator: "\n")) }
        return parts.joined(separator: "\n\n") + "\n"
    }

    /// The author as git takes names.
    var name: String { Self.name(author) }
    var email: String {
        let address = name.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
        return "\(String(address))@kintsugi"
    }

    /// What git reads author and committer from.
    var environment: [String] {
        let date = "@\(max(0, at / 1_000_000_000)) +0000"
        return [
            "GIT_AUTHOR_NAME=\(name)", "GIT_AUTHOR_EMAIL=\(email)", "GIT_AUTHOR_DATE=\(date)",
            "GIT_COMMITTER_NAME=\(name)", "GIT_COMMITTER_EMAIL=\(email)", "GIT_COMMITTER_DATE=\(date)",
        ]
    }

    /// Git takes some signs out of names, and takes no name that is empty then.
    private static func name(_ text: String) -> String {
        let kept = line(text.filter { !"<>\0".contains($0) })
        return kept.contains { $0.isLetter || $0.isNumber } ? kept : "somebody"
    }

    /// A text on one line.
    static func line(_ text: String) -> String {
        text.split { $0.isWhitespace || $0 == "\0" }.joined(separator: " ")
    }
}
