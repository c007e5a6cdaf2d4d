import FoundationEssentials
import OTLP

/// The tables beside a file of cases; each is read once.
final class CaseFolder {
    private let path: String
    private var tables: [String: CommaSeparated] = [:]

    /// What a file may grow to when it is inflated.
    static let mostBytes = 1 << 30

    init(_ path: String) { self.path = path }

    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(path)/\(name)") }

    func table(_ name: String) throws(Failure) -> CommaSeparated {
        if let table = tables[name] { return table }
        let table = CommaSeparated(try Self.bytes("\(path)/\(name)"))
        tables[name] = table
        return table
    }

    /// A table that is not kept: those of a single case.
    func tableOnce(_ name: String) throws(Failure) -> CommaSeparated {
        CommaSeparated(try Self.bytes("\(path)/\(name)"))
    }

    /// A system's facts.
    func json<Value: Decodable>(_ name: String, as type: Value.Type) throws(Failure) -> Value {
        try Self.json("\(path)/\(name)", as: type)
    }

    static func json<Value: Decodable>(_ file: String, as type: Value.Type) throws(Failure) -> Value {
        let bytes = try bytes(file)
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw Failure("\(file): \(explain(error))", exit: ExitCode.data)
        }
    }

    /// The bytes of a file, inflated where they are gzip.
    static func bytes(_ file: String) throws(Failure) -> [UInt8] {
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: file)) else {
            throw Failure("the file \(file) cannot be read", exit: ExitCode.noInput)
        }
        let bytes = Array(data)
        guard bytes.starts(with: [0x1F, 0x8B]) else { return bytes }
        do {
            return try Inflation.inflate(bytes, most: mostBytes)
        } catch {
            throw Failure("\(file): \(error)", exit: ExitCode.data)
        }
    }

    private static func explain(_ error: any Error) -> String {
        guard let error = error as? DecodingError else { return "\(error)" }
        func place(_ context: DecodingError.Context) -> String {
            let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
            return path.isEmpty ? "at its top" : "at \(path)"
        }
        switch error {
        case .typeMismatch(let type, let context): return "expected \(type) \(place(context)), found another kind"
        case .valueNotFound(let type, let context): return "expected \(type) \(place(context)), found null"
        case .keyNotFound(let key, let context):
            return "expected the field \"\(key.stringValue)\" \(place(context)), found none"
        case .dataCorrupted(let context): return "expected JSON, found damage \(place(context))"
        @unknown default: return "\(error)"
        }
    }
}
