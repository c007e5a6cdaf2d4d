/// Reads HTTP/1.1 answers of a service that tells their length.
struct AnswerReader {
    struct Answer: Equatable {
        var status: Int
        var body: [UInt8]
        /// The server closes the connection after it.
        var closes: Bool
    }

    enum Result: Equatable {
        case incomplete
        case answer(Answer)
        case malformed
    }

    private static let mostHeader = 16_384
    private var bytes: [UInt8] = []

    mutating func append(_ more: UnsafeRawBufferPointer) { bytes.append(contentsOf: more) }

    mutating func next() -> Result {
        guard let end = headerEnd() else { return bytes.count > Self.mostHeader ? .malformed : .incomplete }
        guard bytes.starts(with: "HTTP/1.".utf8), bytes.count > 12 else { return .malformed }
        let digits = bytes[9..<12].map { Int($0) - 48 }
        guard digits.allSatisfy((0...9).contains) else { return .malformed }
        let status = digits[0] * 100 + digits[1] * 10 + digits[2]
        guard let length = number(of: "content-length", before: end) else { return .malformed }
        guard bytes.count >= end + length else { return .incomplete }
        let closes = has("connection", "close", before: end)
        let body = Array(bytes[end..<(end + length)])
        bytes.removeFirst(end + length)
        return .answer(Answer(status: status, body: body, closes: closes))
    }

    /// The place after the empty line.
    private func headerEnd() -> Int? {
        guard bytes.count >= 4 else { return nil }
        for index in 3..<bytes.count where bytes[index] == 10 && bytes[index - 1] == 13 && bytes[index - 2] == 10 {
            return index + 1
        }
        return nil
    }

    private func number(of name: StaticString, before end: Int) -> Int? {
        guard var at = value(of: name, before: end) else { return nil }
        var number = 0
        while at < end, bytes[at] >= 48, bytes[at] <= 57, number < 1 << 32 {
            number = number * 10 + Int(bytes[at] - 48)
            at += 1
        }
        return number
    }

    private func has(_ name: StaticString, _ word: StaticString, before end: Int) -> Bool {
        guard let at = value(of: name, before: end) else { return false }
        return matches(word, at: at, before: end)
    }

    /// Where the value of a header begins.
    private func value(of name: StaticString, before end: Int) -> Int? {
        let length = name.utf8CodeUnitCount
        var line = 0
        while line < end {
            if matches(name, at: line, before: end), line + length < end, bytes[line + length] == 58 {
                var at = line + length + 1
                while at < end, bytes[at] == 32 { at += 1 }
                return at
            }
            guard let next = bytes[line..<end].firstIndex(of: 10) else { return nil }
            line = next + 1
        }
        return nil
    }

    private func matches(_ word: StaticString, at start: Int, before end: Int) -> Bool {
        let letters = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        guard start + letters.count <= end else { return false }
        for (index, letter) in letters.enumerated() where bytes[start + index] | 0x20 != letter { return false }
        return true
    }
}

/// The value of a text member of a small JSON object; enough for an identifier.
func textMember(_ name: String, in body: [UInt8]) -> String? {
    let wanted = Array("\"\(name)\"".utf8)
    guard body.count > wanted.count else { return nil }
    for start in 0...(body.count - wanted.count) where body[start...].starts(with: wanted) {
        let rest = body[(start + wanted.count)...]
        guard let open = rest.firstIndex(of: 34), let close = body[(open + 1)...].firstIndex(of: 34) else { return nil }
        return String(decoding: body[(open + 1)..<close], as: UTF8.self)
    }
    return nil
}
