public import Contracts

/// What a look at every byte of an archive has shown.
public struct ArchiveProof: Codable, Sendable, Equatable {
    /// Lines that hold, up to the first that does not.
    public var lines: Int
    /// Files whose bytes are those of their names.
    public var files: Int
    public var head: Digest?
    public var breaks: [ArchiveBreak]
    /// Files that are gone, after they had to be kept.
    public var expired: [Digest]

    public var holds: Bool { breaks.isEmpty }
}

extension ArchiveFolder {
    /// Holds every line and every file of an archive against each other; it needs no more than to read them. `now` in
    /// nanoseconds since 1970.
    public static func verify(_ path: String, now: Int64) throws -> ArchiveProof {
        guard let bytes = try Files.read("\(path)/index") else { throw ArchiveFault.notThere(path: path) }
        let (records, tail, found) = IndexFile.read(bytes)
        var proof = ArchiveProof(
            lines: records.count, files: 0, head: records.last?.own, breaks: found.map { [$0] } ?? [], expired: [])
        if !tail.isEmpty {
            proof.breaks.append(
                ArchiveBreak(
                    kind: .tornLine, place: "index:\(records.count + 1)",
                    text: "has no end: it is being written, or a death has torn it; who writes next mends it"))
        }
        var wanted: [Digest: Int64] = [:]
        for record in records { wanted[record.digest] = max(record.retainUntil, wanted[record.digest] ?? .min) }
        let names = try Files.names(in: "\(path)/objects")
        for name in names { try look(name, in: path, wanted, found == nil, &proof) }
        for digest in wanted.keys.sorted() where !names.contains("\(digest)") {
            if (wanted[digest] ?? .max) <= now {
                proof.expired.append(digest)
            } else {
                proof.breaks.append(
                    ArchiveBreak(kind: .missingFile, place: "objects/\(digest)", text: "is not there"))
            }
        }
        return proof
    }

    private static func look(
        _ name: String, in path: String, _ wanted: [Digest: Int64], _ isIndexWhole: Bool, _ proof: inout ArchiveProof
    ) throws {
        let place = "objects/\(name)"
        guard let digest = Digest(name) else {
            proof.breaks.append(ArchiveBreak(kind: .extraFile, place: place, text: "was not put by the archive"))
            return
        }
        guard let bytes = try Files.read("\(path)/\(place)"), Digest(of: bytes) == digest else {
            proof.breaks.append(
                ArchiveBreak(kind: .changedFile, place: place, text: "its bytes are not those that were put"))
            return
        }
        guard wanted[digest] != nil else {
            // Behind a line that does not hold nothing can be told of files.
            guard isIndexWhole else { return }
            proof.breaks.append(
                ArchiveBreak(
                    kind: .extraFile, place: place,
                    text: "is in no line: a put did not come to its end, or lines were cut off"))
            return
        }
        proof.files += 1
    }
}
