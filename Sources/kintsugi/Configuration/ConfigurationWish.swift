import Contracts
import FoundationEssentials
import Settings

/// One change of the configuration that a person asks for.
enum ConfigurationWish {
    case value(file: String, path: NodePath, value: String)
    case file(String, source: String)

    /// `cluster.yaml:roles[orders].replicas=3`
    init(value text: String) throws(Failure) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let sides = (parts.last ?? "").split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, sides.count == 2, let path = NodePath(String(sides[0])) else {
            throw Failure(
                "expected FILE:PATH=VALUE, such as 'cluster.yaml:roles[orders].replicas=3', found \"\(harmless(text))\"",
                exit: ExitCode.usage)
        }
        self = .value(file: parts[0], path: path, value: String(sides[1]))
    }

    /// `slo/orders.yaml=/tmp/orders.yaml`
    init(file text: String) throws(Failure) {
        let sides = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard sides.count == 2, !sides[0].isEmpty, !sides[1].isEmpty else {
            throw Failure("--file: expected FILE=SOURCE, found \"\(harmless(text))\"", exit: ExitCode.usage)
        }
        self = .file(sides[0], source: sides[1])
    }

    /// For the title of the commit.
    var words: String {
        switch self {
        case .value(let file, let path, let value): "\(file):\(path) to \(value.isEmpty ? "\"\"" : value)"
        case .file(let file, _): file
        }
    }

    /// The files as they shall be. `read` gives one as it is.
    static func changes(_ wishes: [ConfigurationWish], _ read: (String) throws -> [UInt8]) throws -> [FileChange] {
        var texts: [(file: String, bytes: [UInt8])] = []
        func present(_ file: String) throws -> [UInt8] {
            try texts.first { $0.file == file }?.bytes ?? read(file)
        }
        for wish in wishes {
            let (file, bytes) = try wish.result(present)
            texts.removeAll { $0.file == file }
            texts.append((file, bytes))
        }
        return texts.map { FileChange(path: "config/\($0.file)", content: $0.bytes) }
    }

    private func result(_ present: (String) throws -> [UInt8]) throws -> (String, [UInt8]) {
        switch self {
        case .file(let file, let source):
            guard let data = try? Data(contentsOf: URL(fileURLWithPath: source)) else {
                throw Failure("the file \(harmless(source)) cannot be read", exit: ExitCode.noInput)
            }
            return (file, Array(data))
        case .value(let file, let path, let value):
            let bytes = try present(file)
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw Failure("\(file) is no text in UTF-8: change the whole with --file", exit: ExitCode.data)
            }
            do {
                return (file, Array(try ScalarEdit.set(path, to: value, in: text, name: file).utf8))
            } catch {
                throw Failure(harmless("\(error)"), exit: ExitCode.data)
            }
        }
    }
}
