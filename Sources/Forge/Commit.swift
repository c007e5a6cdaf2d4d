/// A commit, as it stands in the repository.
public struct Commit: Sendable, Equatable {
    public let hash: String
    public let tree: String
    /// The first one is what it was made on.
    public let parents: [String]
    public let author: String
    public let committer: String
    /// When its author made it: nanoseconds since 1970.
    public let at: Int64
    public let subject: String
    /// What follows the subject, trailers included.
    public let body: String
    public let trailers: [Trailer]

    /// The value of the first trailer of a name.
    public func trailer(_ name: String) -> String? { trailers.first { $0.name == name }?.value }

    static let format = "%H%x00%T%x00%P%x00%an%x00%cn%x00%at%x00%s%x00%b%x00%(trailers:only=true,unfold=true)"
    private static let fieldCount = 9

    /// Reads what `log -z` printed by the format.
    static func all(_ fields: [String]) -> [Commit] {
        stride(from: 0, to: fields.count - fieldCount + 1, by: fieldCount).map { start in
            Commit(Array(fields[start..<start + fieldCount]))
        }
    }

    private init(_ fields: [String]) {
        hash = fields[0]
        tree = fields[1]
        parents = fields[2].split(separator: " ").map(String.init)
        author = fields[3]
        committer = fields[4]
        at = (Int64(fields[5]) ?? 0) * 1_000_000_000
        subject = fields[6]
        body = fields[7].hasSuffix("\n") ? String(fields[7].dropLast()) : fields[7]
        trailers = fields[8].split(separator: "\n").compactMap { line in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            return Trailer(String(line[..<colon]), String(line[line.index(after: colon)...].drop { $0 == " " }))
        }
    }
}

/// A path that differs between two commits.
public struct PathChange: Sendable, Equatable {
    public enum Kind: String, Sendable, Equatable {
        case added = "A"
        case changed = "M"
        case removed = "D"
        /// From a file to a link, say.
        case otherType = "T"
    }

    public let path: String
    public let kind: Kind

    public init(_ path: String, _ kind: Kind) {
        self.path = path
        self.kind = kind
    }
}

/// Something that a tree holds.
public struct TreeEntry: Sendable, Equatable {
    public enum Kind: String, Sendable, Equatable {
        case file = "100644"
        case program = "100755"
        case link = "120000"
        case folder = "040000"
        case module = "160000"
    }

    public let path: String
    public let kind: Kind
    public let hash: String
    /// In bytes; nil for a folder.
    public let size: Int?

    /// Reads a record of `ls-tree --long -z`.
    init?(_ record: String) {
        guard let tab = record.firstIndex(of: "\t") else { return nil }
        let words = record[..<tab].split(separator: " ")
        guard words.count == 4, let kind = Kind(rawValue: String(words[0])) else { return nil }
        path = String(record[record.index(after: tab)...])
        self.kind = kind
        hash = String(words[2])
        size = Int(words[3])
    }
}

/// Who last changed a line.
public struct Blame: Sendable, Equatable {
    public let commit: String
    /// Where the line stood in that commit.
    public let line: Int
    public let author: String
    public let at: Int64
    public let text: String
}
