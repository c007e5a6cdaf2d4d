import FoundationEssentials

/// A file of the project, with its path below the project's folder.
struct SourceFile {
    let path: String
    let text: String

    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

    /// The code alone: comments and the words of string literals are blank, lines and columns stay.
    var code: String { path.hasSuffix(".swift") ? Scrubber.scrub(text) : text }

    var isTest: Bool { path.hasPrefix("Tests/") }

    /// The module that the file belongs to; nil for what is no Swift of ours.
    var module: String? {
        guard path.hasSuffix(".swift") else { return nil }
        let parts = path.split(separator: "/")
        guard parts.count > 2 else { return nil }
        return parts[0] == "Sources" && parts[1] == "Rules" ? String(parts[2]) : String(parts[1])
    }

    /// Whether the line above `line` (counted from one) is a comment: the reason that some things must have.
    func isExplained(line: Int) -> Bool {
        guard line >= 2 else { return false }
        let above = lines[line - 2].drop { $0 == " " }
        return above.hasPrefix("//") || above.hasPrefix("# ")
    }

    /// All Swift, Python, C and shell files of ours.
    static func all() throws -> [SourceFile] {
        let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
        return try ["Sources", "Tests", "scripts"].flatMap { folder in
            try FileManager.default.subpathsOfDirectory(atPath: "\(root)/\(folder)").sorted()
                .filter { path in [".swift", ".py", ".h", ".sh"].contains { path.hasSuffix($0) } }
                .map { path in
                    SourceFile(
                        path: "\(folder)/\(path)",
                        text: try String(contentsOfFile: "\(root)/\(folder)/\(path)", encoding: .utf8))
                }
        }
    }
}

/// Blanks what is not code in Swift.
struct Scrubber {
    private enum Context {
        case code(parentheses: Int)
        case string(hashes: Int, lines: Bool)
    }

    private let letters: [Unicode.Scalar]
    private var result = String.UnicodeScalarView()
    /// Strings hold code in their interpolations, which holds strings.
    private var contexts = [Context.code(parentheses: 0)]
    private var at = 0

    private init(_ text: String) {
        letters = Array(text.unicodeScalars)
    }

    static func scrub(_ text: String) -> String {
        var scrubber = Scrubber(text)
        while scrubber.at < scrubber.letters.count {
            switch scrubber.contexts[scrubber.contexts.count - 1] {
            case .code(let parentheses): scrubber.stepInCode(parentheses)
            case .string(let hashes, let lines): scrubber.stepInString(hashes, lines)
            }
        }
        return String(scrubber.result)
    }

    private mutating func stepInCode(_ parentheses: Int) {
        if matches("//") {
            while at < letters.count, letters[at] != "\n" { blank(1) }
        } else if matches("/*") {
            while at < letters.count, !matches("*/") { blank(1) }
            blank(2)
        } else if let opening {
            contexts.append(.string(hashes: opening.hashes, lines: opening.lines))
            blank(opening.length)
        } else {
            let change = letters[at] == "(" ? 1 : letters[at] == ")" ? -1 : 0
            if parentheses + change < 0 && contexts.count > 1 {
                contexts.removeLast()
            } else {
                contexts[contexts.count - 1] = .code(parentheses: parentheses + change)
            }
            result.append(letters[at])
            at += 1
        }
    }

    private mutating func stepInString(_ hashes: Int, _ lines: Bool) {
        let fence = String(repeating: "#", count: hashes)
        let closing = (lines ? "\"\"\"" : "\"") + fence
        if matches(closing) {
            contexts.removeLast()
            blank(closing.count)
        } else if matches("\\" + fence + "(") {
            contexts.append(.code(parentheses: 0))
            blank(hashes + 2)
        } else {
            blank(matches("\\" + fence) ? hashes + 2 : 1)
        }
    }

    private func matches(_ word: String) -> Bool {
        letters[at...].starts(with: word.unicodeScalars)
    }

    private mutating func blank(_ count: Int) {
        for _ in 0..<count where at < letters.count {
            result.append(letters[at] == "\n" ? "\n" : " ")
            at += 1
        }
    }

    private var opening: (hashes: Int, lines: Bool, length: Int)? {
        var place = at
        while place < letters.count, letters[place] == "#" { place += 1 }
        guard place < letters.count, letters[place] == "\"" else { return nil }
        let lines = letters[place...].starts(with: "\"\"\"".unicodeScalars)
        return (place - at, lines, place - at + (lines ? 3 : 1))
    }
}
