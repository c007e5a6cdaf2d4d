import Contracts
import Forge
import Glibc
import Host

/// A folder that goes with the test, and a small configuration in it.
final class Place: Sendable {
    static let configuration = [
        "cluster.yaml": "version: 1\nhost: local\n# how many\nroles:\n  - name: orders\n    replicas: 2\n",
        "acl.yaml": "version: 1\nroles: {}\n", "slo/orders.yaml": "objective: 0.99\n",
    ]

    let path: String

    init() throws {
        path = try TemporaryFolder.make()
        for (name, text) in Self.configuration.sorted(by: { $0.key < $1.key }) { try write(text, to: "config/\(name)") }
    }

    deinit { TemporaryFolder.remove(path) }

    func write(_ text: String, to name: String) throws {
        var made = path
        for part in name.split(separator: "/").dropLast() {
            made += "/\(part)"
            mkdir(made, 0o755)
        }
        try WholeFile.write(text, to: "\(path)/\(name)")
    }

    func text(_ name: String) -> String? { ProcessFiles.text("\(path)/\(name)") }

    /// Nothing of a test outlives the machine: it need not wait for the disk.
    static func git(patient: Bool = false) throws -> Git {
        var git = try Git.find()
        git.isDurable = false
        git.lockPatience = patient ? .seconds(5) : .milliseconds(50)
        return git
    }

    /// A repository with that configuration.
    func repository(
        _ name: String = "cluster.git", say: @escaping @Sendable (String) -> Void = { _ in }
    ) throws -> Repository {
        try Repository.create("\(path)/\(name)", configuration: "\(path)/config", first, git: Self.git(), say: say)
    }

    let first = CommitNote(author: "operator", at: 1_700_000_000_000_000_000, title: "The cluster as it begins")
}

extension CommitNote {
    /// So many seconds after the first commit.
    static func at(_ seconds: Int64, _ title: String, by author: String = "remediation") -> CommitNote {
        CommitNote(author: author, at: (1_700_000_000 + seconds) * 1_000_000_000, title: title)
    }
}

extension FileChange {
    static func text(_ path: String, _ text: String) -> FileChange { FileChange(path: path, content: Array(text.utf8)) }
}

/// What was said, from whichever thread.
final class Said: Sendable {
    private let lines = Synchronized<[String]>([])
    var all: [String] { lines.read }
    func callAsFunction(_ line: String) { lines.change { $0.append(line) } }
}
