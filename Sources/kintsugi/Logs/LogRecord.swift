import FoundationEssentials

/// One line of a log file, and what is known about it.
struct LogRecord: Equatable {
    /// ISO 8601 of fixed length, so that text order is time order; that of the line before where a line has none.
    let time: String
    /// `orders.2`, from the name of the file.
    let origin: String
    let line: String
    let level: String?
    let message: String
    let fields: [(name: String, value: String)]

    /// Reads a line; what is no JSON, such as the trace of a crash, is its own message.
    init(line: String, origin: String, after time: String) {
        self.line = line
        self.origin = origin
        guard line.hasPrefix("{"), let values = try? JSONDecoder().decode([String: Value].self, from: Data(line.utf8))
        else {
            self.time = time
            level = nil
            message = line
            fields = []
            return
        }
        self.time = values["time"]?.text ?? time
        level = values["level"]?.text
        message = values["message"]?.text ?? ""
        let known = ["time", "level", "message", "role", "slot", "incarnation", "pid", "fields"]
        var fields = values.filter { !known.contains($0.key) }
        if case .object(let more)? = values["fields"] { fields.merge(more) { $1 } }
        self.fields = fields.sorted { $0.key < $1.key }.map { ($0.key, $0.value.text) }
    }

    /// The line for a program: itself, or an object around what is no JSON.
    var json: String {
        guard level == nil else { return line }
        let object = ["time": time, "level": "error", "origin": origin, "message": message]
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return (try? encoder.encode(object)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }

    /// The line for a person: `09:30:00.000  orders.2  warning  too slow  method=say`
    func pretty(originWidth: Int, paint: Paint) -> String {
        let clock = time.count >= 23 ? String(time.dropFirst(11).prefix(12)) : "            "
        let origin = self.origin + String(repeating: " ", count: max(0, originWidth - self.origin.count))
        let level = self.level ?? ""
        let shownLevel = harmless(level) + String(repeating: " ", count: max(0, 7 - level.count))
        var text =
            "\(paint(harmless(clock), .grey))  \(paint(origin, .cyan))  \(paint(shownLevel, colour))  \(harmless(message))"
        for field in fields {
            text += "  \(paint(harmless(field.name) + "=", .grey))\(harmless(field.value))"
        }
        return text
    }

    private var colour: Paint.Colour? {
        switch level {
        case "error": .red
        case "warning": .yellow
        case "debug": .grey
        default: nil
        }
    }

    static func == (left: LogRecord, right: LogRecord) -> Bool {
        left.time == right.time && left.origin == right.origin && left.line == right.line
    }
}

/// Any value of JSON, as a person reads it.
private enum Value: Decodable {
    case word(String)
    case object([String: Value])
    case list([Value])

    init(from decoder: any Decoder) throws {
        if let object = try? decoder.container(keyedBy: Key.self) {
            var values: [String: Value] = [:]
            for key in object.allKeys { values[key.stringValue] = try object.decode(Value.self, forKey: key) }
            self = .object(values)
            return
        }
        if var list = try? decoder.unkeyedContainer() {
            var values: [Value] = []
            while !list.isAtEnd { values.append(try list.decode(Value.self)) }
            self = .list(values)
            return
        }
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .word("null")
        } else if let text = try? value.decode(String.self) {
            self = .word(text)
        } else if let flag = try? value.decode(Bool.self) {
            self = .word(String(flag))
        } else if let number = try? value.decode(Int.self) {
            self = .word(String(number))
        } else {
            self = .word(String(try value.decode(Double.self)))
        }
    }

    var text: String {
        switch self {
        case .word(let text): text
        case .list(let values): "[" + values.map(\.text).joined(separator: ", ") + "]"
        case .object(let values):
            "{" + values.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.text)" }.joined(separator: ", ") + "}"
        }
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
