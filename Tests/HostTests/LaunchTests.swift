import CHost
import Contracts
import Glibc
import Testing

@testable import Host

@Suite("Starting a process")
struct LaunchTests {
    @Test("it has exactly the descriptors it was given, whatever their numbers were here")
    func exactDescriptors() throws {
        let stray = try Descriptor.open("/dev/null", flags: O_RDONLY)
        // A descriptor that somebody forgot to mark close-on-exec.
        let careless = Descriptor(owning: dup(stray.number))
        let pipe = try Descriptor.pipe()
        let hold = try Descriptor.pipe()
        let high = Descriptor(owning: host_fcntl(stray.number, F_DUPFD_CLOEXEC, 40))
        // Above the careless one, which so lies between those that are given.
        let beyond = max(careless.number, 7) + 1
        let process = try Shell.start(
            "echo up; read line",
            [(0, hold.read), (1, pipe.write), (2, stray), (3, high), (7, stray), (beyond, stray)])
        #expect(try Shell.nextText(from: pipe.read) == "up\n")
        let numbers = ProcessFiles.entries("/proc/\(process.pid)/fd").compactMap { Int($0) }.sorted()
        #expect(numbers == [0, 1, 2, 3, 7, Int(beyond)])
        process.send(SIGKILL)
        #expect(try Shell.end(of: process) == .signal(SIGKILL, core: false))
        #expect(careless.number > 2)
    }

    @Test("two descriptors can change places")
    func swapped() throws {
        let first = try Descriptor.pipe()
        let second = try Descriptor.pipe()
        let process = try Shell.start(
            "echo one >/proc/self/fd/\(second.write.number); echo two >/proc/self/fd/\(first.write.number)",
            [(second.write.number, first.write), (first.write.number, second.write)])
        #expect(try Shell.end(of: process) == .code(0))
        #expect(try Shell.text(from: first.read) == "one\n")
        #expect(try Shell.text(from: second.read) == "two\n")
    }

    @Test("its environment is built, not inherited")
    func environment() throws {
        let lines = try Shell.output(of: "/usr/bin/env", environment: ["GREETING=hello world"])
        let names = Set(lines.split(separator: "\n").map { $0.prefix { $0 != "=" } })
        #expect(lines.contains("GREETING=hello world\n"))
        // PWD, SHLVL, OLDPWD and _ are the shell's own.
        #expect(names.isSubset(of: ["GREETING", "PATH", "PWD", "SHLVL", "OLDPWD", "_"]))
    }

    @Test("it dies of TERM although the thread that started it blocks every signal and ignores some")
    func cleanSignals() throws {
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        signal(SIGPIPE, SIG_IGN)
        let pipe = try Descriptor.pipe()
        let process = try Shell.start(
            "grep -E 'Sig(Blk|Ign)' /proc/self/status; read line", [(0, pipe.read), (1, pipe.write)])
        // The shell waits on a pipe that nobody writes to but grep, whose lines it does not need.
        process.send(SIGTERM)
        #expect(try Shell.end(of: process) == .signal(SIGTERM, core: false))
        let masks = try Shell.output(of: "grep -E 'Sig(Blk|Ign)' /proc/self/status").split(separator: "\n")
            .compactMap { UInt64($0.split(separator: "\t").last ?? "", radix: 16) }
        // Signals 32 and 33 are the C library's own; it has every child that it spawns ignore them.
        #expect(masks.map { $0 & ~0x1_8000_0000 } == [0, 0])
    }

    @Test("an executable that is not there is an error that names it, not a child that dies")
    func missing() {
        #expect(throws: SystemFault("start /nowhere/at/all", code: ENOENT)) {
            try Launch(executable: "/nowhere/at/all").start()
        }
    }
}

@Suite("The end of a process")
struct ProcessTests {
    @Test(
        "its exit status is exact",
        arguments: [
            ("exit 0", ProcessExit.code(0)), ("exit 78", .code(78)), ("kill -9 $$", .signal(9, core: false)),
            ("kill -15 $$", .signal(15, core: false)), ("ulimit -c 0; kill -6 $$", .signal(6, core: false)),
        ])
    func status(_ script: String, _ expected: ProcessExit) throws {
        let process = try Shell.start(script)
        #expect(try Shell.end(of: process) == expected)
    }

    @Test("a core dump is told")
    func core() throws {
        let folder = try TemporaryFolder()
        let process = try Shell.start("cd \(folder.path); ulimit -c unlimited || exit 9; kill -6 $$")
        let status = try Shell.end(of: process)
        // Where the hard limit forbids cores there is none to tell of.
        #expect(status == .signal(6, core: true) || status == .signal(6, core: false) || status == .code(9))
    }

    @Test("a living process has no exit status yet")
    func living() throws {
        let pipe = try Descriptor.pipe()
        let process = try Shell.start("read line", [(0, pipe.read)])
        #expect(try process.reap() == nil && !process.hasEnded)
        process.send(SIGKILL)
        #expect(try Shell.end(of: process) == .signal(SIGKILL, core: false))
        #expect(!process.send(SIGKILL))
    }

    @Test("the end of a process that is not our child is seen too")
    func stranger() throws {
        let output = try Descriptor.pipe()
        let hold = try Descriptor.pipe()
        // The middle one tells the pid of its child and waits, so that the child stays its child.
        let middle = try Shell.start("read line <&3 & echo $!; wait", [(1, output.write), (3, hold.read)])
        let pid = try #require(Int32(try Shell.nextText(from: output.read).dropLast()))
        let stranger = try ProcessHandle(pid: pid)
        #expect(!stranger.hasEnded)
        stranger.send(SIGKILL)
        #expect(Poll.readable(stranger.descriptor.number, within: Shell.patience))
        #expect(try Shell.end(of: middle) == .code(0))
    }

    @Test("a kill to the group takes grandchildren, and orphans come to the subreaper")
    func groupAndOrphans() throws {
        try Kernel.becomeSubreaper()
        let output = try Descriptor.pipe()
        let hold = try Descriptor.pipe()
        let parent = try Shell.start("(read line <&3) & echo $!; wait", [(1, output.write), (3, hold.read)])
        let pid = try #require(Int32(try Shell.nextText(from: output.read).dropLast()))
        let grandchild = try ProcessHandle(pid: pid)
        #expect(parent.sendToGroup(SIGKILL))
        #expect(Poll.readable(grandchild.descriptor.number, within: Shell.patience))
        #expect(try Shell.end(of: parent) == .signal(SIGKILL, core: false))
        // Its parent is gone, so it is ours to reap; the exit status says so.
        #expect(try grandchild.reap() == .signal(SIGKILL, core: false))
    }

    @Test("what a process uses is read, and nothing of one that is not there")
    func statistics() throws {
        let own = try #require(ProcessFiles.statistics(getpid()))
        #expect(own.memory > 1 << 20 && own.parent == getppid())
        #expect(ProcessFiles.statistics(-1) == nil)
        #expect(ProcessFiles.text("/proc/self/comm") == ProcessFiles.name(getpid()).map { "\($0)\n" })
    }
}
