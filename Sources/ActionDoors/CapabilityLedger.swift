public import Capabilities
public import Contracts
import Glibc
public import Host
import Signals

/// Which capabilities were used at this door, and what came out: a file that is only appended to, each line on disk before
/// what it announces is done.
///
///     DIGEST BASE64\n     the beginning of the SHA-256 of the packed entry, and the entry
///
/// A later line about the same capability takes the place of the earlier. A last line without its end was not on disk yet:
/// what it announced was not begun. Another line that cannot be read may have been anything: then no capability is believed
/// that was issued before this start.
public final class CapabilityLedger {
    /// One use.
    public struct Entry: Codable, Sendable, Equatable {
        public var use: StoredUse
        public var order: ActionOrder
        /// Nanoseconds since 1970.
        public var expires: Int64
        /// The processes that were to be replaced.
        public var before: [SlotSpawn]
    }

    /// A process, by its slot and its number.
    public struct SlotSpawn: Codable, Sendable, Equatable {
        public var slot: SlotName
        public var spawn: UInt64

        public init(slot: SlotName, spawn: UInt64) {
            self.slot = slot
            self.spawn = spawn
        }
    }

    /// Those that expired so long ago are forgotten at a start: no door accepts them any more.
    public static let retention = Int64.seconds(86_400)
    private static let checkLength = 16

    /// Capabilities from before this time are not believed, where something is unreadable.
    public private(set) var distrustedBefore: Int64?
    private var entries: [Entry] = []
    private let file: Descriptor
    private let path: String
    private let role: String
    private var length: Int64
    /// A write failed and could not be taken back.
    private var isBroken = false

    /// Where the record of a door stands.
    public static func path(of role: String = "supervisor", data: String) -> String {
        "\(data)/\(role)/capabilities.log"
    }

    /// Opens the record of a door, and makes it where there is none.
    public init(of role: String, data: String, now: Int64) throws(SystemFault) {
        let folder = "\(data)/\(role)"
        if mkdir(folder, 0o700) != 0, errno != EEXIST { throw SystemFault("make \(folder)", code: errno) }
        path = Self.path(of: role, data: data)
        self.role = role
        let text = ProcessFiles.text(path) ?? ""
        let (read, damaged) = Self.read(text)
        entries = read.filter { $0.expires > now - Self.retention }
        if damaged {
            distrustedBefore = now
        } else {
            // Without what is forgotten, and without a torn end.
            var lines = ""
            for entry in entries { lines += try Self.line(entry) }
            try WholeFile.write(lines, to: path, durable: true)
        }
        file = try Descriptor.open(path, flags: O_WRONLY | O_APPEND | O_CREAT, mode: 0o600)
        let place = try Descriptor.open(folder, flags: O_RDONLY | O_DIRECTORY, mode: 0)
        guard fsync(place.number) == 0 else { throw SystemFault("write \(folder)", code: errno) }
        length = Int64(lseek(file.number, 0, SEEK_END))
        if damaged, !text.hasSuffix("\n") { try write("\n") }
    }

    /// What is on record under a capability's id.
    public func entry(_ id: UUID) -> Entry? { entries.last { $0.use.id == id } }

    /// Puts it on record; it is on disk when this returns.
    public func keep(_ entry: Entry) throws(SystemFault) {
        try write(try Self.line(entry))
        entries.removeAll { $0.use.id == entry.use.id }
        entries.append(entry)
    }

    private func write(_ text: String) throws(SystemFault) {
        guard !isBroken else {
            throw SystemFault("write \(path), which is damaged; start the \(role) anew", code: EIO)
        }
        do throws(SystemFault) {
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty { rest = rest.dropFirst(try file.write(rest)) }
            guard fsync(file.number) == 0 else { throw SystemFault("write \(path)", code: errno) }
            length += Int64(text.utf8.count)
        } catch {
            // Half a line would swallow the next one.
            isBroken = ftruncate(file.number, Int(length)) != 0 || fsync(file.number) != 0
            throw error
        }
    }

    private static func line(_ entry: Entry) throws(SystemFault) -> String {
        guard let bytes = try? Packed.encode(entry) else { throw SystemFault("write down a capability", code: EINVAL) }
        return "\(check(bytes)) \(String(decoding: Base64.encode(bytes), as: UTF8.self))\n"
    }

    private static func check(_ bytes: [UInt8]) -> String { String(Digest(of: bytes).description.prefix(checkLength)) }

    private static func read(_ text: String) -> (entries: [Entry], damaged: Bool) {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        // What stands behind the last newline is nothing, or torn.
        if !lines.isEmpty { lines.removeLast() }
        var found: [Entry] = []
        var damaged = false
        for line in lines where !line.isEmpty {
            guard let entry = entry(line) else {
                damaged = true
                continue
            }
            found.removeAll { $0.use.id == entry.use.id }
            found.append(entry)
        }
        return (found, damaged)
    }

    private static func entry(_ line: Substring) -> Entry? {
        let parts = line.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 2, let bytes = Base64.decode(Array(parts[1].utf8)), check(bytes) == parts[0] else {
            return nil
        }
        return try? Packed.decode(Entry.self, from: bytes)
    }
}
