/// What one value shall be: how it is parsed, and how a message describes it.
public struct Scalar<Value: Sendable>: Sendable {
    /// Completes "expected …": "a whole number from 1 to 64".
    public let expected: String
    /// Stands in for a mistaken value while the rest of the file is read; never leaves a failed reading.
    let standIn: Value
    let parse: @Sendable (String) -> Value?

    /// A kind of value of one's own; `standIn` must be one that `parse` could return.
    public init(expected: String, standIn: Value, parse: @escaping @Sendable (String) -> Value?) {
        self.expected = expected
        self.standIn = standIn
        self.parse = parse
    }
}

extension Scalar where Value == Int {
    /// `42`
    public static func wholeNumber(in range: ClosedRange<Int>) -> Self {
        Self(expected: "a whole number from \(range.lowerBound) to \(range.upperBound)", standIn: range.lowerBound) {
            guard let number = Int($0), range.contains(number) else { return nil }
            return number
        }
    }

    /// `512KiB`, `64MiB`, `1GiB`, `100B`: a number of bytes.
    public static func size(in range: ClosedRange<Int>) -> Self {
        let bounds = "\(spelled(size: range.lowerBound)) to \(spelled(size: range.upperBound))"
        return Self(expected: "a size from \(bounds), such as 512KiB or 64MiB", standIn: range.lowerBound) {
            guard let size = quantity($0, units: sizeUnits), range.contains(size) else { return nil }
            return size
        }
    }
}

extension Scalar where Value == Double {
    /// `0.25`
    public static func number(in range: ClosedRange<Double>) -> Self {
        Self(expected: "a number from \(range.lowerBound) to \(range.upperBound)", standIn: range.lowerBound) {
            guard let number = Double($0), range.contains(number) else { return nil }
            return number
        }
    }
}

extension Scalar where Value == Bool {
    /// `true` or `false`, and nothing else.
    public static var boolean: Self {
        Self(expected: "true or false", standIn: false) { Bool($0) }
    }
}

extension Scalar where Value == Duration {
    /// `250ms`, `5s`, `10m`, `1h`
    public static func duration(in range: ClosedRange<Duration>) -> Self {
        let bounds = "\(spelled(range.lowerBound)) to \(spelled(range.upperBound))"
        return Self(expected: "a duration from \(bounds), such as 250ms, 5s, 10m or 1h", standIn: range.lowerBound) {
            guard let milliseconds = quantity($0, units: durationUnits) else { return nil }
            let duration = Duration.milliseconds(milliseconds)
            return range.contains(duration) ? duration : nil
        }
    }
}

extension Scalar where Value == String {
    /// Text of a bounded length, without control characters.
    public static func text(length: ClosedRange<Int> = 1...1024) -> Self {
        matching("text of \(length.lowerBound) to \(length.upperBound) characters") { text in
            length.contains(text.unicodeScalars.count)
                && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
        }
    }

    /// A word of lowercase letters, digits and hyphens that begins with a letter, as roles have.
    public static var name: Self {
        matching("a name of 1 to 32 lowercase letters, digits and hyphens", standIn: "name") { text in
            guard (1...32).contains(text.utf8.count), let first = text.utf8.first else { return false }
            return isLowercase(first)
                && text.utf8.allSatisfy { isLowercase($0) || isDigit($0) || $0 == UInt8(ascii: "-") }
        }
    }

    /// Text that `accepts` says yes to; `pattern` completes "expected …".
    public static func matching(
        _ pattern: String, standIn: String = "", _ accepts: @escaping @Sendable (String) -> Bool
    ) -> Self {
        Self(expected: pattern, standIn: standIn) { accepts($0) ? $0 : nil }
    }
}

extension Scalar where Value: CaseIterable & RawRepresentable, Value.RawValue == String {
    /// One of the cases of an enumeration, by its raw value.
    public static func choice(of type: Value.Type = Value.self) -> Self {
        let names = Value.allCases.map(\.rawValue)
        guard let first = Value.allCases.first else {
            preconditionFailure("\(Value.self) has no case that a configuration could choose")
        }
        let expected =
            names.count == 1 ? names[0] : "\(names.dropLast().joined(separator: ", ")) or \(names[names.count - 1])"
        return Self(expected: expected, standIn: first) { Value(rawValue: $0) }
    }
}

/// Where something listens: a host and a port.
public struct Address: Sendable, Equatable, CustomStringConvertible {
    public let host: String
    public let port: Int

    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    public var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// Reads `127.0.0.1:8081`, `name:8081` and `[::1]:8081`.
    public init?(_ text: String) {
        guard text.utf8.count <= 262, let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) else { return nil }
        let digits = text[text.index(after: colon)...]
        guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy(isDigit), let port = Int(digits),
            port <= 65_535
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("[") && host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard host.contains(":"),
                host.utf8.allSatisfy({ isHexadecimal($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") })
            else { return nil }
        } else {
            guard !host.isEmpty, host.utf8.allSatisfy(isHostLetter) else { return nil }
        }
        self.init(host: String(host), port: port)
    }
}

extension Scalar where Value == Address {
    /// `127.0.0.1:8081`
    public static var address: Self {
        Self(expected: "an address such as 127.0.0.1:8081", standIn: Address(host: "127.0.0.1", port: 0)) {
            Address($0)
        }
    }
}
