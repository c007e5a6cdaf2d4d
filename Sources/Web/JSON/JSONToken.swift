/// Where one value of a JSON text stands. The tokens of a text lie one after the other, as they are written; a member of
/// an object is two of them, its name and its value.
struct JSONToken {
    var kind: JSONKind
    /// The text has escapes: what it means is not what stands there.
    var escaped = false
    /// The first byte; of a text the one after the quotation mark.
    var start: Int32
    /// One past the last byte; of a text the closing quotation mark.
    var end: Int32
    /// The token after this value, and after all that is in it.
    var next: Int32 = 0
    /// How many items or members a list or an object has.
    var count: Int32 = 0
}

/// What a JSON value can be.
enum JSONKind: UInt8, Sendable {
    case object, list, text, number, boolean, null

    /// As a sentence names it.
    var name: String {
        switch self {
        case .object: "an object"
        case .list: "a list"
        case .text: "text"
        case .number: "a number"
        case .boolean: "true or false"
        case .null: "null"
        }
    }
}

/// What is wrong with the grammar of a JSON text: nothing after it can be read.
struct JSONBroken: Error, Equatable {
    let expected: String
    let at: Int
    var detail: String { "this is not JSON: expected \(expected) at byte \(at)" }
}
