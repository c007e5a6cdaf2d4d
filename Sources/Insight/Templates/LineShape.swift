/// A word, a run of punctuation, or a variable of a line.
struct Piece: Equatable {
    /// Of the bytes; `wildcard` for a variable.
    var hash: UInt64
    var start: Int32
    var end: Int32
    var isWord: Bool
    var followsSpace: Bool

    static let wildcard: UInt64 = 1
    var isVariable: Bool { hash == Piece.wildcard }
}

/// A line cut into pieces, with its variables recognised by what they look like alone: numbers, addresses, paths,
/// identifiers, quoted text, values of keys. Lines of the same shape are occurrences of one template.
struct LineShape {
    /// What stands behind it belongs to no piece: a longer line is one line, not a denial of service.
    static let mostBytes = 8_192
    static let mostPieces = 256

    private(set) var pieces: ContiguousArray<Piece> = []
    private(set) var hash: UInt64 = 0
    private(set) var isCut = false
    /// Whether the variable read last is a number, so that a unit may follow.
    private var endsInDigit = false

    private static let seed: UInt64 = 0xCBF2_9CE4_8422_2325
    private static let prime: UInt64 = 0x0000_0100_0000_01B3

    init() { pieces.reserveCapacity(64) }

    /// Reads another line.
    mutating func read(_ line: UnsafeBufferPointer<UInt8>) {
        pieces.removeAll(keepingCapacity: true)
        hash = Self.seed
        let end = min(line.count, Self.mostBytes)
        isCut = line.count > end
        let bytes = UnsafeBufferPointer(rebasing: line[..<end])
        ByteClass.table.withUnsafeBufferPointer { table in
            var at = 0
            var followsSpace = false
            while at < end {
                let kind = table[Int(bytes[at])]
                if kind == ByteClass.space {
                    followsSpace = true
                    at += 1
                } else if pieces.count >= Self.mostPieces {
                    isCut = true
                    break
                } else {
                    at =
                        kind == ByteClass.punctuation
                        ? readPunctuation(bytes, table, at, followsSpace) : readWord(bytes, table, at, followsSpace)
                    followsSpace = false
                }
            }
        }
        if isCut { appendVariable(from: end, to: end, followsSpace: true) }
        for piece in pieces { hash = (hash ^ piece.hash) &* 0x9E37_79B9_7F4A_7C15 ^ (hash >> 29) }
    }

    private mutating func readPunctuation(
        _ bytes: UnsafeBufferPointer<UInt8>, _ table: UnsafeBufferPointer<UInt8>, _ start: Int, _ followsSpace: Bool
    ) -> Int {
        if let end = endOfColonNumber(bytes, table, start) {
            appendVariable(from: start, to: end, followsSpace: followsSpace)
            return end
        }
        // Nothing in parentheses is an absent value: the same kind of line as with one.
        if bytes[start] == UInt8(ascii: "("), followsSpace, start + 1 < bytes.count, bytes[start + 1] == UInt8(ascii: ")") {
            append(bytes, from: start, to: start + 1, isWord: false, followsSpace: true)
            appendVariable(from: start + 1, to: start + 1, followsSpace: false)
            return start + 1
        }
        append(bytes, from: start, to: start + 1, isWord: false, followsSpace: followsSpace)
        return start + 1
    }

    private mutating func readWord(
        _ bytes: UnsafeBufferPointer<UInt8>, _ table: UnsafeBufferPointer<UInt8>, _ start: Int, _ followsSpace: Bool
    ) -> Int {
        if ByteClass.isHexDigit(bytes[start]), let end = endOfColonNumber(bytes, table, start) {
            appendVariable(from: start, to: end, followsSpace: followsSpace)
            return end
        }
        var at = start
        var hash = Self.seed
        var kinds: UInt8 = 0
        while at < bytes.count {
            let kind = table[Int(bytes[at])]
            if kind > ByteClass.joint || isLeader(bytes, at, start) { break }
            kinds |= 1 << kind
            hash = (hash ^ UInt64(bytes[at])) &* Self.prime
            at += 1
        }
        let hasDigit = kinds & (1 << ByteClass.digit) != 0
        let hasJoint = kinds & (1 << ByteClass.joint) != 0
        if hasDigit && !WellKnownWords.isProtocol(bytes, start, at) || isValue(bytes, start, followsSpace) || hasJoint && isPlace(bytes, start, at)
            || hasJoint && isHost(bytes, start, at) || !hasJoint && WellKnownWords.isValue(bytes, start, at)
            || followsNumber(start) && WellKnownWords.isUnit(bytes, start, at)
        {
            appendVariable(from: start, to: at, followsSpace: followsSpace)
            endsInDigit = ByteClass.table[Int(bytes[at - 1])] == ByteClass.digit
            return at
        }
        guard hasJoint, bytes[at - 1] == UInt8(ascii: "."), at - start > 1 else {
            appendPiece(hash | 2, from: start, to: at, isWord: true, followsSpace: followsSpace)
            return at
        }
        // The end of a sentence is no part of its last word.
        var end = at
        while end > start + 1, bytes[end - 1] == UInt8(ascii: ".") { end -= 1 }
        append(bytes, from: start, to: end, isWord: true, followsSpace: followsSpace)
        append(bytes, from: end, to: at, isWord: false, followsSpace: false)
        return at
    }

