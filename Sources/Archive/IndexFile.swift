import CHost
import Contracts
import Glibc

/// The lines of the index, each held against the one before it.
struct IndexFile {
    let path: String

    init(_ path: String) { self.path = path }

    /// The lines that are whole; one that is being written, or was torn, is none.
    func records() throws -> [ArchiveRecord] {
        let (records, _, found) = Self.read(try Files.read(path) ?? [])
        if let found { throw ArchiveFault.broken(found) }
        return records
    }

    /// The same for who writes, after what a death has left of the last line was taken away, or brought to its end.
    func mended() throws -> [ArchiveRecord] {
        let bytes = try Files.read(path) ?? []
        let (records, tail, found) = Self.read(bytes)
        if let found { throw ArchiveFault.broken(found) }
        guard !tail.isEmpty else { return records }
        _ = Files.protect(path, .none)
        if let whole = ArchiveRecord(line: tail), Self.fault(whole, after: records.last, at: records.count + 1) == nil {
            // Nothing but its end was missing.
            try Files.with(path, O_WRONLY | O_APPEND) {
                try Files.write([UInt8(ascii: "\n")], to: $0, path)
                try Files.flush($0, path)
            }
            return records + [whole]
        }
        guard Self.isTorn(tail, after: records) else {
            throw ArchiveFault.broken(
                ArchiveBreak(
                    kind: .tornLine, place: "index:\(records.count + 1)",
                    text: "has no end, and is not the beginning of a line: somebody has changed it"))
        }
        try Files.with(path, O_WRONLY) { descriptor in
            guard ftruncate(descriptor, bytes.count - tail.count) == 0 else { throw Files.fault("mend \(path)") }
            try Files.flush(descriptor, path)
        }
        return records
    }

    /// The records, what stands behind the last line's end, and the first thing that is not as it was written.
    static func read(_ bytes: [UInt8]) -> (records: [ArchiveRecord], tail: [UInt8], found: ArchiveBreak?) {
        var records: [ArchiveRecord] = []
        var start = 0
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            let number = records.count + 1
            guard let record = ArchiveRecord(line: Array(bytes[start..<end])) else {
                return (
                    records, [],
                    ArchiveBreak(kind: .changedLine, place: "index:\(number)", text: "is not a line that was written")
                )
            }
            if let found = fault(record, after: records.last, at: number) { return (records, [], found) }
            records.append(record)
            start = end + 1
        }
        return (records, Array(bytes[start...]), nil)
    }

    private static func fault(_ record: ArchiveRecord, after last: ArchiveRecord?, at number: Int) -> ArchiveBreak? {
        func found(_ kind: ArchiveBreak.Kind, _ text: String) -> ArchiveBreak {
            ArchiveBreak(kind: kind, place: "index:\(number)", text: text)
        }
        guard record.own == record.ownDigest else { return found(.changedLine, "its content is not what was written") }
        guard record.sequence == Int64(number) else {
            return found(.brokenLink, "it has the number \(record.sequence): a line is missing or stands elsewhere")
        }
        guard record.previous == last?.own ?? ArchiveRecord.beginning else {
            return found(.brokenLink, "it was not written behind the line before it")
        }
        return nil
    }

    /// Whether a death can have left this: the beginning of the next line, or zeros where its bytes had not come to disk.
    private static func isTorn(_ tail: [UInt8], after records: [ArchiveRecord]) -> Bool {
        let written = Array(tail.prefix { $0 != 0 })
        guard tail.dropFirst(written.count).allSatisfy({ $0 == 0 }) else { return false }
        let begins = Array("{\"sequence\":\(records.count + 1),\"digest\":\"".utf8)
        return written.count <= begins.count ? begins.starts(with: written) : written.starts(with: begins)
    }
}
