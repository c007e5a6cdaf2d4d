import Glibc

/// Where a command's answer goes, and whether a person reads it there.
struct Terminal {
    let isTerminal: Bool
    let paint: Paint

    init(descriptor: Int32 = STDOUT_FILENO) {
        isTerminal = isatty(descriptor) == 1
        let refused = getenv("NO_COLOR").map { $0.pointee != 0 } ?? false
        let plain = getenv("TERM").map { String(cString: $0) == "dumb" } ?? true
        paint = Paint(colours: isTerminal && !refused && !plain)
    }

    /// Writes all of `text`, or ends as a program whose reader has left does.
    func write(_ text: String, to descriptor: Int32 = STDOUT_FILENO) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                exit(ExitCode.failure)
            }
        }
    }
}

/// Colours, or none.
struct Paint {
    enum Colour: Int {
        case red = 31
        case green = 32
        case yellow = 33
        case cyan = 36
        case grey = 90
        case bold = 1
    }

    let colours: Bool
    static let none = Paint(colours: false)

    func callAsFunction(_ text: String, _ colour: Colour?) -> String {
        guard colours, let colour else { return text }
        return "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m"
    }
}

/// `text` without what a terminal would obey: what a peer sent may end in a log line.
func harmless(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    return text.unicodeScalars.map { isControl($0) ? "\\u{\(String($0.value, radix: 16))}" : String($0) }.joined()
}

private func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
}
