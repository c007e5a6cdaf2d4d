import Glibc

/// The end of one log file, while it grows and is rotated under the reader.
struct LogTail {
    let path: String
    let origin: String
    private var inode: UInt = 0
    private var offset = 0
    /// What was written of a line whose end is still to come.
    private var partial: [UInt8] = []
    private var lastTime = ""

    /// Enough for any sensible `--lines`; a file is rotated at 16 MiB.
    private static let mostBytes = 16 << 20
    private static let longestPartial = 1 << 20

    /// A file `orders.2.log` in the folder of logs.
    init(path: String) {
        self.path = path
        let name = path.split(separator: "/").last ?? ""
        origin = name.hasSuffix(".log") ? String(name.dropLast(4)) : String(name)
    }

    /// `orders` of `orders.2`
    var role: String { String(origin.prefix { $0 != "." }) }

    /// The last `count` records, from the older files too where the youngest has too few; reading goes on behind them.
    mutating func last(_ count: Int) -> [LogRecord] {
        var lines = takeNew()
        var older = 1
        while lines.count < count, let bytes = Self.read("\(path).\(older)", from: 0)?.bytes {
            lines = Self.split(bytes).lines + lines
            older += 1
        }
        return records(lines).suffix(count)
    }

    /// The records that were completed since the last reading.
    mutating func new() -> [LogRecord] {
        records(takeNew())
    }

    private mutating func takeNew() -> [String] {
        guard let status = Self.status(path) else { return [] }
        var bytes = partial
        if inode != 0, status.inode != inode || status.size < offset {
            // Rotated by renaming or by copying: either way the rest of what was read stands in the youngest older file.
            bytes += Self.read("\(path).1", from: offset)?.bytes ?? []
            offset = 0
        }
        inode = status.inode
        if let read = Self.read(path, from: offset) {
            bytes += read.bytes
            offset = read.end
        }
        let (lines, rest) = Self.split(bytes)
        partial = rest.count <= Self.longestPartial ? rest : []
        return lines
    }

    private mutating func records(_ lines: [String]) -> [LogRecord] {
        lines.map { line in
            let record = LogRecord(line: line, origin: origin, after: lastTime)
            lastTime = record.time
            return record
        }
    }

    private static func split(_ bytes: [UInt8]) -> (lines: [String], rest: [UInt8]) {
        guard let end = bytes.lastIndex(of: UInt8(ascii: "\n")) else { return ([], bytes) }
        let lines = bytes[..<end].split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
        return (lines, Array(bytes[(end + 1)...]))
    }

    private static func status(_ path: String) -> (inode: UInt, size: Int)? {
        var status = stat()
        return stat(path, &status) == 0 ? (UInt(status.st_ino), Int(status.st_size)) : nil
    }

    /// The bytes from an offset to the end, at most the last 16 MiB of them.
    private static func read(_ path: String, from offset: Int) -> (bytes: [UInt8], end: Int)? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let size = Int(lseek(descriptor, 0, SEEK_END))
        var place = max(offset, size - mostBytes)
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 256 << 10)
        while true {
            let count = pread(descriptor, &chunk, chunk.count, place)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return (bytes, place) }
            bytes += chunk[..<count]
            place += count
        }
    }
}

/// Puts the records of many files in the order of their time; those of one file stay in its order.
func merged(_ files: [[LogRecord]]) -> [LogRecord] {
    files.flatMap { $0 }.enumerated()
        .sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
}
