import Glibc
import Host
public import Signals
import Synchronization
import Threads

/// A bare git repository. Nothing here touches a work tree, and equal inputs make equal commits in every process.
///
/// What asks git blocks its thread: whoever is asynchronous calls through `aside`, and the compiler sees to it.
public struct Repository: Sendable {
    /// The truth.
    public static let mainBranch = "main"

    /// Its absolute path.
    public let path: String
    public let git: Git
    /// Told what was mended, such as a lock of a process that is gone.
    let say: @Sendable (String) -> Void

    /// Where a cluster has its own.
    public static func place(data: String) -> String { "\(data)/cluster.git" }

    init(path: String, git: Git, say: @escaping @Sendable (String) -> Void) {
        self.path = path
        self.git = git
        self.say = say
    }

    /// Opens the one at an absolute path, and clears away what ended processes left in it.
    @available(*, noasync, message: "it blocks its thread: call it on one of its own")
    public static func open(
        _ path: String, git: Git? = nil, say: @escaping @Sendable (String) -> Void = { Log.standard.warning($0) }
    ) throws(ForgeFault) -> Repository {
        let git = if let git { git } else { try Git.find() }
        guard exists(at: path) else { throw .noRepository(path) }
        let repository = Repository(path: path, git: git, say: say)
        repository.sweep()
        return repository
    }

    /// The same for who is asynchronous.
    public static func opened(
        _ path: String, git: Git? = nil, say: @escaping @Sendable (String) -> Void = { Log.standard.warning($0) }
    ) async throws(ForgeFault) -> Repository {
        try await Aside.run { try open(path, git: git, say: say) }
    }

    /// Whether there is one.
    public static func exists(at path: String) -> Bool {
        ["HEAD", "objects", "refs"].allSatisfy { access("\(path)/\($0)", F_OK) == 0 }
    }

    /// Does what blocks on a thread of its own while the caller waits without one.
    public func aside<Value: Sendable>(
        _ body: @escaping @Sendable (Repository) throws -> Value
    ) async throws(ForgeFault) -> Value {
        try await Aside.run { try body(self) }
    }

    // MARK: - Names

    /// The commit that `main` is at.
    @available(*, noasync, message: "it blocks its thread: go through Repository.aside")
    public func main() throws(ForgeFault) -> String {
        guard let tip = try tip(of: "refs/heads/\(Self.mainBranch)") else {
            throw .missing("a branch \(Self.mainBranch) in \(path)")
        }
        return tip
    }

    /// What a reference points at; nil when there is none of that name.
    @available(*, noasync, message: "it blocks its thread: go through Repository.aside")
    public func tip(of reference: String) throws(ForgeFault) -> String? {
        try references(under: reference).first { $0.name == reference }?.hash
    }

    /// The references under a name, in the order of their names.
    func references(under prefix: String) throws(ForgeFault) -> [(name: String, hash: String)] {
        let format = "--format=%(objectname) %(objecttype) %(refname)"
        let answer = try call(["for-each-ref", format, prefix], doing: "list the references under \(prefix)")
        // It only warns of what it cannot read.
        guard !answer.errors.contains("broken ref") else {
            throw .corrupt(GitWords.said(answer.errors.split(separator: "\n").map(String.init)))
        }
        return answer.text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ", maxSplits: 2)
            return words.count == 3 ? (String(words[2]), String(words[0])) : nil
        }
    }

    /// The whole hash of the commit that a name, or the beginning of a hash, means.
    @available(*, noasync, message: "it blocks its thread: go through Repository.aside")
    public func commit(named name: String) throws(ForgeFault) -> String {
        let missing = ForgeFault.missing("a commit \(CommitNote.line(String(name.prefix(80))))")
        guard !name.isEmpty, !name.contains(where: { $0.isWhitespace || $0 == "\0" }) else { throw missing }
        // A tag of that name would be found first.
        let meant = name == Self.mainBranch ? "refs/heads/\(name)" : name
        let arguments = ["rev-parse", "--verify", "--quiet", "--end-of-options", "\(meant)^{commit}"]
        let answer = try call(arguments, allowing: [1, 128], doing: "find the commit \(name)")
        guard answer.status == 0 else {
            let fault = GitWords.fault(answer.errors, status: 1, repository: path, doing: "")
            if case .corrupt = fault, try tip(of: "refs/heads/\(name)") != nil { throw fault }
            throw missing
        }
        // Before 2.41 the option's own name is printed as well.
        return answer.text.split(separator: "\n").last.map(String.init) ?? ""
    }

    func call(
        _ arguments: [String], input: [UInt8] = [], environment: [String] = [], allowing: [Int32] = [], doing: String
    ) throws(ForgeFault) -> Git.Answer {
        do throws(ForgeFault) {
            return try git.call(
                arguments, in: path, input: input, environment: environment, allowing: allowing, doing: doing)
        } catch .locked(let lock) {
            // Only what a process left that is gone: then the same is asked once more.
            guard sweep() > 0 else { throw .locked(lock) }
            return try git.call(
                arguments, in: path, input: input, environment: environment, allowing: allowing, doing: doing)
        }
    }

    // MARK: - References

    /// A reference that moves from one commit to another, or is made (no old one), or goes (no new one).
    struct Move {
        var reference: String
        var old: String?
        var new: String?
    }

    /// Moves references together, if all of them are where they are said to be; else none is moved.
    func move(_ moves: [Move]) throws(ForgeFault) {
        let lines = moves.map { move in
            switch (move.old, move.new) {
            case (let old?, let new?): "update \(move.reference) \(new) \(old)\n"
            case (nil, let new?): "create \(move.reference) \(new)\n"
            case (let old?, nil): "delete \(move.reference) \(old)\n"
            case (nil, nil): ""
            }
        }
        _ = try call(
            ["update-ref", "--no-deref", "--stdin"], input: Array(lines.joined().utf8), doing: "move references")
    }

    /// Moves `main` forward, if it still is where it is said to be; `ForgeFault.moved` says where it is otherwise.
    @available(*, noasync, message: "it blocks its thread: go through Repository.aside")
    public func advanceMain(from old: String, to new: String) throws(ForgeFault) {
        guard try isAncestor(old, of: new) else {
            throw .invalid("\(new) does not follow \(old): main only goes forward")
        }
        try move([Move(reference: "refs/heads/\(Self.mainBranch)", old: old, new: new)])
    }
}

/// Threads for what blocks.
enum Aside {
    static func run<Value: Sendable>(
        _ body: @escaping @Sendable () throws -> Value
    ) async throws(ForgeFault) -> Value {
        let result: Result<Value, ForgeFault> = await withCheckedContinuation { continuation in
            NativeThread(name: "git") {
                do {
                    continuation.resume(returning: .success(try body()))
                } catch let fault as ForgeFault {
                    continuation.resume(returning: .failure(fault))
                } catch {
                    continuation.resume(returning: .failure(.failed(doing: "work on the repository", text: "\(error)")))
                }
            }.start()
        }
        return try result.get()
    }
}
