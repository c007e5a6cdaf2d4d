/// What a byte can be part of, as flags, looked up once for each byte of a line.
enum ByteClass {
    static let letter: UInt8 = 1
    static let digit: UInt8 = 2
    /// Joins letters and digits to a word: a path, a version, an identifier.
    static let joint: UInt8 = 4
    /// A joint, too.
    static let dot: UInt8 = 8
    static let space: UInt8 = 16
    static let punctuation: UInt8 = 32
    /// A letter or a digit, too.
    static let hexadecimal: UInt8 = 64

    /// What ends a word.
    static let between: UInt8 = space | punctuation

    static let table: [UInt8] = (0...255).map { byte in
        switch UInt8(byte) {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit | hexadecimal
        case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): letter | hexadecimal
        case UInt8(ascii: "g")...UInt8(ascii: "z"), UInt8(ascii: "G")...UInt8(ascii: "Z"), 0x80...0xFF: letter
        case UInt8(ascii: "."): joint | dot
        case 0...32, 127: space
        default: "_-/\\$%+*~@&^".utf8.contains(UInt8(byte)) ? joint : punctuation
        }
    }
}
