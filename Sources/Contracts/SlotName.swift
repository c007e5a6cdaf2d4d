/// The name of one worker's place in the cluster, `role@host.n`: it outlives the processes that fill it.
public struct SlotName: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let role: String
    public let host: String
    public let number: Int

    /// Nil when a part breaks the rules of `isRole`, `isHost`, or the number is not in 1...9999.
    public init?(role: String, host: String, number: Int) {
        guard Self.isRole(role), Self.isHost(host), (1...9999).contains(number) else { return nil }
        self.role = role
        self.host = host
        self.number = number
    }

    /// Reads `role@host.n`; the number stands after the last dot, since a host's name may hold dots itself.
    public init?(_ text: some StringProtocol) {
        guard let at = text.firstIndex(of: "@"), let dot = text.lastIndex(of: "."), at < dot else { return nil }
        let digits = text[text.index(after: dot)...]
        // One spelling for each name: "+1" and "01" would be second ones.
        guard let number = Int(digits), String(number) == digits else { return nil }
        self.init(
            role: String(text[..<at]), host: String(text[text.index(after: at)..<dot]), number: number)
    }

    public var description: String { "\(role)@\(host).\(number)" }

    /// A role's name is `[a-z][a-z0-9-]{0,31}`.
    public static func isRole(_ text: String) -> Bool {
        guard let first = text.utf8.first, isLetter(first), text.utf8.count <= 32 else { return false }
        return text.utf8.allSatisfy { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") }
    }

    /// A host's name is up to 64 of `[a-z0-9.-]`, beginning and ending with a letter or a digit.
    public static func isHost(_ text: String) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last, text.utf8.count <= 64 else { return false }
        guard isLetter(first) || isDigit(first), isLetter(last) || isDigit(last) else { return false }
        return text.utf8.allSatisfy {
            isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
        }
    }

    public static func < (left: SlotName, right: SlotName) -> Bool {
        (left.role, left.host, left.number) < (right.role, right.host, right.number)
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}

extension SlotName: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let name = SlotName(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "expected a slot such as orders@local.1, found \"\(text)\"")
        }
        self = name
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
