/// The lines of one kind that a process wrote since the last report: how many, and a few of them.
public struct LogTally: Sendable, Codable, Equatable {
    /// One line.
    public struct Example: Sendable, Codable, Equatable {
        /// Nanoseconds since 1970.
        public var at: Int64
        /// The fields, as `name=value` each.
        public var fields: String
        /// The trace it belongs to, in hexadecimal.
        public var trace: String?
    }

    public var level: LogLevel
    public var message: String
    public var count: Int
    public var examples: [Example]

    public init(level: LogLevel, message: String, count: Int, examples: [Example]) {
        self.level = level
        self.message = message
        self.count = count
        self.examples = examples
    }
}

/// Counts lines by what they say, so that what leaves a process does not grow with how much it says.
struct LogTallies {
    /// Kinds of lines between two reports; more are counted as one.
    static let most = 256
    static let examples = 3
    static let mostFields = 1_024
    static let others = "lines of more kinds than are counted apart"

    private var tallies: [LogTally] = []
    private var places: [String: Int] = [:]

    mutating func count(
        _ level: LogLevel, _ message: String, _ fields: KeyValuePairs<String, Field>, at time: WallTime,
        trace: TraceContext?
    ) {
        let key = level.rawValue + message
        if let place = places[key] ?? (tallies.count >= Self.most ? tallies.count - 1 : nil) {
            tallies[place].count += 1
            if tallies[place].examples.count < Self.examples {
                tallies[place].examples.append(Self.example(fields, time, trace))
            }
            return
        }
        // The last place is for all the rest.
        let isLast = tallies.count == Self.most - 1
        places[key] = tallies.count
        tallies.append(
            LogTally(
                level: level, message: isLast ? Self.others : String(message.prefix(512)), count: 1,
                examples: [Self.example(fields, time, trace)]))
    }

    private static func example(
        _ fields: KeyValuePairs<String, Field>, _ time: WallTime, _ trace: TraceContext?
    ) -> LogTally.Example {
        var text = ""
        for (name, value) in fields {
            guard text.utf8.count < mostFields else { break }
            if !text.isEmpty { text += " " }
            switch value {
            case .text(let value): text += "\(name)=\(value.prefix(256))"
            case .integer(let value): text += "\(name)=\(value)"
            case .number(let value): text += "\(name)=\(value)"
            case .boolean(let value): text += "\(name)=\(value)"
            }
        }
        return LogTally.Example(at: time.nanoseconds, fields: text, trace: trace?.traceIdentifier)
    }

    mutating func take() -> [LogTally] {
        defer { (tallies, places) = ([], [:]) }
        return tallies
    }
}
