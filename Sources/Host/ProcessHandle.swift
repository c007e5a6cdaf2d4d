import CHost
public import Contracts
import Glibc

/// A process held by its pidfd, so that its number cannot come to mean another one.
public final class ProcessHandle: Sendable {
    public let pid: Int32
    /// Readable when the process has ended, also when it is not our child.
    public let descriptor: Descriptor

    public init(pid: Int32) throws(SystemFault) {
        self.pid = pid
        descriptor = Descriptor(owning: try checked(pidfd_open(pid, 0), "open a pidfd of process \(pid)"))
    }

    /// Sends a signal to this process alone; false when it has ended.
    @discardableResult
    public func send(_ signal: Int32) -> Bool { pidfd_send_signal(descriptor.number, signal, nil, 0) == 0 }

    /// Sends a signal to the group that this process leads. Only until it is reaped: as long as the leader is there,
    /// if only as a zombie, the group's number is not given to another.
    @discardableResult
    public func sendToGroup(_ signal: Int32) -> Bool { kill(-pid, signal) == 0 }

    /// Whether it has ended, without reaping it.
    public var hasEnded: Bool { Poll.wait([Poll.interest(descriptor.number)], until: 0)[0].revents != 0 }

    /// How our child ended, and nothing is left of it after that; nil while it lives.
    public func reap() throws(SystemFault) -> ProcessExit? {
        var how: Int32 = 0
        var status: Int32 = 0
        let found = try checked(host_reap(descriptor.number, &how, &status), "learn how process \(pid) ended")
        guard found == 1 else { return nil }
        return how == host_how_exited() ? .code(status) : .signal(status, core: how == host_how_dumped())
    }
}

/// What the kernel does for a process that looks after others.
public enum Kernel {
    /// Orphans of our descendants become our children from now on.
    public static func becomeSubreaper() throws(SystemFault) {
        try checked(host_become_subreaper(), "become the subreaper")
    }

    /// Reaps the ended children that `isKnown` does not know: orphans that came to us. One by one and by their
    /// numbers, so that the exit status of a child that is watched cannot be taken away. How many there were.
    public static func reapOrphans(except isKnown: (Int32) -> Bool) -> Int {
        var reaped = 0
        for pid in children() where !isKnown(pid) {
            var status: Int32 = 0
            if waitpid(pid, &status, WNOHANG) == pid { reaped += 1 }
        }
        return reaped
    }

    /// Kills all children that are left, and those whom their deaths make ours; for the very end. How many there were.
    public static func killOrphans() -> Int {
        var killed = 0
        // Each round may bring up the next generation; processes in the kernel's hands for longer are left to it.
        for _ in 1...8 {
            let left = children().compactMap { try? ProcessHandle(pid: $0) }
            guard !left.isEmpty else { break }
            for child in left {
                child.send(SIGKILL)
                if Poll.readable(child.descriptor.number, within: .seconds(1)), (try? child.reap()) != nil {
                    killed += 1
                }
            }
        }
        return killed
    }

    /// The children of this thread of the process; the guardian has but one.
    static func children() -> [Int32] {
        let own = getpid()
        if let list = ProcessFiles.text("/proc/\(own)/task/\(own)/children") {
            return list.split(separator: " ").compactMap { Int32($0) }
        }
        // A kernel without that list: look at everyone's parent.
        return ProcessFiles.all().filter { ProcessFiles.statistics($0)?.parent == own }
    }
}

/// Signals that are read from a descriptor instead of interrupting.
public struct SignalReader: Sendable {
    public let descriptor: Descriptor

    /// Blocks the signals in this thread, and so in every thread that it starts from now on.
    public init(_ signals: [Int32]) throws(SystemFault) {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
        let flags = Int32(SFD_CLOEXEC | SFD_NONBLOCK)
        descriptor = Descriptor(owning: try checked(signalfd(-1, &set, flags), "make a signalfd"))
    }

    /// The signals that have come since the last time, each with the pid of its sender.
    public func take() throws(SystemFault) -> [(signal: Int32, sender: Int32)] {
        var taken: [(signal: Int32, sender: Int32)] = []
        var info = signalfd_siginfo()
        while true {
            let size = MemoryLayout<signalfd_siginfo>.size
            guard Glibc.read(descriptor.number, &info, size) == size else {
                guard errno == EAGAIN || errno == EINTR else { throw SystemFault("read the signals") }
                return taken
            }
            taken.append((Int32(bitPattern: info.ssi_signo), Int32(bitPattern: info.ssi_pid)))
        }
    }
}
