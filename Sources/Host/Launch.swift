import CHost
import Glibc

/// How a process is started: exactly these arguments, this environment, these descriptors, and nothing inherited
/// besides. Its signal mask is empty, every signal has its default action, and it leads a group of its own.
public struct Launch {
    public var executable: String
    public var arguments: [String]
    public var environment: [String]
    /// The child's descriptors by their numbers there; all others are closed in it.
    public var descriptors: [(number: Int32, source: Descriptor)]

    public init(
        executable: String, arguments: [String] = [], environment: [String] = [],
        descriptors: [(number: Int32, source: Descriptor)] = []
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.descriptors = descriptors
    }

    /// Starts it. An executable that cannot be run is an error here, not a child that dies at once.
    public func start() throws(SystemFault) -> ProcessHandle {
        // Moved out of the way first: a source may have the number that another descriptor shall have in the child.
        let highest = descriptors.map(\.number).max() ?? -1
        var sources: [(number: Int32, source: Descriptor)] = []
        for (number, source) in descriptors {
            let copy = host_fcntl(source.number, F_DUPFD_CLOEXEC, highest + 1)
            sources.append((number, Descriptor(owning: try checked(copy, "copy descriptor \(source.number)"))))
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (number, source) in sources { posix_spawn_file_actions_adddup2(&actions, source.number, number) }
        // What lies between was not given either, and a library may have forgotten to mark it close-on-exec. What is not
        // open is passed over.
        for number in 0..<max(highest, 0) where !descriptors.contains(where: { $0.number == number }) {
            posix_spawn_file_actions_addclose(&actions, number)
        }
        _ = host_spawn_close_from(&actions, highest + 1)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        prepare(&attributes)

        var pid: pid_t = 0
        let code = withCStrings([executable] + arguments) { arguments in
            withCStrings(environment) { environment in
                posix_spawn(&pid, executable, &actions, &attributes, arguments, environment)
            }
        }
        guard code == 0 else { throw SystemFault("start \(executable)", code: code) }
        return try ProcessHandle(pid: pid)
    }

    private func prepare(_ attributes: inout posix_spawnattr_t) {
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF) | Int16(POSIX_SPAWN_SETPGROUP)
        posix_spawnattr_setflags(&attributes, flags)
    }
}

/// Lends a null-terminated array of C strings.
private func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
    pointers.append(nil)
    defer { for pointer in pointers { free(pointer) } }
    return pointers.withUnsafeBufferPointer { buffer in
        // Never nil: the array holds at least the terminator.
        buffer.baseAddress.map(body) ?? body([nil])
    }
}
