import CHost
import Contracts
import Glibc
import Host

/// The program git, called without a shell and without anything that its user or host has configured.
///
/// Its calls block: whoever is asynchronous goes through `Repository.aside`.
public struct Git: Sendable {
    /// What a command printed, and how it ended.
    public struct Answer: Sendable {
        public let status: Int32
        public let output: [UInt8]
        public let errors: String

        /// The output without its last line break.
        public var text: String {
            let text = String(decoding: output, as: UTF8.self)
            return text.hasSuffix("\n") ? String(text.dropLast()) : text
        }
        /// What was printed, cut at the zeros.
        public var fields: [String] {
            output.split(separator: 0, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
        }
    }

    public let executable: String
    /// For one command; what is not done by then is killed, with all that it started.
    public var deadline = Duration.seconds(30)
    /// What one command may print.
    public var mostBytes = 64 << 20
    /// How long git waits for another one that holds a reference.
    public var lockPatience = Duration.seconds(2)
    /// Whether git waits until what it writes is on disk.
    public var isDurable = true

    private static let mostErrorBytes = 64 << 10

    /// That of an absolute path.
    public init(executable: String) { self.executable = executable }

    /// The first one in the folders of a PATH, which must be young enough. Otherwise that of this process is searched, and
    /// where systems have it: an agent is born without any PATH.
    @available(*, noasync, message: "it blocks its thread: call it on one of its own")
    public static func find(path: String? = nil) throws(ForgeFault) -> Git {
        let own = getenv("PATH").map { String(cString: $0) + ":" } ?? ""
        let searched = path ?? own + "/usr/local/bin:/usr/bin:/bin"
        for folder in searched.split(separator: ":") where folder.hasPrefix("/") {
            let executable = "\(folder)/git"
            guard access(executable, X_OK) == 0 else { continue }
            let git = Git(executable: executable)
            try git.checkVersion()
            return git
        }
        throw .noGit(searched: searched.isEmpty ? "no folder at all" : searched)
    }

    private func checkVersion() throws(ForgeFault) {
        let text = try call(["--version"], doing: "say its version").text
        let numbers = text.split(separator: " ").last { $0.first?.isNumber == true }?.split(separator: ".") ?? []
        guard numbers.count >= 2, let major = Int(numbers[0]), let minor = Int(numbers[1]) else {
            throw .oldGit(found: text)
        }
        // Since then it merges without a work tree.
        guard (major, minor) >= (2, 38) else { throw .oldGit(found: text) }
    }

    /// Runs a command that must end with 0, or with one of `allowing`. `repository` is its GIT_DIR.
    @available(*, noasync, message: "it blocks its thread: go through Repository.aside")
    public func call(
        _ arguments: [String], in repository: String? = nil, input: [UInt8] = [], environment: [String] = [],
        allowing: [Int32] = [], doing: String
    ) throws(ForgeFault) -> Answer {
        let result: Result<Answer, ForgeFault>
        do throws(SystemFault) {
            result = try run(arguments, in: repository, input, environment, doing)
        } catch {
            if error.code == ENOENT { throw .noGit(searched: executable) }
            throw error.code == ENOSPC ? .diskFull(doing) : .failed(doing: doing, text: "\(error)")
        }
        let answer = try result.get()
        guard answer.status == 0 || allowing.contains(answer.status) else {
            throw GitWords.fault(answer.errors, status: answer.status, repository: repository, doing: doing)
        }
        return answer
    }

    private func run(
        _ arguments: [String], in repository: String?, _ input: [UInt8], _ environment: [String], _ doing: String
    ) throws(SystemFault) -> Result<Answer, ForgeFault> {
        let (output, errors) = (try Descriptor.pipe(), try Descriptor.pipe())
        let source = try Self.file(of: input)
        try output.read.setNonBlocking()
        try errors.read.setNonBlocking()
        let process = try Launch(
            executable: executable, arguments: settings + arguments,
            environment: Self.environment(repository) + environment,
            descriptors: [(0, source), (1, output.write), (2, errors.write)]
        ).start()
        var watch = Watch(process, until: deadline)
        var (printed, said) = (Pipe(output.read, most: mostBytes), Pipe(errors.read, most: Self.mostErrorBytes))
        while !watch.hasEnded, !watch.isLate, !printed.isFull {
            watch.wait(for: [printed, said])
            try printed.take()
            try said.take()
        }
        let inTime = watch.hasEnded
        try watch.end()
        try printed.take()
        try said.take()
        if printed.isFull { return .failure(.tooLarge(doing: doing, most: mostBytes)) }
        guard inTime else { return .failure(.deadline(doing: doing, within: deadline)) }
        let words = String(decoding: said.bytes, as: UTF8.self)
        return .success(Answer(status: watch.status, output: printed.bytes, errors: words))
    }

