import Contracts
import Definitions
public import Faults
public import Forge
import Glibc
import Host
import Settings
import Signals

/// Commits on `main` of the kind that people make, and their reverts.
public struct Commits {
    /// The cluster's own.
    public let repository: Repository
    let person: String

    /// How often it is tried again where somebody else moved `main` in between.
    private static let attempts = 10

    /// In the name of a person, in the repository of a data folder.
    public init(data: String, person: String) throws(ForgeFault) {
        repository = try Repository.open(Repository.place(data: data)) { _ in }
        self.person = person
    }

    /// Makes a commit, tells its hash before anybody can see it, and moves `main` there.
    public func make(_ step: FaultStep, told: (String) throws -> Void) throws {
        for _ in 1...Self.attempts {
            let base = try repository.main()
            let made = try commit(step, onto: base)
            try told(made)
            do throws(ForgeFault) { return try repository.advanceMain(from: base, to: made) } catch {
                guard case .moved = error else { throw error }
            }
        }
        throw ChaosFault.refused("main was moved by others \(Self.attempts) times: try again")
    }

    /// Takes a commit out of `main`; what was there to do, in a sentence, or nil where nothing was.
    func revert(_ hash: String, title: String) throws -> String? {
        for _ in 1...Self.attempts {
            let main = try repository.main()
            // Told before it was made: it may never have come to main.
            guard let name = try? repository.commit(named: hash), try repository.isAncestor(name, of: main) else {
                return nil
            }
            do throws(ForgeFault) {
                let back = try repository.revert(hash, onto: main, note("Take back: \(title)"))
                try repository.advanceMain(from: main, to: back)
                return "\(hash.prefix(10)) (\(title)) is taken back"
            } catch {
                switch error {
                case .nothingChanged: return nil
                case .moved: continue
                case .conflict(let files): throw ChaosFault.conflict(hash, files: files)
                default: throw error
                }
            }
        }
        throw ChaosFault.refused("main was moved by others \(Self.attempts) times: try again")
    }

    private func note(_ title: String) -> CommitNote {
        CommitNote(author: person, at: WallTime.now.nanoseconds, title: title)
    }

    private func commit(_ step: FaultStep, onto base: String) throws -> String {
        switch step {
        case .set(let title, let values):
            let made = try repository.commit(changes(values, at: base), onto: base, note(title))
            try check(made)
            return made
        case .remove(let title, let file, let line):
            let path = "config/\(file)"
            let text = String(decoding: try repository.file(path, at: base), as: UTF8.self)
            let changed = FileChange(path: path, content: Array(try Self.without(line, text, path).utf8))
            let made = try repository.commit([changed], onto: base, note(title))
            try check(made)
            return made
        case .patch(let title, let text): return try repository.apply(patch: text, onto: base, note(title))
        default: throw ChaosFault.refused("expected a step that is a commit")
        }
    }

    private func changes(_ values: [String], at base: String) throws -> [FileChange] {
        var files: [(path: String, text: String)] = []
        for value in values {
            let parts = value.split(separator: ":", maxSplits: 1).map(String.init)
            let sides = (parts.last ?? "").split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, sides.count == 2, let place = NodePath(sides[0]) else {
                throw ChaosFault.refused("expected FILE:PATH=VALUE, found \"\(value)\"")
            }
            let path = "config/\(parts[0])"
            let known = files.first { $0.path == path }?.text
            let text = try known ?? String(decoding: repository.file(path, at: base), as: UTF8.self)
            files.removeAll { $0.path == path }
            files.append((path, try ScalarEdit.set(place, to: sides[1], in: text, name: parts[0])))
        }
        return files.map { FileChange(path: $0.path, content: Array($0.text.utf8)) }
    }

    /// The text without a line, whose indentation does not matter; it must be there once.
    static func without(_ line: String, _ text: String, _ path: String) throws(ChaosFault) -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let places = lines.indices.filter { lines[$0].drop { $0 == " " } == line }
        guard places.count == 1 else {
            throw .refused("\(path): expected the line \"\(line)\" once, found it \(places.count) times")
        }
        lines.remove(at: places[0])
        return lines.joined(separator: "\n")
    }

    /// A person's own tool would not have let through what cannot be read.
    private func check(_ commit: String) throws {
        let folder = try TemporaryFolder.make()
        defer { TemporaryFolder.remove(folder) }
        _ = try repository.checkout(commit, into: "\(folder)/config")
        let mistakes = ConfigurationCheck.mistakes(in: "\(folder)/config")
        guard mistakes.isEmpty else {
            throw ChaosFault.refused(
                "the cluster could not run from it: " + mistakes.map(\.description).joined(separator: "; "))
        }
    }
}
