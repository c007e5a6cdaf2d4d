/// A file of rows whose fields are separated by commas (RFC 4180): fields in quotes may hold commas, line ends and
/// doubled quotes. Bytes stay bytes: a log line need not be UTF-8.
struct CommaSeparated: Equatable {
    struct Mistake: Error, Equatable, CustomStringConvertible {
        let description: String
    }

    private(set) var header: [String] = []
    private(set) var rows: [[[UInt8]]] = []
    /// The line in which each row begins, counted from 1.
    private(set) var lines: [Int] = []

    init(_ bytes: [UInt8]) {
        var reader = FieldReader(bytes: bytes)
        var isFirst = true
        while true {
            let line = reader.line
            guard let row = reader.row() else { break }
            // An empty line is no row.
            if row.count == 1, row[0].isEmpty { continue }
            if isFirst {
                header = row.map { String(decoding: $0, as: UTF8.self) }
                if header.first?.hasPrefix("\u{FEFF}") == true { header[0].unicodeScalars.removeFirst() }
                isFirst = false
            } else {
                rows.append(row)
                lines.append(line)
            }
        }
    }

    /// The place of a column, or what is there instead.
    func column(_ name: String) throws(Mistake) -> Int {
        guard let place = header.firstIndex(of: name) else {
            throw Mistake(
                description: "expected a column \(name) in the first line, found \(header.joined(separator: ", "))")
        }
        return place
    }

    /// The text of a field; empty where the row is too short.
    func text(_ row: Int, _ column: Int) -> String {
        column < rows[row].count ? String(decoding: rows[row][column], as: UTF8.self) : ""
    }

    /// The number in a field; not a number where the field is empty.
    func number(_ row: Int, _ column: Int) throws(Mistake) -> Double {
        guard column < rows[row].count, !rows[row][column].isEmpty else { return .nan }
        let text = String(decoding: rows[row][column], as: UTF8.self)
        guard let number = Double(text) else {
            throw Mistake(
                description: "line \(lines[row]): expected a number in the column \(header[column]), found \"\(text)\"")
        }
        return number
    }

    /// A field as it must stand in such a file.
    static func quoted(_ field: String) -> String {
        guard field.utf8.contains(where: { $0 == comma || $0 == quote || $0 == 10 || $0 == 13 }) else { return field }
        var text = "\""
        for scalar in field.unicodeScalars {
            if scalar == "\"" { text += "\"\"" } else { text.unicodeScalars.append(scalar) }
        }
        return text + "\""
    }

    fileprivate static let comma = UInt8(ascii: ",")
    fileprivate static let quote = UInt8(ascii: "\"")
}

private struct FieldReader {
    let bytes: [UInt8]
    var at = 0
    var line = 1

    /// The fields of the next row; nil at the end.
    mutating func row() -> [[UInt8]]? {
        guard at < bytes.count else { return nil }
        var fields: [[UInt8]] = []
        while true {
            fields.append(field())
            guard at < bytes.count else { return fields }
            let end = bytes[at]
            at += 1
            if end == UInt8(ascii: "\n") {
                line += 1
                return fields
            }
        }
    }

    /// Up to the comma or the line's end, which is left to be read.
    private mutating func field() -> [UInt8] {
        var field: [UInt8] = []
        var isQuoted = false
        while at < bytes.count {
            let byte = bytes[at]
            if isQuoted {
                if byte == UInt8(ascii: "\n") { line += 1 }
                if byte == CommaSeparated.quote {
                    isQuoted = at + 1 < bytes.count && bytes[at + 1] == CommaSeparated.quote
                    if isQuoted {
                        field.append(byte)
                        at += 1
                    }
                } else {
                    field.append(byte)
                }
            } else if byte == CommaSeparated.quote, field.isEmpty {
                isQuoted = true
            } else if byte == CommaSeparated.comma || byte == UInt8(ascii: "\n") {
                break
            } else if byte != UInt8(ascii: "\r") || at + 1 < bytes.count && bytes[at + 1] != UInt8(ascii: "\n") {
                field.append(byte)
            }
            at += 1
        }
        return field
    }
}
