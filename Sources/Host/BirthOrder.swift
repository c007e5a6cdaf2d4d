public import Contracts
import Glibc

/// Where the processes of one cluster find their things, and by how much their ports are shifted.
public struct Surroundings: Sendable, Equatable {
    public let places: Places
    /// The immutable configuration that the workers read; empty when there is none.
    public var config: String
    public var portOffset: Int

    public init(places: Places, config: String = "", portOffset: Int = 0) {
        self.places = places
        self.config = config
        self.portOffset = portOffset
    }

    public func logFile(of slot: SlotName) -> LogFile {
        LogFile(path: "\(places.log)/\(slot.role).\(slot.number).log")
    }
}

/// The parent's side of a birth: everything that `Birth.read` finds in the child.
public struct BirthOrder {
    public var slot: SlotName
    public var spawn: UInt64
    public var secret: String
    public var executable: String
    public var arguments: [String] = []
    /// Beyond what every process gets; it wins over that.
    public var environment: [(name: String, value: String)] = []
    /// Descriptors by name, the listening sockets above all; the child gets them from `firstListener` on.
    public var listeners: [(name: String, descriptor: Descriptor)] = []
    public var surroundings: Surroundings

    public init(slot: SlotName, spawn: UInt64, secret: String, executable: String, surroundings: Surroundings) {
        self.slot = slot
        self.spawn = spawn
        self.secret = secret
        self.executable = executable
        self.surroundings = surroundings
    }

    /// A new process, and the pipe on which it says that it is ready.
    public struct Newborn {
        public let process: ProcessHandle
        public let readiness: Descriptor
    }

    /// Starts the process; `output` becomes its stdout and stderr.
    public func start(output: Descriptor, lifeline: Descriptor) throws -> Newborn {
        let birth = try Descriptor.pipe()
        // 65 bytes into an empty pipe: the kernel takes them at once and whole.
        _ = try birth.write.write("\(secret)\n".utf8)
        let ready = try Descriptor.pipe()
        try ready.read.setNonBlocking()
        var launch = Launch(executable: executable, arguments: arguments, environment: variables)
        launch.descriptors = [
            (0, try Descriptor.open("/dev/null", flags: O_RDONLY)), (1, output), (2, output),
            (BirthDescriptor.secret, birth.read), (BirthDescriptor.readiness, ready.write),
            (BirthDescriptor.lifeline, lifeline),
        ]
        for (index, listener) in listeners.enumerated() {
            launch.descriptors.append((BirthDescriptor.firstListener + Int32(index), listener.descriptor))
        }
        return Newborn(process: try launch.start(), readiness: ready.read)
    }

    /// The child's whole environment: built, not inherited, so that two starts are alike.
    var variables: [String] {
        let listen = listeners.enumerated()
            .map { "\($1.name)=\(BirthDescriptor.firstListener + Int32($0))" }.joined(separator: ",")
        var pairs: [(name: String, value: String)] = [
            ("PATH", getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"),
            ("HOME", surroundings.places.data), ("TZ", "UTC"), ("LANG", "C.UTF-8"),
            // A trace on stderr within seconds; then the process must be gone, it is waited for.
            (
                "SWIFT_BACKTRACE",
                "enable=yes,timeout=5s,interactive=no,color=no,output-to=stderr,threads=crashed,symbolicate=fast"
            ),
            ("KINTSUGI_SLOT", "\(slot)"), ("KINTSUGI_SPAWN", "\(spawn)"), ("KINTSUGI_DATA", surroundings.places.data),
            ("KINTSUGI_RUN", surroundings.places.run), ("KINTSUGI_CONFIG", surroundings.config),
            ("KINTSUGI_PORT_OFFSET", "\(surroundings.portOffset)"), ("KINTSUGI_LISTEN", listen),
        ]
        for (name, value) in environment {
            pairs.removeAll { $0.name == name }
            pairs.append((name, value))
        }
        return pairs.map { "\($0.name)=\($0.value)" }
    }
}
