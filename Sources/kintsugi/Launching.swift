import CHost
import Contracts
import Glibc
import Host
import Signals

/// What `kintsugi up` hands to the guardian.
struct UpRequest: Equatable {
    let places: Places
    /// The folder of the configuration to run.
    var configuration: String
    let portOffset: Int
}

/// Starts the guardian as a process of its own, and waits until the cluster is ready.
struct Launching {
    let request: UpRequest
    let client: ControlClient

    /// Longer than any worker's own deadline for becoming ready.
    private static let patience = Duration.seconds(60)

    /// Comes back with the status of the ready cluster.
    func detached(progress: (ClusterStatus) -> Void) throws(Failure) -> ClusterStatus {
        let guardian = try start()
        let deadline = monotonicNow() + Self.patience
        while monotonicNow() < deadline {
            if let status = try? client.status() {
                progress(status)
                if status.slots.allSatisfy({ $0.state == "ready" }) && !status.slots.isEmpty { return status }
            }
            if try hasEnded(guardian, within: .milliseconds(50)) {
                throw Failure("the guardian ended at once; it says why in \(logPath)")
            }
        }
        throw Failure("not every worker is ready after \(Self.patience); see: kintsugi status")
    }

    private var logPath: String { "\(request.places.log)/guardian.log" }

    private func start() throws(Failure) -> Int32 {
        do { try request.places.create() } catch { throw Failure("\(error)", exit: ExitCode.unavailable) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, logPath, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A group of its own: the terminal's Ctrl-C and hang-up go to the group in its foreground.
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        let words = [
            "kintsugi", "up", "--data", request.places.data, "--config", request.configuration, "--port-offset",
            "\(request.portOffset)", "--unversioned",
        ]
        var arguments = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var process: pid_t = 0
        let code = posix_spawn(&process, "/proc/self/exe", &actions, &attributes, &arguments, host_environment())
        guard code == 0 else { throw Failure("the guardian could not be started: \(reason(code))") }
        return process
    }

    private func hasEnded(_ process: Int32, within time: Duration) throws(Failure) -> Bool {
        try wait(forEndOf: process, atMost: time)
    }
}

/// Whether a process, a child or any other, ended within the time.
func wait(forEndOf process: Int32, atMost time: Duration) throws(Failure) -> Bool {
    let descriptor = pidfd_open(process, 0)
    guard descriptor >= 0 else {
        if errno == ESRCH { return true }
        throw Failure("process \(process) cannot be watched: \(reason(errno))")
    }
    defer { close(descriptor) }
    var ended = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&ended, 1, milliseconds(time)) > 0
}
