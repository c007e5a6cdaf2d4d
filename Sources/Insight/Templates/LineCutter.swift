/// Cuts one line into pieces. It lives as long as the borrowed memory that it works on.
struct LineCutter {
    let bytes: UnsafeBufferPointer<UInt8>
    let kinds: UnsafeBufferPointer<UInt8>
    let words: UnsafeBufferPointer<UInt8>
    /// Two places more than there may be pieces.
    let room: UnsafeMutableBufferPointer<Piece>
    var count = 0
    /// Whether the variable read last is a number, so that a unit may follow.
    private var endsInDigit = false

    init(
        bytes: UnsafeBufferPointer<UInt8>, kinds: UnsafeBufferPointer<UInt8>, words: UnsafeBufferPointer<UInt8>,
        room: UnsafeMutableBufferPointer<Piece>
    ) {
        (self.bytes, self.kinds, self.words, self.room) = (bytes, kinds, words, room)
    }

    /// False where there was more than fits.
    mutating func cut() -> Bool {
        var at = 0
        var followsSpace = false
        while at < bytes.count {
            let kind = kinds[Int(bytes[at])]
            if kind == ByteClass.space {
                followsSpace = true
                at &+= 1
                continue
            }
            guard count < LineShape.mostPieces else { return false }
            at = kind == ByteClass.punctuation ? readMark(at, followsSpace) : readWord(at, followsSpace)
            followsSpace = false
        }
        return true
    }

    func hashOfAll() -> UInt64 {
        var hash = UInt64(truncatingIfNeeded: count)
        for index in 0..<count { hash = WordHash.mixed(hash, room[index].hash) }
        return hash
    }

    private mutating func readMark(_ start: Int, _ followsSpace: Bool) -> Int {
        let mark = bytes[start]
        if mark == UInt8(ascii: ":"), let end = endOfColonNumber(start) {
            appendVariable(from: start, to: end, followsSpace: followsSpace)
            return end
        }
        append(WordHash.of(mark), from: start, to: start + 1, isWord: false, followsSpace: followsSpace)
        // Nothing in parentheses is an absent value: the same kind of line as with one.
        if mark == UInt8(ascii: "("), followsSpace, start + 1 < bytes.count, bytes[start + 1] == UInt8(ascii: ")") {
            appendVariable(from: start + 1, to: start + 1, followsSpace: false)
        }
        return start + 1
    }

    private mutating func readWord(_ start: Int, _ followsSpace: Bool) -> Int {
        if kinds[Int(bytes[start])] & ByteClass.hexadecimal != 0, let end = endOfColonNumber(start) {
            appendVariable(from: start, to: end, followsSpace: followsSpace)
            return end
        }
        let (at, seen) = endOfWord(start)
        let hasDigit = seen & ByteClass.digit != 0
        let hasJoint = seen & ByteClass.joint != 0
        let isValue = !followsSpace && start > 1 && bytes[start - 1] == UInt8(ascii: "=")
        // Most variables are numbers: of those no hash is needed.
        if isValue || hasDigit && !isProtocol(start, at) || hasJoint && (isPlace(start, at) || isHost(start, at)) {
            return readVariable(start, at, followsSpace)
        }
        let hash = WordHash.of(bytes, start, at)
        let mark = words[Int(hash >> 56)]
        if mark != 0, WellKnownWords.isValue(hash) || followsNumber(start) && WellKnownWords.isUnit(hash) {
            return readVariable(start, at, followsSpace)
        }
        guard hasJoint, bytes[at - 1] == UInt8(ascii: "."), at - start > 1 else {
            append(hash, from: start, to: at, isWord: true, followsSpace: followsSpace)
            return at
        }
        // The end of a sentence is no part of its last word.
        var end = at
        while end > start + 1, bytes[end - 1] == UInt8(ascii: ".") { end -= 1 }
        append(WordHash.of(bytes, start, end), from: start, to: end, isWord: true, followsSpace: followsSpace)
        append(WordHash.of(bytes, end, at), from: end, to: at, isWord: false, followsSpace: false)
        return at
    }

