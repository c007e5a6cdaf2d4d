import Contracts
public import Delivery
import Glibc
public import Signals
import Synchronization

/// A message of the outbox on its way, with what its sender knows of its past.
public struct OutgoingMessage: Sendable {
    public let message: OutboxMessage
    public let created: WallTime
    public let attempts: Int
    public let deaths: Int

    public init(message: OutboxMessage, created: WallTime, attempts: Int, deaths: Int) {
        self.message = message
        self.created = created
        self.attempts = attempts
        self.deaths = deaths
    }
}

/// Delivers what the outbox holds: reads it, hands it to `send`, and writes down what became of it.
///
/// Isolates the relay's rules, `OutboxRelay`: one event after the other. It runs in the process that writes, from
/// when that has the lease until the store is closed.
public actor OutboxShell {
    /// Hands messages to a target and says how each ended, in their order.
    public typealias Send = @Sendable (_ target: String, _ messages: [OutgoingMessage]) async -> [OutboxRelay.Outcome]

    /// Hears of messages that were given up, once that is on disk.
    public typealias Alarm = @Sendable (_ target: String, _ reasons: [String]) -> Void

    private let store: Store
    private let send: Send
    private let alarm: Alarm
    private var rules: OutboxRelay
    private let news: AsyncStream<[String]>
    private let newsEnd: AsyncStream<[String]>.Continuation
    private var timer: Task<Void, Never>?
    private var timerDue = Moment.never
    private var loops: [Task<Void, Never>] = []

    init(
        _ store: Store, _ limits: OutboxRelay.Limits, seed: UInt64, alarm: @escaping Alarm, send: @escaping Send
    ) {
        self.store = store
        self.send = send
        self.alarm = alarm
        rules = OutboxRelay(limits: limits, seed: seed)
        // Which targets have news is merged by the rules; what is dropped here, the sweep finds.
        (news, newsEnd) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1_024))
    }

    /// Messages of the outbox in memory now.
    public var held: Int { rules.held }

    func start() {
        store.shared.onCommit { [newsEnd] targets in newsEnd.yield(targets) }
        loops = [
            Task { [weak self, news] in
                for await targets in news { await self?.handle(.committed(targets: targets)) }
            },
            Task { [weak self] in
                // The net under the commits, and what finds the rows of an earlier life.
                while !Task.isCancelled, let self {
                    await self.sweep()
                    try? await Task.sleep(for: .seconds(1))
                }
            },
        ]
    }

    /// Sends nothing more; what is under way may go again after the next start.
    public func stop() {
        newsEnd.finish()
        timer?.cancel()
        for loop in loops { loop.cancel() }
        loops = []
    }

    private func sweep() async {
        guard store.isWriter, let targets = try? await store.outboxTargets() else { return }
        handle(.sweep(targets: targets))
    }

    private func handle(_ event: OutboxRelay.Event) {
        guard store.isWriter else { return }
        for effect in rules.handle(event, now: .clock) { Task { await carryOut(effect) } }
        setTimer()
    }

    private func carryOut(_ effect: OutboxRelay.Effect) async {
        switch effect {
        case .load(let target, let after, let limit):
            guard let rows = try? await store.outboxRows(target, after: after, limit: limit) else {
                return handle(.unreadable(target: target))
            }
            handle(.loaded(target: target, rows: rows, limit: limit))
        case .send(let target, let seqs): await deliver(target, seqs)
        case .settle(let target, let verdicts):
            do {
                try await store.settleOutbox(target, verdicts)
                let reasons = verdicts.compactMap { decided in
                    if case .dead(_, _, let reason) = decided.verdict { reason } else { nil }
                }
                if !reasons.isEmpty { alarm(target, reasons) }
                handle(.settled(target: target, verdicts: verdicts))
            } catch {
                handle(.unsettled(target: target, seqs: verdicts.map(\.seq)))
            }
        }
    }

    private func deliver(_ target: String, _ seqs: [Int64]) async {
        var outcomes: [OutboxRelay.SentMessage] = []
        do {
            let messages = try await store.outboxMessages(target, seqs)
            let ends = await send(target, messages.map(\.1))
            for (index, seq) in messages.map(\.0).enumerated() {
                let end = index < ends.count ? ends[index] : .unavailable("no outcome was given for it")
                outcomes.append(.init(seq, end))
            }
            // What is not in the table any more needs nothing.
            let found = Set(messages.map(\.0))
            outcomes += seqs.filter { !found.contains($0) }.map { .init($0, .answered) }
        } catch {
            outcomes = seqs.map { .init($0, .unavailable("\(error)")) }
        }
        handle(.sent(target: target, outcomes: outcomes))
    }

    private func setTimer() {
        let due = rules.due
        guard due != timerDue else { return }
        timerDue = due
        timer?.cancel()
        guard due != .never else { return }
        timer = Task { [weak self] in
            try? await Task.sleep(for: due.since(.clock))
            if !Task.isCancelled { await self?.tick() }
        }
    }

    private func tick() {
        timerDue = .never
        handle(.tick)
    }
}

