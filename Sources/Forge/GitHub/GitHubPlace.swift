/// Where a repository is on a forge that speaks GitHub's API, and who we are there.
public struct GitHubPlace: Sendable, Equatable {
    /// Such as `https://api.github.com`, without a slash at its end.
    public var url: String
    public var owner: String
    public var name: String
    /// The file with the token; it is read for every request, so that a new one takes effect at once.
    public var tokenFile: String
    /// Whose token it is; nil asks the forge.
    public var login: String?
    /// For one request.
    public var deadline = Duration.seconds(20)

    /// Refuses what could not stand in a path.
    public init(
        url: String = "https://api.github.com", owner: String, name: String, tokenFile: String, login: String? = nil
    ) throws(ForgeFault) {
        guard url.hasPrefix("https://") || url.hasPrefix("http://") else {
            throw .invalid("expected the URL of a forge's API, such as https://api.github.com, found \"\(url)\"")
        }
        for word in [owner, name] where !Self.isName(word) {
            throw .invalid("expected an owner and a name of letters, digits, '.', '_' and '-', found \"\(word)\"")
        }
        self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.owner = owner
        self.name = name
        self.tokenFile = tokenFile
        self.login = login
    }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text != "." && text != ".."
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
    }
}

/// What we write into texts on the forge so that we know them again: one line that its readers do not see.
///
/// Anybody can write such a line. It counts only in texts of our own.
struct GitHubMarks: Equatable {
    private static let beginning = "<!-- kintsugi "
    private static let end = " -->"

    private(set) var pairs: [(name: String, value: String)] = []

    init(_ pairs: [(String, String?)]) {
        self.pairs = pairs.compactMap { name, value in value.map { (name, $0) } }
    }

    /// Those of a text; none when it has no such line.
    init(in text: String?) {
        let lines = (text ?? "").split { $0.isNewline }
        guard let line = lines.last(where: { $0.hasPrefix(Self.beginning) && $0.hasSuffix(Self.end) }) else { return }
        for word in line.dropFirst(Self.beginning.count).dropLast(Self.end.count).split(separator: " ") {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { pairs.append((String(parts[0]), Self.plain(parts[1]))) }
        }
    }

    subscript(name: String) -> String? { pairs.first { $0.name == name }?.value }

    /// The text with its marks.
    func under(_ text: String) -> String {
        guard !pairs.isEmpty else { return text }
        let words = pairs.map { "\($0.name)=\(Self.coded($0.value))" }.joined(separator: " ")
        return (text.isEmpty ? "" : text + "\n\n") + Self.beginning + words + Self.end
    }

    /// The text without them.
    static func without(_ text: String?) -> String {
        var lines = (text ?? "").replacing("\r\n", with: "\n").split(separator: "\n", omittingEmptySubsequences: false)
        lines.removeAll { $0.hasPrefix(beginning) && $0.hasSuffix(end) }
        while lines.last?.allSatisfy(\.isWhitespace) == true { lines.removeLast() }
        return lines.joined(separator: "\n")
    }

    static func == (left: GitHubMarks, right: GitHubMarks) -> Bool { left.under("") == right.under("") }

    /// Two hyphens would end the line, so not even one stays.
    private static func coded(_ text: String) -> String {
        text.utf8.map { byte in
            let character = Character(Unicode.Scalar(byte))
            let isPlain = byte < 128 && (character.isLetter || character.isNumber || "._:/@".contains(character))
            return isPlain ? String(character) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }

    private static func plain(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            if byte == UInt8(ascii: "%"), digits.utf8.count == 2, let code = UInt8(digits, radix: 16) {
                bytes.append(code)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
