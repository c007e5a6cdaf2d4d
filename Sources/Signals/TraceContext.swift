/// The place of a span in a trace, as W3C Trace Context carries it.
public struct TraceContext: Sendable, Equatable, Hashable {
    public let traceHigh: UInt64
    public let traceLow: UInt64
    public let span: UInt64
    public let flags: UInt8

    /// nil for the identifiers that the standard calls invalid: all zeros.
    public init?(traceHigh: UInt64, traceLow: UInt64, span: UInt64, flags: UInt8) {
        guard traceHigh | traceLow != 0, span != 0 else { return nil }
        self.init(valid: traceHigh, traceLow, span, flags)
    }

    private init(valid traceHigh: UInt64, _ traceLow: UInt64, _ span: UInt64, _ flags: UInt8) {
        self.traceHigh = traceHigh
        self.traceLow = traceLow
        self.span = span
        self.flags = flags
    }

    /// A new trace with random identifiers.
    public static func root(sampled: Bool = false) -> TraceContext {
        var chance = IdentifierChance()
        return root(sampled: sampled, using: &chance)
    }

    /// A new trace with identifiers of `chance`.
    public static func root(sampled: Bool, using chance: inout some RandomNumberGenerator) -> TraceContext {
        TraceContext(
            valid: chance.next(), UInt64.random(in: 1...UInt64.max, using: &chance),
            UInt64.random(in: 1...UInt64.max, using: &chance), sampled ? 1 : 0)
    }

    /// A span below this one in the same trace.
    public func child() -> TraceContext {
        var chance = IdentifierChance()
        return child(using: &chance)
    }

    /// A span below this one, with an identifier of `chance`.
    public func child(using chance: inout some RandomNumberGenerator) -> TraceContext {
        TraceContext(valid: traceHigh, traceLow, UInt64.random(in: 1...UInt64.max, using: &chance), flags)
    }

    /// Whether the caller keeps this trace.
    public var isSampled: Bool { flags & 1 == 1 }

    /// Whether the trace belongs to a share of all traces: the same answer in every process.
    public func belongs(toShare share: Double) -> Bool {
        // The low half is random in every implementation of the standard; mixed, in case it only counts.
        let mixed = (traceLow ^ (traceLow >> 31)) &* 0x9E37_79B9_7F4A_7C15
        return Double(mixed >> 11) / Double(1 << 53) < share
    }

    /// `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`
    public var traceparent: String {
        "00-\(traceIdentifier)-\(spanIdentifier)-\(flags < 16 ? "0" : "")\(String(flags, radix: 16))"
    }

    /// The trace's 32 digits.
    public var traceIdentifier: String { Self.digits(traceHigh) + Self.digits(traceLow) }

    /// The span's 16 digits.
    public var spanIdentifier: String { Self.digits(span) }

    /// Reads a `traceparent` header; nil for what the standard says to ignore.
    public init?(traceparent: String) {
        let bytes = Array(traceparent.utf8)
        guard bytes.count >= 55, bytes[2] == Self.dash, bytes[35] == Self.dash, bytes[52] == Self.dash,
            let version = Self.number(bytes[0..<2]), version != 0xFF,
            // A later version may say more behind another dash; ours says nothing more.
            bytes.count == 55 || (version > 0 && bytes[55] == Self.dash),
            let high = Self.number(bytes[3..<19]), let low = Self.number(bytes[19..<35]),
            let span = Self.number(bytes[36..<52]), let flags = Self.number(bytes[53..<55])
        else { return nil }
        self.init(traceHigh: high, traceLow: low, span: span, flags: UInt8(truncatingIfNeeded: flags))
    }

    private static let dash = UInt8(ascii: "-")

    private static func digits(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        var number: UInt64 = 0
        for digit in digits {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): number = number << 4 | UInt64(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): number = number << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return number
    }
}
