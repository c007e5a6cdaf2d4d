import Glibc
import Synchronization
import Threads

@testable import Store

/// A process of the test helper, whose output is read line by line.
final class Child: Sendable {
    let pid: pid_t
    private let output: Int32
    private let rest = Mutex<[UInt8]>([])

    init(_ arguments: String...) throws {
        var ends: [Int32] = [-1, -1]
        try checkedFile(pipe(&ends), "a pipe", "make")
        _ = fcntl(ends[0], F_SETFD, FD_CLOEXEC)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_addclose(&actions, ends[1])
        var words: [UnsafeMutablePointer<CChar>?] = ([Self.helper] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, Self.helper, &actions, nil, &words, environ)
        close(ends[1])
        guard code == 0 else { throw StoreError.file(path: Self.helper, doing: "start", code: code) }
        self.pid = pid
        output = ends[0]
    }

    deinit { close(output) }

    /// It is built beside the tests.
    private static var helper: String {
        var path = [CChar](repeating: 0, count: 4_096)
        let count = readlink("/proc/self/exe", &path, path.count - 1)
        let own = String(decoding: path.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return folder(of: own) + "/StoreHelper"
    }

    /// The next line, or nil at the end of the output or after 30 seconds.
    func line() async -> String? {
        await withCheckedContinuation { continuation in
            NativeThread(name: "child-line") { [self] in continuation.resume(returning: nextLine()) }.start()
        }
    }

    private func nextLine() -> String? {
        rest.withLock { rest in
            while true {
                if let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                    defer { rest.removeFirst(end + 1) }
                    return String(decoding: rest[..<end], as: UTF8.self)
                }
                var interest = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
                guard poll(&interest, 1, 30_000) == 1 else { return nil }
                var part = [UInt8](repeating: 0, count: 4_096)
                let count = read(output, &part, part.count)
                guard count > 0 else { return nil }
                rest += part[..<count]
            }
        }
    }

    func signal(_ number: Int32) { kill(pid, number) }

    /// Waits for its end: its exit code, or minus the signal.
    func end() async -> Int32 {
        await withCheckedContinuation { continuation in
            NativeThread(name: "child-end") { [pid] in
                var status: Int32 = 0
                waitpid(pid, &status, 0)
                continuation.resume(returning: status & 0x7F == 0 ? (status >> 8) & 0xFF : -(status & 0x7F))
            }.start()
        }
    }
}
