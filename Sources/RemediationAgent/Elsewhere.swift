import Contracts
import Forge
import Signals
import Synchronization

/// A forge outside that has the truth: the cluster's own `main` follows what is merged there, and what is taken back is taken back
/// there.
final class Elsewhere: Sendable {
    let forge: GitHubForge
    private let clone: String
    private let every: Int64
    private let log: Log
    private let next = Mutex<Int64>(0)

    init(_ forge: GitHubForge, clone: String, every: Duration, log: Log) {
        self.forge = forge
        self.clone = clone
        self.every = Int64(every.inSeconds * 1e9)
        self.log = log
    }

    /// Fetches when it is time; a forge that is away leaves `main` where it was.
    func follow(at now: Int64, atOnce: Bool = false) async {
        let isDue = next.withLock { next in
            guard atOnce || now >= next else { return false }
            next = now + every
            return true
        }
        guard isDue else { return }
        do throws(ForgeFault) { _ = try await forge.followMain(of: clone) } catch {
            log.limited("follow", .warning, "the forge does not say what was merged", ["why": "\(error)"])
        }
    }

    /// A pull request that makes `main` what `back` is, and its merge.
    func takeBack(
        _ main: String, to back: String, title: String, why: String, at now: Int64
    ) async throws(ForgeFault) {
        let repository = forge.ownRepository
        let files = try await repository.aside { (repository) throws(ForgeFault) -> [FileChange] in
            var files: [FileChange] = []
            for change in try repository.changedPaths(from: main, to: back) {
                let isThere = try repository.entry(change.path, at: back) != nil
                files.append(
                    FileChange(path: change.path, content: isThere ? try repository.file(change.path, at: back) : nil))
            }
            return files
        }
        let pull = try await forge.propose(
            PullProposal(
                key: "takes-back/\(main)", title: title, text: why, author: "deploy gate", change: .files(files),
                base: main,
                at: now))
        if pull.state == .open { _ = try await forge.merge(pull.number, by: "deploy gate", head: pull.head, at: now) }
        _ = try await forge.followMain(of: clone)
    }
}