    /// Where a word ends, and of what kinds its bytes are. Most of a line's time is spent here.
    @inline(__always) private func endOfWord(_ start: Int) -> (end: Int, seen: UInt8) {
        let (bytes, kinds) = (bytes, kinds)
        var at = start
        var seen: UInt8 = 0
        while at < bytes.count {
            let kind = kinds[Int(bytes[at])]
            if kind & (ByteClass.between | ByteClass.dot) != 0 {
                if kind & ByteClass.between != 0 || isLeader(at, start) { break }
            }
            seen |= kind
            at &+= 1
        }
        return (at, seen)
    }

    private mutating func readVariable(_ start: Int, _ end: Int, _ followsSpace: Bool) -> Int {
        appendVariable(from: start, to: end, followsSpace: followsSpace)
        endsInDigit = kinds[Int(bytes[end - 1])] & ByteClass.digit != 0
        return end
    }

    // MARK: - What a word looks like

    private func isProtocol(_ start: Int, _ end: Int) -> Bool {
        end - start == 4 && WellKnownWords.isProtocol(WordHash.of(bytes, start, end))
    }

    /// A path, or somebody at some host.
    private func isPlace(_ start: Int, _ end: Int) -> Bool {
        guard end - start > 1 else { return false }
        if bytes[start] == UInt8(ascii: "/") { return true }
        return (start..<end).contains { bytes[$0] == UInt8(ascii: "\\") || bytes[$0] == UInt8(ascii: "@") }
    }

    /// Two dots and more lead the eye from a name to its value; they are part of neither.
    private func isLeader(_ at: Int, _ start: Int) -> Bool {
        let dot = UInt8(ascii: ".")
        return bytes[at] == dot && at > start && at + 1 < bytes.count && bytes[at + 1] == dot && bytes[start] != dot
    }

    /// `name.domain:port`, or a name that ends as those of hosts do.
    private func isHost(_ start: Int, _ end: Int) -> Bool {
        var dot = end - 1
        while dot > start, bytes[dot] != UInt8(ascii: ".") { dot -= 1 }
        guard dot > start, dot + 1 < end else { return false }
        if end + 1 < bytes.count, bytes[end] == UInt8(ascii: ":"), kinds[Int(bytes[end + 1])] & ByteClass.digit != 0 {
            return true
        }
        return WellKnownWords.isTopDomain(WordHash.of(bytes, dot + 1, end))
    }

    private func followsNumber(_ start: Int) -> Bool {
        guard endsInDigit, count > 0 else { return false }
        return room[count - 1].isVariable && start - Int(room[count - 1].end) <= 1
    }

    /// The end of a time of day, a hardware address or an IPv6 address that begins here.
    private func endOfColonNumber(_ start: Int) -> Int? {
        var at = start
        var colons = 0
        while at < bytes.count {
            let byte = bytes[at]
            if byte == UInt8(ascii: ":") {
                colons += 1
            } else if kinds[Int(byte)] & (ByteClass.hexadecimal | ByteClass.dot) == 0 {
                break
            }
            at &+= 1
        }
        guard colons >= 2, at - start > colons else { return nil }
        if at < bytes.count, kinds[Int(bytes[at])] & ByteClass.between == 0 { return nil }
        while at > start, bytes[at - 1] == UInt8(ascii: ":") || bytes[at - 1] == UInt8(ascii: ".") { at -= 1 }
        return at > start + 2 ? at : nil
    }

    // MARK: - Collecting

    private mutating func append(_ hash: UInt64, from start: Int, to end: Int, isWord: Bool, followsSpace: Bool) {
        room[count] = Piece(
            hash: hash, start: Int32(truncatingIfNeeded: start), end: Int32(truncatingIfNeeded: end), isWord: isWord,
            followsSpace: followsSpace)
        count += 1
    }

    /// Variables in a row are one: how many there are may differ from line to line.
    mutating func appendVariable(from start: Int, to end: Int, followsSpace: Bool) {
        let last = Int32(truncatingIfNeeded: end)
        if count >= 1, room[count - 1].isVariable {
            room[count - 1].end = last
        } else if count >= 2, !room[count - 1].isWord, room[count - 2].isVariable,
            WordHash.separators.contains(room[count - 1].hash)
        {
            count -= 1
            room[count - 1].end = last
        } else {
            append(Piece.wildcard, from: start, to: end, isWord: true, followsSpace: followsSpace)
        }
    }
}
