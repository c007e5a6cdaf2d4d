/// A time zone: how far its clocks are ahead of UTC, at every instant. Read from the bytes of a tz database file (TZif of
/// version 2 or later, RFC 9636), which somebody else has fetched.
public struct Zone: Sendable, Equatable {
    /// Why bytes are no zone.
    public struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
        public let description: String

        init(_ expected: String) { description = "expected a file of the tz database: \(expected)" }
    }

    /// The IANA name, such as `Europe/Berlin`.
    public let name: String
    /// When the offset changes, and to what: seconds since 1970, and seconds ahead of UTC.
    private let changes: [Change]
    private let first: Int
    /// What goes on after the last change.
    private let rule: ZoneRule?

    private struct Change: Sendable, Equatable {
        var at: Int64
        var offset: Int
    }

    /// The zone of no zone.
    public static let utc = Zone(name: "UTC", changes: [], first: 0, rule: nil)

    private init(name: String, changes: [Change], first: Int, rule: ZoneRule?) {
        self.name = name
        self.changes = changes
        self.first = first
        self.rule = rule
    }

    /// How many seconds the clocks are ahead of UTC at so many seconds since 1970.
    public func offset(at instant: Int64) -> Int {
        guard let last = changes.last else { return rule?.offset(at: instant) ?? first }
        if instant >= last.at { return rule?.offset(at: instant) ?? last.offset }
        var (low, high) = (0, changes.count)
        while low < high {
            let middle = (low + high) / 2
            if changes[middle].at <= instant { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? first : changes[low - 1].offset
    }

    /// What the clocks show.
    public func local(_ instant: Int64) -> CivilTime {
        CivilTime(seconds: instant.adding(Int64(offset(at: instant))))
    }

    /// The first and the last instant at which the clocks show this. Where they leave it out, the one at which they would
    /// have shown it without the change.
    public func instants(of local: CivilTime) -> (first: Int64, last: Int64) {
        let asUTC = local.seconds
        // No zone is further from UTC than this, nor do two changes stand closer together.
        let near = [offset(at: asUTC - 93_600), offset(at: asUTC + 93_600)]
        let fitting = near.map { asUTC - Int64($0) }.filter { self.local($0) == local }
        guard let least = fitting.min(), let most = fitting.max() else {
            let instant = asUTC - Int64(near[0])
            return (instant, instant)
        }
        return (least, most)
    }
}

extension Zone {
    /// What one block of the file says about its own length.
    private struct Header {
        var version: UInt8
        var utc, standard, leaps, times, types, letters: Int

        /// How long the block behind it is, where an instant has so many bytes.
        func length(_ width: Int) -> Int {
            times * width + times + types * 6 + letters + leaps * (width + 4) + standard + utc
        }
    }

    /// Reads a file of the tz database.
    public init(name: String, bytes: [UInt8]) throws(Fault) {
        // The largest that there is has four thousand.
        guard bytes.count <= 1 << 20 else { throw Fault("at most a mebibyte, found \(bytes.count) bytes") }
        var at = 0
        let old = try Self.header(bytes, &at)
        guard old.version >= UInt8(ascii: "2") else { throw Fault("version 2 or later, found version 1") }
        at += old.length(4)
        let header = try Self.header(bytes, &at)
        guard header.types > 0, bytes.count - at >= header.length(8) else { throw Fault("more bytes, found its end") }
        let places = at + header.times * 8
        let types = places + header.times
        var changes: [Change] = []
        for index in 0..<header.times {
            let instant = Int64(bitPattern: Self.big(bytes[(at + index * 8)..<(at + index * 8 + 8)]))
            let type = Int(bytes[places + index])
            guard type < header.types else { throw Fault("a type that is there, found number \(type)") }
            if let last = changes.last, last.at >= instant {
                throw Fault("instants that rise, found one that does not")
            }
            changes.append(Change(at: instant, offset: try Self.offset(bytes, types, type)))
        }
        let first = try Self.offset(bytes, types, 0)
        let footer = bytes[(at + header.length(8))...]
        guard footer.first == 10, let end = footer.dropFirst().firstIndex(of: 10) else {
            throw Fault("a last line, found none")
        }
        let text = footer[(footer.startIndex + 1)..<end]
        guard let rule = ZoneRule.read(Array(text)) else {
            throw Fault("a rule as POSIX has it in the last line, found \"\(String(decoding: text, as: UTF8.self))\"")
        }
        self.init(name: name, changes: changes, first: first, rule: rule.isNothing ? nil : rule)
    }

    private static func header(_ bytes: [UInt8], _ at: inout Int) throws(Fault) -> Header {
        guard bytes.count - at >= 44, bytes[at..<at + 4].elementsEqual("TZif".utf8) else {
            throw Fault("the letters TZif and a header of 44 bytes, found something else")
        }
        // Four bytes each: what they count cannot overflow 64 bits.
        let counts = (0..<6).map { Int(big(bytes[(at + 20 + $0 * 4)..<(at + 24 + $0 * 4)])) }
        let header = Header(
            version: bytes[at + 4], utc: counts[0], standard: counts[1], leaps: counts[2], times: counts[3],
            types: counts[4], letters: counts[5])
        at += 44
        guard bytes.count - at >= header.length(4) else { throw Fault("more bytes, found its end") }
        return header
    }

    private static func offset(_ bytes: [UInt8], _ types: Int, _ type: Int) throws(Fault) -> Int {
        let place = types + type * 6
        let offset = Int(Int32(truncatingIfNeeded: big(bytes[place..<place + 4])))
        guard abs(offset) <= 93_600 else { throw Fault("at most 26 hours from UTC, found \(offset) seconds") }
        return offset
    }

    private static func big(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
}
