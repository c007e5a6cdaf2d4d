import Glibc
import Synchronization

/// A process's log: one JSON object a line, each written by one write(2), so that lines of many processes that append
/// to one file never mix.
public final class Log: Sendable {
    /// The log of this process, on its standard error.
    public static let standard = Log(descriptor: STDERR_FILENO)

    private struct State {
        var identity: Identity
        var limiter: Limiter
        var tallies = LogTallies()
    }

    private let descriptor: Int32
    private let state: Mutex<State>
    private let least: Atomic<Int>
    private let lost = Atomic<Int>(0)

    /// A log that writes to `descriptor`, which stays the caller's to close.
    public init(descriptor: Int32, level: LogLevel = .info, limitPeriod: Duration = .seconds(60)) {
        self.descriptor = descriptor
        self.state = Mutex(State(identity: Identity(role: "?", pid: getpid()), limiter: Limiter(period: limitPeriod)))
        self.least = Atomic(level.rank)
    }

    /// Says who speaks from now on.
    public func identify(role: String, slot: Int? = nil, incarnation: UInt64? = nil) {
        state.withLock { $0.identity = Identity(role: role, slot: slot, incarnation: incarnation, pid: getpid()) }
    }

    /// Lines below this level are not written.
    public func setLevel(_ level: LogLevel) {
        least.store(level.rank, ordering: .relaxed)
    }

    /// Whether a line of this level would be written: ask before preparing costly fields.
    public func writes(_ level: LogLevel) -> Bool {
        level.rank >= least.load(ordering: .relaxed)
    }

    /// Lines that the descriptor did not take since the process began.
    public var lostLines: Int { lost.load(ordering: .relaxed) }

    /// Writes one line, if its level is wanted.
    public func write(_ level: LogLevel, _ message: String, _ fields: KeyValuePairs<String, Field> = [:]) {
        guard writes(level) else { return }
        let (time, trace) = (WallTime.now, TraceContext.current)
        let identity = state.withLock { state in
            state.tallies.count(level, message, fields, at: time, trace: trace)
            return state.identity
        }
        emit(LogLine.encode(at: time, level, message, fields, identity: identity, trace: trace))
    }

    /// What was written since the last time, by kind.
    public func takeTallies() -> [LogTally] { state.withLock { $0.tallies.take() } }

    public func debug(_ message: @autoclosure () -> String, _ fields: KeyValuePairs<String, Field> = [:]) {
        if writes(.debug) { write(.debug, message(), fields) }
    }
    public func info(_ message: String, _ fields: KeyValuePairs<String, Field> = [:]) {
        write(.info, message, fields)
    }
    public func warning(_ message: String, _ fields: KeyValuePairs<String, Field> = [:]) {
        write(.warning, message, fields)
    }
    public func error(_ message: String, _ fields: KeyValuePairs<String, Field> = [:]) {
        write(.error, message, fields)
    }

    /// Writes at most one line of a kind per minute, for what a peer can cause as often as it likes.
    ///
    /// The others are counted, and told with the next line of the kind or by `tellLeftOut`.
    public func limited(
        _ kind: String, _ level: LogLevel, _ message: String, _ fields: KeyValuePairs<String, Field> = [:],
        now: Duration = monotonicNow()
    ) {
        guard writes(level) else { return }
        guard case .pass(let leftOut) = state.withLock({ $0.limiter.ask(kind, now: now) }) else { return }
        write(level, message, fields)
        if leftOut > 0 { tell(kind, leftOut) }
    }

    /// Tells what `limited` left out and no line has told yet; call it now and then, and with `all` before the end.
    public func tellLeftOut(now: Duration = monotonicNow(), all: Bool = false) {
        for (kind, leftOut) in state.withLock({ $0.limiter.untold(now: now, all: all) }) { tell(kind, leftOut) }
    }

    private func tell(_ kind: String, _ leftOut: Int) {
        write(.warning, "lines of one kind were left out", ["kind": .text(kind), "left_out": .integer(leftOut)])
    }

    private func emit(_ line: [UInt8]) {
        line.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count > 0 {
                    rest = rest.dropFirst(count)
                } else if errno != EINTR {
                    // A log that nobody takes must not stop the work: the line is lost, and counted.
                    lost.add(1, ordering: .relaxed)
                    return
                }
            }
        }
    }
}
