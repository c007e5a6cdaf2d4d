/// Texts from outside are bounded by bytes: one character may be of any length.
extension String {
    /// The text, or its beginning of at most so many bytes.
    func cut(to bytes: Int) -> String {
        guard utf8.count > bytes else { return self }
        var end = utf8.index(startIndex, offsetBy: bytes)
        while end > startIndex, end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
        return String(self[..<end])
    }

    /// The same with a mark of the whole behind it, so that what differs in its end stays different.
    func cutApart(to bytes: Int) -> String {
        guard utf8.count > bytes else { return self }
        return "\(cut(to: max(bytes - 20, 0)))…\(String(mark, radix: 16))"
    }

    /// A number that is the same for the same text in every process.
    var mark: UInt64 {
        utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }
}
