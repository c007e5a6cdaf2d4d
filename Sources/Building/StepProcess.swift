import Contracts
import Glibc
import Host
import Remedies
import Signals
import Threads

/// One command of the pipeline as a child process.
public struct StepOrder: Sendable {
    /// For `/bin/sh -c`.
    public var command: String
    /// Where it begins.
    public var folder: String
    /// `NAME=value`; its whole environment.
    public var environment: [String]
    public var within: Duration
    /// Where what it prints is written.
    public var log: String
    /// The variable that marks it and all that it starts.
    public var mark: String

    public init(
        _ command: String, in folder: String, environment: [String], within: Duration, log: String, mark: String
    ) {
        self.command = command
        self.folder = folder
        self.environment = environment
        self.within = within
        self.log = log
        self.mark = mark
    }
}

/// How it ended.
public enum StepEnd: Sendable, Equatable {
    /// `said` is what it printed, as far as it tells why.
    case ended(status: Int32, said: [String])
    /// It was killed, with all that it started.
    case late
    case impossible(String)
}

/// Runs commands: in a group of their own, at a low priority, until a deadline.
public enum StepProcess {
    /// A log holds so much at most; its end is kept in any case.
    static let mostBytes = 4 << 20
    private static let tail = 64 << 10

    /// Goes into the folder, gives way to the cluster's own processes, and becomes the command.
    private static let wrapper = """
        cd "$1" || exit 126
        if command -v nice >/dev/null 2>&1; then exec nice -n 10 /bin/sh -c "$2"; fi
        exec /bin/sh -c "$2"
        """

    /// Runs one, on a thread of its own.
    public static func run(_ order: StepOrder) async -> StepEnd {
        await withCheckedContinuation { continuation in
            NativeThread(name: "pipeline") { continuation.resume(returning: runHere(order)) }.start()
        }
    }

    /// Kills every process of a pipeline that is left, such as those of an agent that died; how many there were.
    public static func killStrays(_ mark: String) -> Int {
        var killed = 0
        // Who is killed may have started another one in that moment.
        for _ in 1...20 {
            let found = ProcessFiles.all().filter { pid in
                pid != getpid() && isMarked(pid, mark)
            }.compactMap { try? ProcessHandle(pid: $0) }
            // Looked at again: the number may have come to mean another one before the handle was there.
            let strays = found.filter { isMarked($0.pid, mark) && !$0.hasEnded }
            guard !strays.isEmpty else { break }
            for stray in strays where stray.send(SIGKILL) { killed += 1 }
            for stray in strays { _ = Poll.readable(stray.descriptor.number, within: .seconds(2)) }
        }
        return killed
    }

    private static func isMarked(_ pid: Int32, _ mark: String) -> Bool {
        ProcessFiles.bytes("/proc/\(pid)/environ")?.split(separator: 0).contains { $0.elementsEqual(mark.utf8) }
            ?? false
    }

    private static func runHere(_ order: StepOrder) -> StepEnd {
        do throws(SystemFault) {
            let output = try Descriptor.pipe()
            try output.read.setNonBlocking()
            var log = try StepLog(order.log, most: mostBytes, tail: tail)
            let nothing = try Descriptor.open("/dev/null", flags: O_RDONLY)
            let process = try Launch(
                executable: "/bin/sh", arguments: ["-c", wrapper, "sh", order.folder, order.command],
                environment: order.environment + [order.mark],
                descriptors: [(0, nothing), (1, output.write), (2, output.write)]
            ).start()
            let deadline = MonotonicClock.now() + UInt64(max(0, order.within.wholeNanoseconds))
            while !process.hasEnded, MonotonicClock.now() < deadline {
                var awaited = [Poll.interest(process.descriptor.number)]
                if log.isOpen { awaited.append(Poll.interest(output.read.number)) }
                _ = Poll.wait(awaited, until: deadline)
                try log.take(from: output.read)
            }
            let isLate = !process.hasEnded
            // Its group's number is its own until it is reaped.
            process.sendToGroup(SIGKILL)
            _ = Poll.readable(process.descriptor.number, within: .seconds(5))
            let exit = try process.reap()
            _ = killStrays(order.mark)
            try log.take(from: output.read)
            try log.close(late: isLate)
            if isLate { return .late }
            return .ended(status: status(exit), said: log.said)
        } catch {
            return .impossible(
                error.code == ENOSPC || error.code == EDQUOT
                    ? "the disk is full: could not \(error.doing): free some space, then try again" : "\(error)")
        }
    }

    /// As shells have it: 128 and the signal's number for who was killed.
    private static func status(_ exit: ProcessExit?) -> Int32 {
        switch exit {
        case .code(let code): code
        case .signal(let signal, core: _): 128 + signal
        case nil: 128
        }
    }
}
