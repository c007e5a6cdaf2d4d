/// What the lines of one kind have in common.
public struct Template: Sendable {
    /// Given in the order of first occurrence; never used for another template.
    public let id: Int
    /// How many lines were of this kind.
    public internal(set) var count: Int
    var words: [TemplateWord]
    /// The number of the last line of this kind, to know what is out of use.
    var lastUse: Int
    /// About how many bytes of memory it takes.
    let bytes: Int

    static let empty = Template(id: -1, count: 0, words: [], lastUse: 0)

    init(id: Int, count: Int, words: [TemplateWord], lastUse: Int) {
        (self.id, self.count, self.words, self.lastUse) = (id, count, words, lastUse)
        // A word that is an array of its own has a head of 32 bytes, and is allocated in steps of 16.
        bytes = words.reduce(128) { $0 + 80 + $1.bytes.count }
    }

    /// The common text; `<*>` stands for what varies.
    public var text: String {
        var bytes: [UInt8] = []
        for word in words {
            if word.followsSpace && !bytes.isEmpty { bytes.append(UInt8(ascii: " ")) }
            bytes += word.isVariable ? Array("<*>".utf8) : word.bytes
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether a line of as many pieces is one of these. What has no word of its own covers only lines without words.
    func covers(_ pieces: ArraySlice<Piece>) -> Bool {
        var constants = 0
        var filled = 0
        for (at, piece) in pieces.enumerated() {
            if words[at].isVariable {
                if !piece.isVariable { filled += 1 }
            } else if words[at].hash == piece.hash {
                if piece.isWord { constants += 1 }
            } else {
                return false
            }
        }
        return filled == 0 || constants > 0
    }

    /// The one place where other words of the same number differ; nil where there is none or more than one.
    func onlyDifference(from others: [TemplateWord]) -> Int? {
        var place: Int?
        for at in others.indices where others[at].hash != words[at].hash {
            guard place == nil else { return nil }
            place = at
        }
        return place
    }
}

/// A piece of a template, with its text.
struct TemplateWord: Sendable {
    var hash: UInt64
    var bytes: [UInt8]
    var isWord: Bool
    var followsSpace: Bool

    var isVariable: Bool { hash == Piece.wildcard }

    mutating func makeVariable() {
        hash = Piece.wildcard
        bytes = []
    }
}
