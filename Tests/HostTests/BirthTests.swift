import CHost
import Contracts
import Glibc
import Testing

@testable import Host

@Suite("Birth")
struct BirthTests {
    /// A process that is born with the given script as its life, writing to `log`.
    struct Cradle {
        let folder: TemporaryFolder
        let key = ClusterKey.make()
        let lifeline: (read: Descriptor, write: Descriptor)
        var listeners: [(name: String, descriptor: Descriptor)] = []

        init() throws {
            folder = try TemporaryFolder()
            lifeline = try Descriptor.pipe()
        }

        var slot: SlotName {
            get throws { try #require(SlotName("orders@local.1")) }
        }

        func bear(_ script: String) throws -> Delivery.Newborn {
            let slot = try slot
            var delivery = Delivery(
                slot: slot, spawn: 17, secret: key.birthSecret(of: slot, spawn: 17), executable: "/bin/sh",
                surroundings: Surroundings(places: Places(data: folder.path), config: "/config", portOffset: 100))
            delivery.arguments = ["-c", script]
            delivery.environment = [("FLAVOUR", "tea"), ("TZ", "Asia/Tokyo")]
            delivery.listeners = listeners
            let log = try LogFile(path: "\(folder.path)/log").open()
            return try delivery.start(output: log, lifeline: lifeline.read)
        }

        var log: String { ProcessFiles.text("\(folder.path)/log") ?? "" }
    }

    @Test("a child finds its secret, its environment, and says once that it is ready")
    func contract() throws {
        let cradle = try Cradle()
        let script = """
            cat <&3; echo "$KINTSUGI_SLOT $KINTSUGI_SPAWN $KINTSUGI_DATA $KINTSUGI_RUN $KINTSUGI_CONFIG \
            $KINTSUGI_PORT_OFFSET [$KINTSUGI_LISTEN] $FLAVOUR $TZ $HOME"; echo ready >&4
            """
        let newborn = try cradle.bear(script)
        #expect(try Shell.nextText(from: newborn.readiness) == "ready\n")
        #expect(try Shell.end(of: newborn.process) == .code(0))
        let path = cradle.folder.path
        let secret = cradle.key.secret(of: try cradle.slot, spawn: 17)
        #expect(
            cradle.log == "\(secret)\norders@local.1 17 \(path) \(path)/run /config 100 [] tea Asia/Tokyo \(path)\n")
    }

    @Test("a child sees that the guardian is gone by the end of its lifeline")
    func lifeline() throws {
        let newborn: Delivery.Newborn
        do {
            let cradle = try Cradle()
            newborn = try cradle.bear("echo ready >&4; cat <&5; exit 5")
            #expect(try Shell.nextText(from: newborn.readiness) == "ready\n")
            #expect(!newborn.process.hasEnded)
        }
        #expect(try Shell.end(of: newborn.process) == .code(5))
    }

