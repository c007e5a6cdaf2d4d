/// A word, a mark of punctuation, or a variable of a line.
struct Piece: Equatable, Sendable {
    /// Of the bytes; `wildcard` for a variable.
    var hash: UInt64
    var start: Int32
    var end: Int32
    var isWord: Bool
    var followsSpace: Bool

    static let wildcard: UInt64 = 1
    static let none = Piece(hash: 0, start: 0, end: 0, isWord: false, followsSpace: false)
    var isVariable: Bool { hash == Piece.wildcard }
}

/// A line cut into pieces, with its variables recognised by what they look like alone: numbers, addresses, paths,
/// identifiers, values of keys. Lines of the same shape are occurrences of one template.
struct LineShape: Sendable {
    /// What stands behind it belongs to no piece: a longer line is one line, not a denial of service.
    static let mostBytes = 8_192
    static let mostPieces = 256

    // One room for all lines: this is the path of every line, and nothing on it allocates.
    private var room = ContiguousArray(repeating: Piece.none, count: mostPieces + 2)
    private var count = 0
    private(set) var hash: UInt64 = 0
    private(set) var isCut = false

    var pieces: ArraySlice<Piece> { room[..<count] }

    /// Reads another line.
    mutating func read(_ line: UnsafeBufferPointer<UInt8>) {
        let length = min(line.count, Self.mostBytes)
        (count, hash, isCut) = room.withUnsafeMutableBufferPointer { room in
            ByteClass.table.withUnsafeBufferPointer { kinds in
                WellKnownWords.table.withUnsafeBufferPointer { words in
                    var cutter = LineCutter(
                        bytes: UnsafeBufferPointer(rebasing: line[..<length]), kinds: kinds, words: words, room: room)
                    let isCut = !cutter.cut() || line.count > length
                    if isCut { cutter.appendVariable(from: length, to: length, followsSpace: true) }
                    return (cutter.count, cutter.hashOfAll(), isCut)
                }
            }
        }
    }
}
