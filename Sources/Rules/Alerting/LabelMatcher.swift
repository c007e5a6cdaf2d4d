public import Contracts

/// What one label of an alert must be, as Alertmanager has it.
public struct LabelMatcher: Sendable, Equatable, CustomStringConvertible {
    /// How it is compared.
    public enum Comparison: String, Sendable, Equatable, CaseIterable {
        case equals = "="
        case differs = "!="
        case fits = "=~"
        case fitsNot = "!~"
    }

    /// A label, or one of `alertname`, `node`, `severity`, `source`, `fingerprint` and `sender`.
    public let name: String
    public let comparison: Comparison
    public let value: String
    private let pattern: Pattern?

    /// Why a matcher is none.
    public struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
        public let description: String

        init(_ description: String) { self.description = description }
    }

    public init(_ name: String, _ comparison: Comparison, _ value: String) throws(Fault) {
        guard (1...256).contains(name.utf8.count) else { throw Fault("expected the name of a label, found none") }
        guard value.utf8.count <= 4_096 else { throw Fault("expected a value of at most 4096 bytes, found more") }
        self.name = name
        self.comparison = comparison
        self.value = value
        do throws(Pattern.Fault) {
            pattern = comparison == .fits || comparison == .fitsNot ? try Pattern(value) : nil
        } catch {
            throw Fault("\(value): \(error)")
        }
    }

    /// Reads `service="orders"`, `node=~"orders|inventory"`, or the same without quotation marks.
    public init(_ text: String) throws(Fault) {
        let signs: [Comparison] = [.fits, .fitsNot, .differs, .equals]
        let bytes = Array(text.utf8)
        let isSign = { (byte: UInt8) in byte == UInt8(ascii: "=") || byte == UInt8(ascii: "!") }
        guard let at = bytes.firstIndex(where: isSign),
            let sign = signs.first(where: { bytes[at...].starts(with: $0.rawValue.utf8) })
        else { throw Fault("expected a matcher such as service=\"orders\", found \"\(text.prefix(80))\"") }
        func trimmed(_ part: ArraySlice<UInt8>) -> String {
            let left = part.drop { $0 == 0x20 }
            return String(decoding: left.reversed().drop { $0 == 0x20 }.reversed(), as: UTF8.self)
        }
        var value = trimmed(bytes[(at + sign.rawValue.utf8.count)...])
        if value.utf8.count >= 2, value.hasPrefix("\""), value.hasSuffix("\"") {
            value = String(value.dropFirst().dropLast())
        }
        try self.init(trimmed(bytes[..<at]), sign, value)
    }

    /// Whether an alert has such a label; a label that is not there is empty.
    public func matches(_ alert: RaisedAlert) -> Bool {
        let found = alert.value(of: name)
        switch comparison {
        case .equals: return found == value
        case .differs: return found != value
        case .fits: return pattern?.matches(found) == true
        case .fitsNot: return pattern?.matches(found) == false
        }
    }

    public var description: String { "\(name)\(comparison.rawValue)\"\(value)\"" }
}

extension LabelMatcher: Codable {
    /// As it is written.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        do throws(Fault) {
            try self.init(text)
        } catch {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: error.description)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension RaisedAlert {
    /// A label by its name, or what the alert itself has under that name; empty where there is none.
    public func value(of name: String) -> String {
        switch name {
        case "alertname": self.name
        case "node": node
        case "severity": severity.rawValue
        case "source": source.rawValue
        case "fingerprint": fingerprint
        case "sender": sender
        default: labels.first { $0.name == name }?.value ?? ""
        }
    }
}