    /// Before every command: nothing of the repository's own runs, and nothing happens in the background.
    private var settings: [String] {
        let patience = max(0, lockPatience.wholeNanoseconds / 1_000_000)
        return [
            "-c", "core.hooksPath=/dev/null", "-c", "gc.auto=0", "-c", "maintenance.auto=false",
            "-c", "core.filesRefLockTimeout=\(patience)", "-c", "core.packedRefsTimeout=\(patience)",
            "-c", "core.logAllRefUpdates=false",
            "-c", "core.fsync=\(isDurable ? "committed,reference" : "none")", "-c", "core.quotePath=false",
            "-c", "protocol.allow=never", "-c", "commit.gpgSign=false", "-c", "i18n.commitEncoding=UTF-8",
        ]
    }

    private static func environment(_ repository: String?) -> [String] {
        // Without a HOME there is nothing of the user's; the null device stands for the host's own configuration.
        let common = [
            "LC_ALL=C", "TZ=UTC", "PATH=/usr/local/bin:/usr/bin:/bin", "GIT_CONFIG_NOSYSTEM=1", "GIT_ATTR_NOSYSTEM=1",
            "GIT_CONFIG_GLOBAL=/dev/null", "GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0", "GIT_PAGER=cat",
            "GIT_LITERAL_PATHSPECS=1", "GIT_NO_REPLACE_OBJECTS=1", "GIT_NO_LAZY_FETCH=1",
        ]
        return common + (repository.map { ["GIT_DIR=\($0)"] } ?? [])
    }

    /// A file without a name: unlike a pipe it needs nobody to fill it while git reads.
    private static func file(of bytes: [UInt8]) throws(SystemFault) -> Descriptor {
        guard !bytes.isEmpty else { return try Descriptor.open("/dev/null", flags: O_RDONLY) }
        let number = host_nameless_file("git-input")
        guard number >= 0 else { throw SystemFault("make a file in memory") }
        let file = Descriptor(owning: number)
        var rest = bytes[...]
        while !rest.isEmpty { rest = rest.dropFirst(try file.write(rest)) }
        guard lseek(number, 0, SEEK_SET) == 0 else { throw SystemFault("rewind a file in memory") }
        return file
    }
}

/// One end of a pipe, and what came out of it.
private struct Pipe {
    let descriptor: Descriptor
    let most: Int
    private(set) var bytes: [UInt8] = []
    private(set) var isOpen = true

    init(_ descriptor: Descriptor, most: Int) {
        self.descriptor = descriptor
        self.most = most
    }

    var isFull: Bool { bytes.count > most }

    mutating func take() throws(SystemFault) {
        while isOpen, !isFull, let part = try descriptor.read(upTo: 1 << 16) {
            isOpen = !part.isEmpty
            bytes += part
        }
    }
}

/// A child until its end, which may have to be made.
private struct Watch {
    private let process: ProcessHandle
    private let deadline: UInt64
    private var exit: Int32?

    init(_ process: ProcessHandle, until patience: Duration) {
        self.process = process
        let (seconds, attoseconds) = patience.components
        deadline = MonotonicClock.now() + UInt64(max(0, seconds)) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
    }

    var hasEnded: Bool { process.hasEnded }
    var isLate: Bool { MonotonicClock.now() >= deadline }
    /// As shells have it: 128 and the signal's number for who was killed.
    var status: Int32 { exit ?? 128 }

    func wait(for pipes: [Pipe]) {
        let open = pipes.filter(\.isOpen).map { Poll.interest($0.descriptor.number) }
        _ = Poll.wait(open + [Poll.interest(process.descriptor.number)], until: deadline)
    }

    /// Kills what is left of the group, its leader too, and reaps that.
    mutating func end() throws(SystemFault) {
        process.sendToGroup(SIGKILL)
        _ = Poll.readable(process.descriptor.number, within: .seconds(5))
        switch try process.reap() {
        case .code(let code): exit = code
        case .signal(let signal, core: _): exit = 128 + signal
        case nil: exit = nil
        }
    }
}
