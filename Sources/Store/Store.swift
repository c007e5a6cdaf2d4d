import CHost
import Contracts
import Glibc
import Signals
import Synchronization
import Threads

/// One SQLite file of one service: read by all its processes, written by the one that has the lease.
public final class Store: Sendable {
    let plan: StorePlan
    let shared: StoreShared
    let commands = Mutex<[String: CommandEntry]>([:])
    private static let laziness = Duration.milliseconds(20)
    private let isRingPlanned = Atomic<Bool>(false)
    private let writer: StoreThread
    private let readers: Readers
    private let keeper: LeaseKeeper
    private let forwarder: Forwarder

    /// Opens the file, and waits until this process is known to write it, or not to.
    ///
    /// What cannot get better by itself is thrown: a missing folder, migrations out of order. Anything else shows in
    /// `state`, and the store goes on trying.
    public static func open(_ plan: StorePlan) async throws -> Store {
        try Migrations.check(plan.migrations)
        let directory = folder(of: plan.file)
        try checkedFile(access(directory, X_OK), directory, "enter the folder")
        let store = Store(plan)
        for await state in store.states() where state != .opening { break }
        return store
    }

    private init(_ plan: StorePlan) {
        self.plan = plan
        let shared = StoreShared(plan)
        let writer = StoreThread(name: "store-write")
        self.shared = shared
        self.writer = writer
        readers = Readers(plan, shared.health)
        keeper = LeaseKeeper(file: plan.file, name: plan.holder, shared) { lease in
            writer.start { Writer(plan, shared, lease) }
        }
        forwarder = Forwarder(plan)
        keeper.start()
    }

    /// Finishes what waits, closes the file and gives the lease to the next.
    public func close() async {
        shared.queue.close(.closed(file: plan.file))
        await readers.close()
        if keeper.stop() { await writer.stop() }
        for part in shared.queue.take(.max) { part.fail(StoreError.closed(file: plan.file)) }
        shared.states.set(.closed)
    }

    /// Finishes what waits and gives the lease to the next, for good: from then on this process reads, and its writes go to
    /// whoever has the lease. So nobody waits for a writer that is leaving.
    public func handOver() async {
        shared.isHandingOver.store(true, ordering: .sequentiallyConsistent)
        guard keeper.stop() else { return }
        shared.states.set(.replica)
        shared.queue.close(.notTheWriter(file: plan.file))
        await writer.stop()
        for part in shared.queue.take(.max) { part.fail(StoreError.notTheWriter(file: plan.file)) }
    }

    // MARK: state

    /// Where the store stands now.
    public var state: StoreState { shared.states.current }
    /// The state now, and each that follows.
    public func states() -> AsyncStream<StoreState> { shared.states.stream() }
    /// What is wrong now.
    public var health: StoreHealth { shared.health.current }
    /// Writes that wait now.
    public var waitingWrites: Int { shared.queue.count }
    /// The path of the file.
    public var file: String { plan.file }

    // MARK: reading and writing

    /// Reads what is committed, all at one moment. Keep it short: the log cannot be emptied before it ends.
    public func read<Value: Sendable>(
        _ body: @escaping @Sendable (Connection) throws -> Value
    ) async throws -> Value {
        try await traced("read") { try await readers.read(body) }
    }

    /// Writes in one commit with whatever else waits, and returns once that is on disk. When `body` throws, it alone
    /// is undone. Only in the process that writes; elsewhere `register` a command.
    ///
    /// What is written `lazily` waits a little for another commit to go along with: a commit of its own costs as much
    /// as one of a hundred.
    @discardableResult
    public func write<Value: Sendable>(
        lazily: Bool = false, _ body: @escaping @Sendable (WriteContext) throws -> Value
    ) async throws -> Value {
        guard isWriter else { throw refusal }
        return try await traced("write") {
            try await withCheckedThrowingContinuation { continuation in
                let part = AwaitedPart(body, continuation)
                if let refusal = shared.queue.put(part) { part.fail(refusal) } else { lazily ? ringSoon() : ring() }
            }
        }
    }

    private func ring() { writer.ring() }

    private func ringSoon() {
        guard !isRingPlanned.exchange(true, ordering: .acquiringAndReleasing) else { return }
        Task {
            try? await Task.sleep(for: Self.laziness)
            isRingPlanned.store(false, ordering: .releasing)
            ring()
        }
    }

    /// A span for what a trace asked for, from the wish to its end on disk.
    private func traced<Value: Sendable>(_ name: String, _ body: () async throws -> Value) async throws -> Value {
        guard let parent = TraceContext.current else { return try await body() }
        return try await Tracer.standard.span(name, kind: .client, parent: parent) { span in
            span.set("db.system.name", "sqlite")
            span.set("db.namespace", .text(shared.name))
            return try await body()
        }
    }

    /// Whether this process has the lease, be it able to write now or not.
    var isWriter: Bool {
        switch state {
        case .writer: true
        case .failing: keeper.hasLease
        case .opening, .replica, .closed: false
        }
    }

    /// Why this process does not write.
    var refusal: StoreError {
        switch state {
        case .failing(let error): error
        case .closed: .closed(file: plan.file)
        case .opening, .replica, .writer: .notTheWriter(file: plan.file)
        }
    }

    func forward(_ write: ForwardedWrite) async throws -> [UInt8] {
        guard state != .closed else { throw StoreError.closed(file: plan.file) }
        return try await forwarder.perform(write, through: self)
    }
}

/// Gets the lease: at once, or as soon as the kernel frees it, on a thread that may wait.
final class LeaseKeeper: Sendable {
    private enum Phase { case waiting, held, stopped }

    private let file: String
    private let name: String
    private let shared: StoreShared
    private let granted: @Sendable (Lease) -> Void
    private let phase = Mutex(Phase.waiting)
    private let bell = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))

    init(file: String, name: String, _ shared: StoreShared, granted: @escaping @Sendable (Lease) -> Void) {
        self.file = file
        self.name = name
        self.shared = shared
        self.granted = granted
    }

    deinit { close(bell) }

    var hasLease: Bool { phase.withLock { $0 == .held } }

    func start() { NativeThread(name: "store-lease") { [self] in run() }.start() }

    /// Whether the lease was granted, so that there is a writer to stop. A thread that waits in the kernel is left
    /// there: should the lease come to it, it gives it back.
    func stop() -> Bool {
        _ = eventfd_write(bell, 1)
        return phase.withLock { phase in
            defer { phase = .stopped }
            return phase == .held
        }
    }

    private func run() {
        while phase.withLock({ $0 == .waiting }) {
            do {
                let lease = try obtain()
                let wanted = phase.withLock { phase in
                    guard phase == .waiting else { return false }
                    phase = .held
                    return true
                }
                if wanted { granted(lease) }
                return
            } catch {
                // The folder may become writable again: looked at each second, until the bell rings.
                shared.states.set(.failing(shared.health.refuse(error, file: file)))
                var interest = pollfd(fd: bell, events: Int16(POLLIN), revents: 0)
                poll(&interest, 1, 1_000)
            }
        }
    }

    private func obtain() throws -> Lease {
        do { return try Lease.take(of: file, as: name) } catch StoreError.leaseHeld {
            shared.states.set(.replica)
            return try Lease.wait(for: file, as: name)
        }
    }
}
