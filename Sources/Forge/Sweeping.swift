import Glibc
import Host

/// What processes left behind that were killed in the midst of their work.
extension Repository {
    /// Longer than any command of ours may take: who still needed it would have been killed.
    static let staleAfter = Duration.seconds(60)

    /// Removes locks and indexes of processes that are gone, and says so; how many there were.
    ///
    /// Git writes no owner into a lock. So it must be old, and no git at all may be at work on this repository.
    @discardableResult
    func sweep(olderThan age: Duration = Repository.staleAfter) -> Int {
        let candidates = leftovers().filter { Leftover.age(of: $0).map { $0 >= age } ?? false }
        guard !candidates.isEmpty, !isAtWork else { return 0 }
        var removed = 0
        // Looked at again: it may have been taken anew while the processes were gone through.
        for file in candidates where Leftover.age(of: file).map({ $0 >= age }) ?? false {
            guard unlink(file) == 0 else { continue }
            removed += 1
            say("removed \(file), which a process left that is gone")
        }
        return removed
    }

    private func leftovers() -> [String] {
        let names = ProcessFiles.entries(path)
        let top = names.filter { $0.hasSuffix(".lock") || $0.hasPrefix(Self.indexPrefix) }.map { "\(path)/\($0)" }
        return (top + Leftover.locks(in: "\(path)/refs") + Leftover.locks(in: "\(path)/objects/info")).sorted()
    }

    /// Whether any git runs on this repository, be it of ours or of a person.
    private var isAtWork: Bool {
        ProcessFiles.all().contains { pid in
            guard ProcessFiles.name(pid)?.hasPrefix("git") == true else { return false }
            if let folder = ProcessFiles.link("/proc/\(pid)/cwd"), folder == path || folder.hasPrefix("\(path)/") {
                return true
            }
            // In the moment of its start both are empty; but who starts now does not own an old lock.
            return ["environ", "cmdline"].contains { ProcessFiles.text("/proc/\(pid)/\($0)")?.contains(path) == true }
        }
    }
}

enum Leftover {
    /// How long ago a file was changed; nil when it is not there.
    static func age(of path: String) -> Duration? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let seconds = now.tv_sec - status.st_mtim.tv_sec
        return .seconds(seconds) + .nanoseconds(now.tv_nsec - status.st_mtim.tv_nsec)
    }

    /// Removes a file, or a folder with all that is in it.
    static func clear(_ path: String) {
        if unlink(path) != 0 { TemporaryFolder.remove(path) }
    }

    /// All locks below a folder.
    static func locks(in folder: String) -> [String] {
        ProcessFiles.entries(folder).sorted().flatMap { name -> [String] in
            guard name != ".", name != ".." else { return [] }
            let path = "\(folder)/\(name)"
            if name.hasSuffix(".lock") { return [path] }
            var status = stat()
            guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return [] }
            return locks(in: path)
        }
    }

    /// Removes what carries the number of a process that is gone: `PREFIX` and then `PID.…`.
    static func remove(beginning prefix: String, in folder: String) -> [String] {
        ProcessFiles.entries(folder).sorted().compactMap { name in
            guard name.hasPrefix(prefix), let pid = Int32(name.dropFirst(prefix.count).prefix { $0 != "." }),
                access("/proc/\(pid)", F_OK) != 0
            else { return nil }
            clear("\(folder)/\(name)")
            return "\(folder)/\(name)"
        }
    }
}
