import FoundationEssentials
import Glibc
import Host

/// What takes one step of a fault back. It may be done more than once, and where the step never came to be.
public enum Undo: Codable, Sendable, Equatable {
    /// The commit goes, if `main` ever got it and still has it.
    case revert(commit: String, title: String)
    /// Every process of the cluster that is stopped goes on.
    case wake
    /// The file goes.
    case remove(file: String)
    case statements(service: String, [String])
    /// The simulated carrier gets the behaviour that it had, as its door tells it.
    case behaviour(String)
}

/// What was done to a cluster and can be taken back. It is on disk before the step is done.
public struct UndoRecord: Codable, Sendable, Equatable {
    public var fault: String
    /// The process that does it, and when that was born: another of the same number is not it.
    public var process: Int32
    public var born: UInt64
    /// Nanoseconds since 1970.
    public var begun: Int64
    /// In the order of the steps.
    public var undos: [Undo]

    public init(fault: String, process: Int32, born: UInt64, begun: Int64, undos: [Undo] = []) {
        self.fault = fault
        self.process = process
        self.born = born
        self.begun = begun
        self.undos = undos
    }

    /// The process, if it still is the one that began.
    var injector: ProcessHandle? {
        guard process != ProcessFiles.ownNumber, let handle = try? ProcessHandle(pid: process),
            Self.birth(of: process) == born
        else { return nil }
        return handle
    }

    /// When a process was born, in the kernel's ticks; 0 for one that is not there.
    static func birth(of process: Int32) -> UInt64 {
        guard let line = ProcessFiles.text("/proc/\(process)/stat"), let end = line.lastIndex(of: ")") else { return 0 }
        let fields = line[line.index(after: end)...].split(separator: " ")
        return fields.count > 19 ? UInt64(fields[19]) ?? 0 : 0
    }
}

/// The records of a cluster.
public struct UndoFolder: Sendable {
    public let path: String

    public init(data: String) { path = "\(data)/chaos" }

    func file(_ fault: String) -> String { "\(path)/\(fault).json" }

    /// The names of the faults that were begun and not cleared.
    public var names: [String] {
        ProcessFiles.entries(path).filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
    }

    /// The record of a fault; nil where there is none.
    public func record(_ fault: String) throws(ChaosFault) -> UndoRecord? {
        let path = file(fault)
        guard let bytes = ProcessFiles.bytes(path) else { return nil }
        do { return try JSONDecoder().decode(UndoRecord.self, from: Data(bytes)) } catch {
            throw .unreadable(path, "\(error)")
        }
    }

    /// On disk when this returns.
    func keep(_ record: UndoRecord) throws(ChaosFault) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw .system("make \(path)", String(cString: strerror(errno)))
        }
        do {
            let text = String(decoding: try encoder.encode(record), as: UTF8.self) + "\n"
            try WholeFile.write(text, to: file(record.fault), durable: true)
            try sync()
        } catch { throw .system("write down how \(record.fault) is undone", "\(error)") }
    }

    func forget(_ fault: String) throws(ChaosFault) {
        guard unlink(file(fault)) == 0 || errno == ENOENT else {
            throw .system("remove \(file(fault))", String(cString: strerror(errno)))
        }
        do { try sync() } catch { throw .system("remove \(file(fault))", "\(error)") }
    }

    /// A new name in a folder is on disk only when the folder is.
    private func sync() throws(SystemFault) {
        let folder = try Descriptor.open(path, flags: O_RDONLY | O_DIRECTORY)
        guard fsync(folder.number) == 0 else { throw SystemFault("write \(path)", code: errno) }
    }
}

/// Why a fault was not injected, or not cleared.
public enum ChaosFault: Error, Sendable, Equatable, CustomStringConvertible {
    case begun(String)
    case unreadable(String, String)
    case system(String, String)
    case noProcess(String)
    case refused(String)
    case conflict(String, files: [String])

    public var description: String {
        switch self {
        case .begun(let name): "\(name) is there already: clear it first, with kintsugi chaos clear \(name)"
        case .unreadable(let path, let why): "\(path): expected the record of a fault, found none: \(why)"
        case .system(let what, let why): "could not \(what): \(why)"
        case .noProcess(let role): "expected a running process of \(role), found none: look with kintsugi status"
        case .refused(let text): text
        case .conflict(let commit, let files):
            "\(commit.prefix(10)) cannot be taken back by itself: others changed the same in "
                + "\(files.joined(separator: ", ")): take it back by hand, then remove its record"
        }
    }
}