    @Test("a listening socket is inherited by name, and two children serve it")
    func inheritedSocket() throws {
        var cradle = try Cradle()
        let path = "\(cradle.folder.path)/socket"
        cradle.listeners = [("http", try UnixSocket.listen(at: path))]
        let program = """
            import os, socket
            name, number = os.environ["KINTSUGI_LISTEN"].split("=")
            listener = socket.socket(fileno=int(number)); listener.setblocking(True)
            os.write(4, b"ready\\n")
            connection, _ = listener.accept()
            connection.sendall(f"{name} {os.getpid()}".encode())
            """
        let children = try [1, 2].map { _ in try cradle.bear("exec python3 -c '\(program)'") }
        for child in children { #expect(try Shell.nextText(from: child.readiness) == "ready\n") }
        var answers: Set<String> = []
        for _ in children { answers.insert(try Shell.nextText(from: try UnixSocket.connect(to: path))) }
        #expect(answers == Set(children.map { "http \($0.process.pid)" }))
        for child in children { #expect(try Shell.end(of: child.process) == .code(0)) }
    }

    @Test("what a process reads of its birth is what its parent has prepared, and it hands none of it on")
    func roundTrip() throws {
        // Far above what other tests open at the same time.
        let first = Int32(clamping: sysconf(Int32(_SC_OPEN_MAX))) - 20
        let secret = try Descriptor.pipe()
        let ready = try Descriptor.pipe()
        let lifeline = try Descriptor.pipe()
        let key = ClusterKey.make()
        let slot = try #require(SlotName("orders@local.3"))
        var delivery = Delivery(
            slot: slot, spawn: 17, secret: key.secret(of: slot, spawn: 17), executable: "",
            surroundings: Surroundings(places: Places(data: "/data"), config: "/config", portOffset: 5))
        delivery.listeners = [("http", ready.read)]
        let variables = delivery.variables.map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
        func variable(_ name: String) -> String? {
            if name == "KINTSUGI_LISTEN" { return "http=\(first + 3)" }
            return variables.first { $0[0] == name }?.dropFirst().first
        }
        #expect(delivery.variables.contains("KINTSUGI_LISTEN=http=6"))
        _ = try secret.write.write("\(delivery.secret)\n".utf8)
        for (index, source) in [secret.read, ready.write, lifeline.read, lifeline.read].enumerated() {
            #expect(dup2(source.number, first + Int32(index)) >= 0)
        }
        let birth = try Birth.read(firstDescriptor: first, variable: variable)
        #expect(birth.slot == slot && birth.spawn == 17 && birth.portOffset == 5)
        #expect(birth.data == "/data" && birth.run == "/data/run" && birth.config == "/config")
        #expect(key.accepts(birth.secret, of: ClusterKey.user(slot, spawn: 17)))
        try birth.announceReady()
        #expect(try Shell.nextText(from: ready.read) == "ready\n")
        let http = try #require(birth.listener(named: "http"))
        #expect(host_fcntl(http.number, F_GETFD, 0) == FD_CLOEXEC && birth.listener(named: "other") == nil)
        #expect(host_fcntl(first, F_GETFD, 0) == -1)
    }

    @Test(
        "a birth that is not whole is told by the name of what is missing",
        arguments: [
            ("KINTSUGI_SLOT", "orders"), ("KINTSUGI_SPAWN", "many"), ("KINTSUGI_PORT_OFFSET", "x"),
        ])
    func broken(_ name: String, _ value: String) {
        let nowhere = Int32(clamping: sysconf(Int32(_SC_OPEN_MAX))) - 10
        do {
            _ = try Birth.read(firstDescriptor: nowhere) { asked in
                asked == name ? value : asked == "KINTSUGI_SLOT" ? "orders@local.1" : nil
            }
            Issue.record("expected an error")
        } catch {
            #expect("\(error)".contains(name) || "\(error)".contains("descriptor \(nowhere) (the secret) is not open"))
        }
    }

    @Test("a process started by hand is told so")
    func byHand() {
        unsetenv("KINTSUGI_SLOT")
        #expect(throws: BirthFault.self) { try Birth.read() }
        #expect("\(BirthFault.noBirth)".contains("kintsugi up"))
    }

    @Test("a secret is of one slot and one process, and the broker's is the key")
    func secrets() throws {
        let key = ClusterKey.make()
        let orders = try #require(SlotName("orders@local.1"))
        let broker = try #require(SlotName("broker@local.1"))
        let secret = key.secret(of: orders, spawn: 1)
        #expect(secret.utf8.count == 64 && ClusterKey(hex: secret) != nil)
        #expect(key.accepts(secret, of: ClusterKey.user(orders, spawn: 1)))
        #expect(
            !key.accepts(secret, of: ClusterKey.user(orders, spawn: 2))
                && !key.accepts(secret, of: ClusterKey.user(broker, spawn: 1)))
        #expect(!key.accepts("", of: ClusterKey.user(orders, spawn: 1)))
        #expect(ClusterKey(hex: key.birthSecret(of: broker, spawn: 1)) == key)
        #expect(ClusterKey(hex: "zz") == nil && ClusterKey.make() != key)
    }
}

@Suite("What a cluster keeps on its host")
struct KeepingTests {
    @Test("a port in use is told with its holder")
    func portInUse() throws {
        let first = try ListeningSocket(name: "http", address: "127.0.0.1", port: 0)
        #expect(first.port != 0)
        do {
            _ = try ListeningSocket(name: "http", address: "127.0.0.1", port: first.port)
            Issue.record("expected the port to be in use")
        } catch {
            #expect("\(error)".contains("process \(getpid()) ("))
            #expect("\(error)".contains("127.0.0.1 port \(first.port)"))
        }
    }

