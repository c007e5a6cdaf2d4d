import CHost
import CMicroHTTPD
import Contracts
import Glibc
import Signals

/// The server's thread: it accepts connections, runs the library, hands requests over and sends what comes back.
/// Everything here runs on that one thread.
final class ServerLoop {
    private enum Source {
        static let library: UInt32 = 0
        static let bell: UInt32 = 1
        static let listener: UInt32 = 2
    }

    /// How many connections are taken before the others are looked at: few, so that replicas that share a socket share
    /// its connections too.
    private static let acceptsAtOnce = 2

    let plan: ServerPlan
    let limits: ServerLimits
    let mailbox: Mailbox
    let performer: Performer
    var admission: Admission
    var signals: ServerSignals
    var peers: [Peer] = []
    var inHand: [Exchange] = []
    /// Bytes of all bodies.
    var held = 0
    var drain: Drain?
    var daemon: OpaquePointer?

    private let set: Int32
    private let listener: Int32
    private var isListening = false
    private var isResting = false
    private var isStopped = false
    private var lastSweep = Moment.zero
    private var letters: [Mailbox.Letter] = []
    private var waitingForEnd: [CheckedContinuation<Void, Never>] = []

    init(
        _ plan: ServerPlan, _ table: RouteTable, listener: Int32, _ mailbox: Mailbox, _ performer: Performer,
        _ metrics: Metrics
    ) {
        self.plan = plan
        limits = plan.limits
        self.mailbox = mailbox
        self.performer = performer
        self.listener = listener
        admission = Admission(
            table, plan.keys, sessions: plan.sessions, bodyLimit: plan.limits.bodyBytes, now: Self.now())
        signals = ServerSignals(metrics, table.routes)
        set = web_set()
    }

    static func now() -> Moment {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Moment(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
    }

    /// Makes the library ready; what it refused, if it did.
    func open() -> ServerFault? {
        guard let daemon = startDaemon() else {
            Glibc.close(set)
            return .libraryRefused(plan.encryption == nil ? "to start" : "the certificate or its key")
        }
        guard web_watch(set, web_epoll(daemon), Source.library, 0, 0) == 0,
            web_watch(set, mailbox.bell, Source.bell, 0, 1) == 0, listen()
        else {
            let why = String(cString: strerror(errno))
            MHD_stop_daemon(daemon)
            Glibc.close(set)
            return .libraryRefused("the listening socket: \(why)")
        }
        self.daemon = daemon
        return nil
    }

    private func listen() -> Bool {
        isListening = web_watch(set, listener, Source.listener, 1, 0) == 0
        return isListening
    }

    /// Serves until it is told to stop.
    func run() {
        while !isStopped {
            let pause = pause()
            let ready = web_wait(set, pause)
            // Without a pause the library has work that no event will tell of.
            var hasWork = pause == 0 || ready & (1 << Source.library) != 0
            if ready & (1 << Source.listener) != 0 { hasWork = accept() || hasWork }
            hasWork = readLetters() || hasWork
            if hasWork { turn() }
            let now = Self.now()
            if now.nanoseconds(since: lastSweep) >= (drain == nil ? .milliseconds(1_000) : .milliseconds(20)) {
                lastSweep = now
                sweep(now)
                turn()
            }
        }
        close()
    }

    /// How long to sleep, in milliseconds.
    private func pause() -> Int32 {
        guard mailbox.sleeps(), let daemon else { return 0 }
        var left: UInt64 = 0
        if MHD_get_timeout(daemon, &left) == web_yes(), left == 0 { return 0 }
        return drain == nil ? 1_000 : 20
    }

    /// Lets the library do what there is to do; what it has sent may be followed by what it can read at once.
    private func turn() {
        guard let daemon else { return }
        for _ in 0..<4 {
            MHD_run(daemon)
            var left: UInt64 = 0
            guard MHD_get_timeout(daemon, &left) == web_yes(), left == 0 else { return }
        }
    }

    // MARK: - Connections

    private func accept() -> Bool {
        guard let daemon, isListening else { return false }
        for _ in 0..<Self.acceptsAtOnce {
            if peers.count >= limits.connections { makeRoom() }
            guard peers.count < limits.connections else {
                rest()
                break
            }
            let result = web_accept(daemon, listener)
            if result < 0 {
                signals.refused("connection")
                makeRoom()
                rest()
            }
            guard result > 0 else { break }
        }
        return true
    }

    /// No room, no descriptor or no memory: others may take what waits, and here it is looked at again at the next sweep
    /// instead of at once and for ever.
    private func rest() {
        stopListening()
        isResting = true
    }

    func listenAgain() {
        guard isResting, drain == nil else { return }
        isResting = !listen()
    }

    /// Ends the connection that has been idle longest.
    private func makeRoom() {
        var oldest: Peer?
        for peer in peers {
            if case .waiting = peer.phase, oldest.map({ peer.since < $0.since }) ?? true { oldest = peer }
        }
        guard let oldest else { return }
        signals.refused("idle connection for another")
        cut(oldest)
        turn()
    }

    /// Ends a connection; the library sees it and cleans up.
    func cut(_ peer: Peer) { shutdown(peer.socket, Int32(SHUT_RDWR)) }

    func stopListening() {
        guard isListening else { return }
        isListening = false
        web_forget(set, listener)
    }

    // MARK: - Letters

    private func readLetters() -> Bool {
        mailbox.take(&letters)
        guard !letters.isEmpty else { return false }
        for letter in letters { read(letter) }
        letters.removeAll(keepingCapacity: true)
        return true
    }

    private func read(_ letter: Mailbox.Letter) {
        switch letter {
        case .answer(let exchange, let answer): send(answer, for: exchange)
        case .feed(let feed): wake(feed)
        case .drain(let duration, let continuation):
            waitingForEnd.append(continuation)
            beginDrain(within: duration)
        case .stop(let continuation):
            if let continuation { waitingForEnd.append(continuation) }
            stop()
        }
    }

    /// Leaves the loop at the end of this round.
    func stop() { isStopped = true }

    /// Everything that is still open ends; the library wants nothing suspended then.
    private func close() {
        stopListening()
        abandonAll()
        turn()
        mailbox.close(&letters)
        for letter in letters {
            switch letter {
            case .answer(_, let answer): MHD_destroy_response(answer.response)
            case .feed: continue
            case .drain(_, let continuation): waitingForEnd.append(continuation)
            case .stop(let continuation): if let continuation { waitingForEnd.append(continuation) }
            }
        }
        if let daemon { MHD_stop_daemon(daemon) }
        daemon = nil
        Glibc.close(set)
        for continuation in waitingForEnd { continuation.resume() }
    }
}
