public import Contracts

/// One line of the index: what was put, and until when it stays. Each line is tied to the one before it.
public struct ArchiveRecord: Codable, Sendable, Equatable {
    /// From 1.
    public var sequence: Int64
    /// The SHA-256 of the bytes: their name.
    public var digest: Digest
    /// Such as `postmortem` or `addendum`.
    public var kind: String
    public var incident: String
    /// Nanoseconds since 1970.
    public var at: Int64
    /// Until then the system neither changes nor removes it.
    public var retainUntil: Int64
    /// Of the line before it.
    public var previous: Digest
    public var own: Digest

    enum CodingKeys: String, CodingKey {
        case sequence, digest, kind, incident, at
        case retainUntil = "retain_until"
        case previous, own
    }

    /// What the first line has before it.
    public static let beginning = Digest("kintsugi archive 1", of: [])

    /// A line behind another; nil stands for the beginning.
    public init(
        sequence: Int64, digest: Digest, kind: String, incident: String, at: Int64, retainUntil: Int64,
        previous: Digest?
    ) {
        self.sequence = sequence
        self.digest = digest
        self.kind = kind
        self.incident = incident
        self.at = at
        self.retainUntil = retainUntil
        self.previous = previous ?? Self.beginning
        own = Self.beginning
        own = ownDigest
    }

    /// What its own digest must be.
    public var ownDigest: Digest {
        var writer = PackedWriter(capacity: 256)
        writer.list(count: 7)
        writer.signed(sequence)
        writer.data(digest.bytes)
        writer.text(kind)
        writer.text(incident)
        writer.signed(at)
        writer.signed(retainUntil)
        writer.data(previous.bytes)
        return Digest("kintsugi archive line 1", of: writer.bytes)
    }

    /// The line as it stands in the index.
    public var line: [UInt8] {
        get throws { try JSONText.unpack(try Packed.encode(self)) + [UInt8(ascii: "\n")] }
    }

    /// The record of a line without its end; nil for anything but the one spelling of one.
    init?(line: [UInt8]) {
        guard let record = try? Packed.decode(ArchiveRecord.self, from: try JSONText.pack(line)),
            (try? record.line) == line + [UInt8(ascii: "\n")]
        else { return nil }
        self = record
    }
}

/// What is to be kept.
public struct ArchiveItem: Sendable, Equatable {
    public var bytes: [UInt8]
    public var kind: String
    public var incident: String
    /// Nanoseconds since 1970: now, and how long it is kept.
    public var at: Int64
    public var retainUntil: Int64

    public init(_ bytes: [UInt8], kind: String, incident: String, at: Int64, retainUntil: Int64) {
        self.bytes = bytes
        self.kind = kind
        self.incident = incident
        self.at = at
        self.retainUntil = retainUntil
    }
}

/// A store in which everything is written once: a folder here, or buckets that lock their objects elsewhere. It has no
/// way to change or to remove anything.
public protocol WriteOnceStore: Sendable {
    /// On disk when this returns. The same bytes of the same kind and incident again change nothing: the first record is
    /// answered.
    func put(_ item: ArchiveItem) async throws -> ArchiveRecord
    /// The bytes that were put under this digest, held against it; nil where none were.
    func get(_ digest: Digest) async throws -> [UInt8]?
    /// All that was put, in its order.
    func list() async throws -> [ArchiveRecord]
    /// The own digest of the last line: what proves later that nothing was cut off. Nil while there is none.
    func head() async throws -> Digest?
}

/// Why the archive does not do what it was asked.
public enum ArchiveFault: Error, Sendable, Equatable, CustomStringConvertible {
    case system(doing: String, code: Int32, why: String)
    /// Somebody else writes.
    case held(path: String)
    /// Something is not as it was written.
    case broken(ArchiveBreak)
    case readOnly(path: String)
    case notThere(path: String)
    case badItem(String)

    public var description: String {
        switch self {
        case .system(let doing, let code, let why): "could not \(doing): \(why) (errno \(code))"
        case .held(let path): "\(path) is held by another process that writes to this archive; one writes at a time"
        case .broken(let what): "\(what)"
        case .readOnly(let path): "the archive in \(path) was opened for reading"
        case .notThere(let path): "there is no archive in \(path)"
        case .badItem(let what): what
        }
    }
}

/// What is not as it was written, and in which file or line.
public struct ArchiveBreak: Codable, Sendable, Equatable, CustomStringConvertible {
    public enum Kind: String, Codable, Sendable, Equatable, CaseIterable {
        case changedFile, missingFile, extraFile, changedLine, brokenLink, tornLine
    }

    public var kind: Kind
    /// A file, or a line as `index:12`.
    public var place: String
    public var text: String

    public init(kind: Kind, place: String, text: String) {
        self.kind = kind
        self.place = place
        self.text = text
    }

    public var description: String { "\(place): \(text)" }
}

/// What stands in the archive, by the kind of its lines.
public enum ArchiveKinds {
    /// A `Postmortem`.
    public static let postmortem = "postmortem"
    /// An `Addendum`.
    public static let addendum = "addendum"
}