    @Test("IPv6 is listened on too, and a name is not an address")
    func addresses() throws {
        #expect(throws: ListenFault.self) { try ListeningSocket(name: "http", address: "localhost", port: 0) }
        if ProcessFiles.text("/proc/net/if_inet6")?.isEmpty == false {
            #expect(try ListeningSocket(name: "http", address: "::1", port: 0).port != 0)
        }
    }

    @Test("a unix socket is for this user alone, replaces what an earlier process left, and has a length limit")
    func unixSocket() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/control.sock"
        for _ in 1...2 {
            _ = try UnixSocket.listen(at: path)
            var status = stat()
            #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
        }
        let long = folder.path + "/" + String(repeating: "x", count: 100)
        #expect(throws: ListenFault.self) { try UnixSocket.listen(at: long) }
    }

    @Test("a folder's lock names its holder and is free when that is gone")
    func lock() throws {
        let folder = try TemporaryFolder()
        do {
            let lock = try FolderLock("\(folder.path)/guardian.lock")
            #expect(throws: FolderLock.Held.self) { try FolderLock("\(folder.path)/guardian.lock") }
            do { _ = try FolderLock("\(folder.path)/guardian.lock") } catch {
                #expect("\(error)".contains("process \(getpid())"))
            }
            withExtendedLifetime(lock) {}
        }
        _ = try FolderLock("\(folder.path)/guardian.lock")
    }

    @Test("a full log is rotated under a process that goes on writing, and few old ones are kept")
    func rotation() throws {
        let folder = try TemporaryFolder()
        let log = LogFile(path: "\(folder.path)/log", limit: 8, kept: 2)
        let writer = try log.open()
        #expect(try !log.rotateIfFull())
        for line in ["first line\n", "second line\n", "third line\n"] {
            _ = try writer.write(line.utf8)
            #expect(try log.rotateIfFull())
        }
        _ = try writer.write("new\n".utf8)
        #expect(ProcessFiles.text("\(folder.path)/log") == "new\n")
        #expect(ProcessFiles.text("\(folder.path)/log.1") == "third line\n")
        #expect(ProcessFiles.text("\(folder.path)/log.2") == "second line\n")
        #expect(ProcessFiles.text("\(folder.path)/log.3") == nil)
    }

    @Test("packets stay whole and in order, too large ones are refused, and the other end's absence is told")
    func packets() throws {
        let (left, right) = try PacketChannel.pair()
        for number in 1...5 { try left.send([number]) }
        for number in 1...5 { #expect(try right.receive([Int].self) == [number]) }
        #expect(try right.receive([Int].self) == nil)
        #expect(throws: PacketChannel.Fault.self) { try left.send(String(repeating: "x", count: 70_000)) }
        try left.send("not a number")
        #expect(throws: PacketChannel.Fault.self) { try right.receive([Int].self) }
        #expect(throws: PacketChannel.Fault.self) {
            for _ in 1...100_000 { try left.send("nobody reads this") }
        }
    }

    @Test("signals are read in their order with their sender instead of interrupting")
    func signals() throws {
        let reader = try SignalReader([SIGUSR1])
        #expect(try reader.take().isEmpty)
        pthread_kill(pthread_self(), SIGUSR1)
        let taken = try reader.take()
        #expect(taken.map(\.signal) == [SIGUSR1] && taken.map(\.sender) == [getpid()])
    }

    @Test("a bell stays readable until it is silenced, however often it rang")
    func bell() throws {
        let bell = try Descriptor.bell()
        #expect(Poll.wait([Poll.interest(bell.number)], until: 0)[0].revents == 0)
        for _ in 1...3 { bell.ring() }
        #expect(Poll.readable(bell.number, within: .seconds(1)))
        bell.silence()
        #expect(Poll.wait([Poll.interest(bell.number)], until: 0)[0].revents == 0)
    }
}
