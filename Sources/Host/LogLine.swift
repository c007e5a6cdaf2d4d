import FoundationEssentials
import Glibc

/// One JSON object a line on stderr.
public enum LogLine {
    private struct Line: Encodable {
        let time: String
        let level: String
        let event: String
        let fields: [String: String]
    }

    public enum Level: String, Sendable { case info, warning, error }

    /// Writes the line with one write(2), so that lines of several processes do not mix.
    public static func write(_ level: Level, _ event: String, _ fields: [String: String] = [:]) {
        let line = Line(
            time: Date.now.formatted(.iso8601.time(includingFractionalSeconds: true)), level: level.rawValue,
            event: event, fields: fields)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard var bytes = try? encoder.encode(line) else { return }
        bytes.append(UInt8(ascii: "\n"))
        // There is nowhere to say that stderr cannot be written.
        _ = bytes.withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) }
    }
}
