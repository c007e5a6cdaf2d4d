import Forge
import Glibc
import Host

/// Takes faults back: after an injection, after the death of who injected, while the cluster runs and while it does not.
public struct Clearing {
    /// What became of one undo.
    public struct Result: Codable, Sendable, Equatable {
        public var text: String
        /// Whether something of the fault was left.
        public var wasThere: Bool
    }

    private let world: World
    private let folder: UndoFolder

    public init(_ world: World) {
        self.world = world
        folder = UndoFolder(data: world.data)
    }

    /// Clears one fault, the last step first. Where one undo fails the others are done, and the record stays.
    public func clear(_ fault: String) throws -> [Result] {
        guard let record = try folder.record(fault) else { return [] }
        try end(record)
        var results: [Result] = []
        var failure: (any Error)?
        for undo in record.undos.reversed() {
            do { results.append(try perform(undo)) } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
        try folder.forget(fault)
        return results
    }

    /// Whoever still does it is told to end first: what he does would come back.
    private func end(_ record: UndoRecord) throws(ChaosFault) {
        guard let injector = record.injector else { return }
        for signal in [SIGTERM, SIGKILL] {
            injector.send(signal)
            if Poll.readable(injector.descriptor.number, within: .seconds(5)) { return }
        }
        throw .system("end process \(record.process), which does \(record.fault)", "it is still there")
    }

    private func perform(_ undo: Undo) throws -> Result {
        switch undo {
        case .revert(let commit, let title):
            let done = try Commits(data: world.data, person: world.person).revert(commit, title: title)
            return Result(text: done ?? "main has nothing of \(commit.prefix(10)) (\(title))", wasThere: done != nil)
        case .wake:
            let count = Sleepers.wake(data: world.data)
            return Result(text: "\(count) stopped processes go on", wasThere: count > 0)
        case .remove(let file):
            if unlink(file) == 0 { return Result(text: "\(file) is removed", wasThere: true) }
            guard errno == ENOENT else { throw ChaosFault.system("remove \(file)", String(cString: strerror(errno))) }
            return Result(text: "\(file) is not there", wasThere: false)
        case .statements(let service, let statements):
            let file = "\(world.data)/\(service).sqlite"
            guard access(file, F_OK) == 0 else { return Result(text: "\(file) is not there", wasThere: false) }
            try ServiceFile.run(statements, on: file)
            return Result(text: "the rows of \(service) are as they were", wasThere: true)
        case .behaviour(let before):
            guard world.isRunning() else {
                // It is in the memory of a process that is gone.
                return Result(text: "the carrier does not run", wasThere: false)
            }
            guard let answer = world.ask("PUT", "carrier", "/behaviour", Array(before.utf8)), answer.status == 200
            else {
                throw ChaosFault.noProcess("carrier")
            }
            return Result(text: "the carrier is as it was", wasThere: true)
        }
    }
}

/// Stopped processes of a cluster, known by its data folder: no status has to be asked for, so this works whoever sleeps.
enum Sleepers {
    static func wake(data: String) -> Int {
        var woken = 0
        for process in ProcessFiles.all() where process != ProcessFiles.ownNumber && isStopped(process) {
            guard belongs(process, to: data), kill(process, SIGCONT) == 0 else { continue }
            woken += 1
        }
        return woken
    }

    static func isStopped(_ process: Int32) -> Bool {
        guard let line = ProcessFiles.text("/proc/\(process)/stat"), let end = line.lastIndex(of: ")") else {
            return false
        }
        return line[line.index(after: end)...].split(separator: " ").first == "T"
    }

    /// Born for that folder, or told to use it.
    static func belongs(_ process: Int32, to data: String) -> Bool {
        func words(_ name: String) -> [Substring] {
            (ProcessFiles.text("/proc/\(process)/\(name)") ?? "").split(separator: "\0")
        }
        return words("environ").contains { $0 == "KINTSUGI_DATA=\(data)" } || words("cmdline").contains { $0 == data }
    }
}
