/// What a byte can be part of, looked up once for each byte of a line.
enum ByteClass {
    static let letter: UInt8 = 0
    static let digit: UInt8 = 1
    /// Joins letters and digits to a word: a path, a version, an identifier.
    static let joint: UInt8 = 2
    static let space: UInt8 = 3
    static let punctuation: UInt8 = 4

    static let table: [UInt8] = (0...255).map { byte in
        switch UInt8(byte) {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 0x80...0xFF: letter
        case 0...32, 127: space
        default: "._-/\\$%+*~@&^".utf8.contains(UInt8(byte)) ? joint : punctuation
        }
    }

    static func isHexDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }
}