extension Connection {
    func outboxTargets() throws -> [String] {
        var targets: [String] = []
        let sql = "SELECT target FROM outbox WHERE target > ? ORDER BY target LIMIT 1"
        while let next = try first(sql, targets.last ?? "", read: { try $0.value(0, as: String.self) }) {
            targets.append(next)
        }
        return targets
    }
}

extension Store {
    /// Starts to deliver what the outbox holds, whenever this process is the one that writes.
    public func relay(
        limits: OutboxRelay.Limits = OutboxRelay.Limits(), seed: UInt64 = .random(in: 0 ... .max),
        alarm: @escaping OutboxShell.Alarm = { _, _ in }, send: @escaping OutboxShell.Send
    ) async -> OutboxShell {
        let shell = OutboxShell(self, limits, seed: seed, alarm: alarm, send: send)
        await shell.start()
        return shell
    }

    /// How many messages wait in the outbox.
    public func outboxCount() async throws -> Int {
        try await read { try $0.first("SELECT count(*) FROM outbox") { try $0.value(0) } ?? 0 }
    }

    /// The targets that messages wait for: one look into the index for each.
    func outboxTargets() async throws -> [String] {
        try await read { try $0.outboxTargets() }
    }

    func outboxRows(_ target: String, after: Int64, limit: Int) async throws -> [OutboxRelay.Row] {
        let (wall, now) = (WallTime.now.nanoseconds, Moment.clock)
        return try await read { connection in
            try connection.all(
                """
                SELECT seq, key, attempts, deaths, next_attempt FROM outbox WHERE target = ? AND seq > ?
                ORDER BY seq LIMIT ?
                """, target, after, limit
            ) { row in
                // Kept as wall time, which outlives a reboot; a clock that was set back makes nobody wait for ever.
                let wait = min(try row.value(4, as: Int64.self) - wall, .seconds(3_600))
                return OutboxRelay.Row(
                    seq: try row.value(0), key: try row.value(1), attempts: try row.value(2), deaths: try row.value(3),
                    notBefore: wait > 0 ? now.adding(wait) : .zero)
            }
        }
    }

    func outboxMessages(_ target: String, _ seqs: [Int64]) async throws -> [(Int64, OutgoingMessage)] {
        try await read { connection in
            try seqs.compactMap { seq in
                try connection.first(
                    """
                    SELECT id, type, key, body, trace, created, attempts, deaths FROM outbox
                    WHERE target = ? AND seq = ?
                    """, target, seq
                ) { row in
                    let message = OutboxMessage(
                        target: target, type: try row.value(1), key: try row.value(2), body: try row.value(3),
                        id: try row.value(0),
                        trace: try row.value(4, as: String?.self).flatMap { TraceContext(traceparent: $0) })
                    return (
                        seq,
                        OutgoingMessage(
                            message: message, created: WallTime(nanoseconds: try row.value(5)),
                            attempts: try row.value(6), deaths: try row.value(7))
                    )
                }
            }
        }
    }

    func settleOutbox(_ target: String, _ verdicts: [OutboxRelay.DecidedMessage]) async throws {
        let now = Moment.clock
        try await write { context in
            for decided in verdicts {
                switch decided.verdict {
                case .done: try context.run("DELETE FROM outbox WHERE target = ? AND seq = ?", target, decided.seq)
                case .again(let attempts, let deaths, let notBefore, let reason):
                    let next = context.now.nanoseconds + max(0, notBefore.nanoseconds(since: now))
                    try context.run(
                        """
                        UPDATE outbox SET attempts = ?, deaths = ?, next_attempt = ?, last_error = ?
                        WHERE target = ? AND seq = ?
                        """, attempts, deaths, next, reason, target, decided.seq)
                case .dead(let attempts, let deaths, let reason):
                    try context.bury(target, decided.seq, attempts, deaths, reason)
                }
            }
        }
    }
}