    /// `key=value`: the value is a variable, whatever it looks like.
    private func isValue(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ followsSpace: Bool) -> Bool {
        !followsSpace && start > 1 && bytes[start - 1] == UInt8(ascii: "=")
    }

    /// A path, a URL's rest, or somebody at some host.
    private func isPlace(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> Bool {
        guard end - start > 1 else { return false }
        if bytes[start] == UInt8(ascii: "/") { return true }
        return bytes[start..<end].contains { $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: "@") }
    }

    /// Two dots and more lead the eye from a name to its value; they are part of neither.
    private func isLeader(_ bytes: UnsafeBufferPointer<UInt8>, _ at: Int, _ start: Int) -> Bool {
        let dot = UInt8(ascii: ".")
        guard bytes[at] == dot, at > start, at + 1 < bytes.count, bytes[at + 1] == dot else { return false }
        return bytes[start] != dot
    }

    /// `name.domain:port`, or a name that ends as those of hosts do.
    private func isHost(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> Bool {
        guard let dot = bytes[start..<end].lastIndex(of: UInt8(ascii: ".")), dot > start, dot + 1 < end else {
            return false
        }
        if end + 1 < bytes.count, bytes[end] == UInt8(ascii: ":"),
            ByteClass.table[Int(bytes[end + 1])] == ByteClass.digit
        {
            return true
        }
        return WellKnownWords.isTopDomain(bytes, dot + 1, end)
    }

    private func followsNumber(_ start: Int) -> Bool {
        guard let last = pieces.last else { return false }
        return last.isVariable && start - Int(last.end) <= 1 && endsInDigit
    }

    /// The end of a time of day, a hardware address or an IPv6 address that begins here.
    private func endOfColonNumber(
        _ bytes: UnsafeBufferPointer<UInt8>, _ table: UnsafeBufferPointer<UInt8>, _ start: Int
    ) -> Int? {
        var at = start
        var colons = 0
        while at < bytes.count {
            let byte = bytes[at]
            if byte == UInt8(ascii: ":") {
                colons += 1
            } else if !ByteClass.isHexDigit(byte) && byte != UInt8(ascii: ".") {
                break
            }
            at += 1
        }
        guard colons >= 2, at - start > colons else { return nil }
        if at < bytes.count, table[Int(bytes[at])] <= ByteClass.joint { return nil }
        while at > start, bytes[at - 1] == UInt8(ascii: ":") || bytes[at - 1] == UInt8(ascii: ".") { at -= 1 }
        return at > start + 2 ? at : nil
    }

    // MARK: - Collecting

    private mutating func append(
        _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int, isWord: Bool, followsSpace: Bool
    ) {
        var hash = Self.seed
        for at in start..<end { hash = (hash ^ UInt64(bytes[at])) &* Self.prime }
        appendPiece(hash | 2, from: start, to: end, isWord: isWord, followsSpace: followsSpace)
    }

    private mutating func appendPiece(_ hash: UInt64, from start: Int, to end: Int, isWord: Bool, followsSpace: Bool) {
        pieces.append(
            Piece(
                hash: hash, start: Int32(truncatingIfNeeded: start), end: Int32(truncatingIfNeeded: end),
                isWord: isWord, followsSpace: followsSpace))
    }

    /// Variables in a row are one: how many there are may differ from line to line.
    private mutating func appendVariable(from start: Int, to end: Int, followsSpace: Bool) {
        let count = pieces.count
        let last = Int32(truncatingIfNeeded: end)
        if count >= 1, pieces[count - 1].isVariable {
            pieces[count - 1].end = last
            return
        }
        if count >= 2, !pieces[count - 1].isWord, pieces[count - 2].isVariable, isSeparator(pieces[count - 1]) {
            pieces.removeLast()
            pieces[count - 2].end = last
            return
        }
        appendPiece(Piece.wildcard, from: start, to: end, isWord: true, followsSpace: followsSpace)
    }

    private func isSeparator(_ piece: Piece) -> Bool {
        Self.separators.contains(piece.hash)
    }

    private static let separators: [UInt64] = ",:#|;".utf8.map { ((seed ^ UInt64($0)) &* prime) | 2 }
}
