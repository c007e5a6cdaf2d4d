import Glibc
import Host

/// Shows the logs of a cluster: the last lines of all files, and then what is written to them.
struct LogFollower {
    let places: Places
    let role: String?
    private var tails: [LogTail] = []

    init(places: Places, role: String?) {
        self.places = places
        self.role = role
    }

    /// The last `count` records of all files together.
    mutating func last(_ count: Int) throws(Failure) -> [LogRecord] {
        try findFiles()
        guard !tails.isEmpty else {
            let whose = role.map { "of \($0) " } ?? ""
            throw Failure("no logs \(whose)in \(places.log)", exit: ExitCode.unavailable)
        }
        return merged(tails.indices.map { tails[$0].last(count) }).suffix(count)
    }

    /// Hands on what is written from now on; comes back only when `take` says false.
    mutating func follow(_ take: ([LogRecord]) -> Bool) throws(Failure) {
        let watch = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
        guard watch >= 0 else { throw Failure("cannot watch files: \(reason(errno))") }
        defer { close(watch) }
        let events = UInt32(IN_MODIFY | IN_CREATE | IN_MOVED_TO)
        guard inotify_add_watch(watch, places.log, events) >= 0 else {
            throw Failure("\(places.log): cannot be watched: \(reason(errno))")
        }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            // What came between the last reading and the watch is found before the first wait.
            try findFiles()
            let records = merged(tails.indices.map { tails[$0].new() })
            if !records.isEmpty && !take(records) { return }
            var ready = pollfd(fd: watch, events: Int16(POLLIN), revents: 0)
            // A folder may be watched whose file system tells nothing: look once a second in any case.
            if poll(&ready, 1, 1_000) > 0 { while read(watch, &buffer, buffer.count) > 0 {} }
        }
    }

    private mutating func findFiles() throws(Failure) {
        guard let folder = opendir(places.log) else {
            throw Failure("no logs: \(places.log): \(reason(errno))", exit: ExitCode.unavailable)
        }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(".log") { names.append(name) }
        }
        for name in names.sorted() {
            let tail = LogTail(path: "\(places.log)/\(name)")
            guard role == nil || tail.role == role, !tails.contains(where: { $0.path == tail.path }) else { continue }
            tails.append(tail)
        }
    }

    /// How wide the column of origins must be.
    var originWidth: Int { tails.map(\.origin.count).max() ?? 0 }
}
