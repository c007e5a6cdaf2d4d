import CHost
public import Contracts
import Glibc
import Synchronization
import Threads

/// The archive in a folder: `objects/DIGEST`, and `index`, a line for each of them.
///
/// A put has happened when its line is on disk, and the line comes last: a death before that leaves nothing but a file in
/// no line, which the same put takes up again.
public final class ArchiveFolder: WriteOnceStore {
    /// Where a put stands; a test may end it there.
    public enum Step: String, Sendable, CaseIterable {
        case begun, fileWritten, fileFlushed, fileNamed, folderFlushed, fileProtected, lineWritten, lineFlushed
    }

    private struct State {
        var records: [ArchiveRecord]
        /// After a fault in the midst of a put what is on disk is not known: it is to be opened anew.
        var isSpent = false
        var isProtected = true
    }

    public let path: String
    private let lock: Int32
    private let protects: Bool
    private let interrupt: @Sendable (Step) throws -> Void
    private let state: Mutex<State>

    var index: String { "\(path)/index" }
    var objects: String { "\(path)/objects" }
    private var incoming: String { "\(path)/incoming" }

    /// Opens it for writing, makes it where it is not there, and mends a last line that a death has torn.
    ///
    /// With `protects` the kernel is asked to keep the files from everybody: then nobody removes the folder without taking
    /// that off again, which is not wanted of a demonstration's.
    public init(
        writing path: String, protects: Bool = true, interrupt: @escaping @Sendable (Step) throws -> Void = { _ in }
    ) throws {
        self.path = path
        self.protects = protects
        self.interrupt = interrupt
        try Files.makeFolder(path)
        for folder in ["objects", "incoming"] { try Files.makeFolder("\(path)/\(folder)") }
        lock = host_open("\(path)/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw Files.fault("open \(path)/lock") }
        guard Self.take(lock) else {
            let code = errno
            close(lock)
            throw code == EWOULDBLOCK ? ArchiveFault.held(path: "\(path)/lock") : Files.fault("lock \(path)/lock", code)
        }
        do {
            // What was never named is nobody's.
            for name in try Files.names(in: "\(path)/incoming") { unlink("\(path)/incoming/\(name)") }
            let index = "\(path)/index"
            if try Files.read(index) == nil {
                try Files.with(index, O_WRONLY | O_CREAT | O_APPEND, mode: 0o644) { try Files.flush($0, index) }
                try Files.flushFolder(path)
            }
            state = Mutex(State(records: try IndexFile(index).mended()))
            let isProtected = protects && Files.protect(index, .growsOnly)
            state.withLock { $0.isProtected = isProtected }
        } catch {
            close(lock)
            throw error
        }
    }

    /// A child that is just being started has all that is open here until it becomes another program: what is held for that
    /// moment is held by nobody.
    private static func take(_ lock: Int32) -> Bool {
        for _ in 0..<100 {
            if flock(lock, LOCK_EX | LOCK_NB) == 0 { return true }
            guard errno == EWOULDBLOCK else { return false }
            poll(nil, 0, 10)
        }
        errno = EWOULDBLOCK
        return false
    }

    /// Opens it for reading, beside whoever writes.
    public init(reading path: String) throws {
        self.path = path
        protects = false
        interrupt = { _ in }
        lock = -1
        guard access("\(path)/index", F_OK) == 0 else { throw ArchiveFault.notThere(path: path) }
        state = Mutex(State(records: try IndexFile("\(path)/index").records()))
    }

    deinit { if lock >= 0 { close(lock) } }

    /// Whether the kernel keeps the files from being changed; it may not where the file system has no such attribute or
    /// this user may not set it. Then it is the digests alone that tell.
    public var isProtected: Bool { state.withLock { $0.isProtected } }

    public func put(_ item: ArchiveItem) async throws -> ArchiveRecord { try await aside { try $0.putNow(item) } }
    public func get(_ digest: Digest) async throws -> [UInt8]? { try await aside { try $0.getNow(digest) } }
    public func list() async throws -> [ArchiveRecord] { listNow() }
    public func head() async throws -> Digest? { listNow().last?.own }

    /// `list`, for who does not wait.
    public func listNow() -> [ArchiveRecord] { state.withLock { $0.records } }

    /// On a thread of its own: the disk takes its time.
    private func aside<Answer: Sendable>(_ work: @escaping @Sendable (ArchiveFolder) throws -> Answer) async throws
        -> Answer
    {
        try await withCheckedThrowingContinuation { continuation in
            NativeThread(name: "archive") { continuation.resume(with: Result { try work(self) }) }.start()
        }
    }

    /// `get`, on the caller's thread.
    public func getNow(_ digest: Digest) throws -> [UInt8]? {
        guard listNow().contains(where: { $0.digest == digest }) else { return nil }
        let file = "\(objects)/\(digest)"
        guard let bytes = try Files.read(file) else {
            throw ArchiveFault.broken(ArchiveBreak(kind: .missingFile, place: file, text: "is not there"))
        }
        guard Digest(of: bytes) == digest else {
            throw ArchiveFault.broken(
                ArchiveBreak(kind: .changedFile, place: file, text: "its bytes are not those that were put"))
        }
        return bytes
    }

    /// `put`, on the caller's thread.
    public func putNow(_ item: ArchiveItem) throws -> ArchiveRecord {
        try state.withLock { state in
            guard lock >= 0 else { throw ArchiveFault.readOnly(path: path) }
            guard !state.isSpent else {
                throw ArchiveFault.badItem("a put has failed before: open the archive anew, and put it again")
            }
            for (name, text) in [("kind", item.kind), ("incident", item.incident)]
            where text.isEmpty || text.utf8.count > 200 {
                throw ArchiveFault.badItem("\(name): expected 1 to 200 bytes, found \(text.utf8.count)")
            }
            let digest = Digest(of: item.bytes)
            if let known = state.records.first(where: {
                $0.digest == digest && $0.kind == item.kind && $0.incident == item.incident
            }) {
                return known
            }
            state.isSpent = true
            try write(item.bytes, digest, &state)
            let record = ArchiveRecord(
                sequence: Int64(state.records.count) + 1, digest: digest, kind: item.kind, incident: item.incident,
                at: item.at, retainUntil: item.retainUntil, previous: state.records.last?.own)
            try append(record)
            state.records.append(record)
            state.isSpent = false
            return record
        }
    }

    private func write(_ bytes: [UInt8], _ digest: Digest, _ state: inout State) throws {
        let (file, beside) = ("\(objects)/\(digest)", "\(incoming)/\(digest)")
        try interrupt(.begun)
        // What is there under this name is that, or it was changed: never is it written over.
        if let there = try Files.read(file) {
            guard there == bytes else {
                throw ArchiveFault.broken(
                    ArchiveBreak(kind: .changedFile, place: file, text: "its bytes are not those of its name"))
            }
        } else {
            try Files.with(beside, O_WRONLY | O_CREAT | O_TRUNC) { descriptor in
                try Files.write(bytes, to: descriptor, beside)
                try interrupt(.fileWritten)
                guard fchmod(descriptor, 0o444) == 0 else { throw Files.fault("make \(beside) read-only") }
                try Files.flush(descriptor, beside)
            }
            try interrupt(.fileFlushed)
            guard rename(beside, file) == 0 else { throw Files.fault("name \(file)") }
        }
        try interrupt(.fileNamed)
        try Files.flushFolder(objects)
        try interrupt(.folderFlushed)
        if !protects || !Files.protect(file, .immutable) { state.isProtected = false }
        try interrupt(.fileProtected)
    }

    private func append(_ record: ArchiveRecord) throws {
        try Files.with(index, O_WRONLY | O_APPEND) { descriptor in
            try Files.write(try record.line, to: descriptor, index)
            try interrupt(.lineWritten)
            try Files.flush(descriptor, index)
        }
        try interrupt(.lineFlushed)
    }
}
