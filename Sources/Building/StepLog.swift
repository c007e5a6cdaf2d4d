import Glibc
import Host

/// What a command prints: written as it comes, its middle left out where it is much, and read for what tells why it failed.
struct StepLog {
    private let file: Descriptor
    private let most: Int
    private let mostTail: Int
    private var written = 0
    private var leftOut = 0
    private var tail: [UInt8] = []
    private var line: [UInt8] = []
    private var errors: [String] = []
    private var last: [String] = []
    private(set) var isOpen = true

    private static let longestLine = 400
    private static let mostErrors = 3
    private static let mostLast = 5

    init(_ path: String, most: Int, tail: Int) throws(SystemFault) {
        file = try Descriptor.open(path, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
        self.most = most
        mostTail = tail
    }

    /// Takes all that can be read now.
    mutating func take(from pipe: Descriptor) throws(SystemFault) {
        while isOpen, let part = try pipe.read(upTo: 1 << 16) {
            isOpen = !part.isEmpty
            read(part)
            let fits = part.prefix(max(0, most - mostTail - written))
            try write(fits)
            written += fits.count
            tail += part.dropFirst(fits.count)
            if tail.count > 2 * mostTail {
                leftOut += tail.count - mostTail
                tail.removeFirst(tail.count - mostTail)
            }
        }
    }

    /// Writes what was held back.
    mutating func close(late: Bool) throws(SystemFault) {
        if leftOut > 0 { try write(Array("\n[\(leftOut) bytes are left out here]\n".utf8)[...]) }
        try write(tail[...])
        if late { try write(Array("\n[killed at its deadline]\n".utf8)[...]) }
        tail = []
        end()
    }

    /// The errors that it named, or else what it said last.
    var said: [String] { errors.isEmpty ? last : errors }

    private func write(_ bytes: ArraySlice<UInt8>) throws(SystemFault) {
        var rest = bytes
        while !rest.isEmpty { rest = rest.dropFirst(try file.write(rest)) }
    }

    private mutating func read(_ part: [UInt8]) {
        for byte in part {
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
                end()
            } else if line.count < Self.longestLine {
                line.append(byte)
            }
        }
    }

    private mutating func end() {
        defer { line.removeAll(keepingCapacity: true) }
        let text = String(decoding: line, as: UTF8.self)
        guard text.contains(where: { !$0.isWhitespace }) else { return }
        let lower = text.lowercased()
        let isError = ["error:", "no space left", "fatal:"].contains { lower.contains($0) }
        if isError, errors.count < Self.mostErrors, !errors.contains(text) { errors.append(text) }
        last.append(text)
        if last.count > Self.mostLast { last.removeFirst() }
    }
}
