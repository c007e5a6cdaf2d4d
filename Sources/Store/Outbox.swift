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

    /// How long the news of a target is gathered, so that what comes together leaves together.
    public typealias Gathering = @Sendable (_ target: String) -> Duration
    /// Hears of messages that were given up, once that is on disk.
    public typealias Alarm = @Sendable (_ target: String, _ reasons: [String]) -> Void

    private let store: Store
    private let send: Send
    private let alarm: Alarm
    private let gathering: Gathering
    /// The messages that the rules hold, by target and place: read once, sent as often as it takes.
    private var messages: [String: [Int64: OutgoingMessage]] = [:]
    /// What was read up to there, and put aside since, is not kept.
    private var drainedTo: [String: Int64] = [:]
    /// Targets with news that is being gathered.
    private var gathered: [String] = []
    private var rules: OutboxRelay
    private let news: AsyncStream<[String]>
    private let newsEnd: AsyncStream<[String]>.Continuation
    private var timer: Task<Void, Never>?
    private var timerDue = Moment.never
    private var loops: [Task<Void, Never>] = []

    init(
        _ store: Store, _ limits: OutboxRelay.Limits, seed: UInt64, held: [String], gathering: @escaping Gathering,
        alarm: @escaping Alarm, send: @escaping Send
    ) {
        self.store = store
        self.gathering = gathering
        self.send = send
        self.alarm = alarm
        var rules = OutboxRelay(limits: limits, seed: seed)
        _ = rules.handle(.held(targets: held), now: .clock)
        self.rules = rules
        // Which targets have news is merged by the rules; what is dropped here, the sweep finds.
        (news, newsEnd) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1_024))
    }

    /// Messages of the outbox in memory now.
    public var held: Int { rules.held }

    func start() {
        store.shared.onCommit { [newsEnd] targets in newsEnd.yield(targets) }
        store.shared.onDrain { [weak self] target, seq in Task { await self?.drained(target, upTo: seq) } }
        loops = [
            Task { [weak self, news] in
                for await targets in news { await self?.gather(targets) }
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

    private func gather(_ targets: [String]) {
        for target in targets where !gathered.contains(target) {
            gathered.append(target)
            Task { [weak self, wait = gathering(target)] in
                try? await Task.sleep(for: wait)
                await self?.tell(target)
            }
        }
    }

    /// Sends nothing more to these targets, and to all others again. What is under way comes to its end.
    public func hold(_ targets: [String]) {
        // Not only in the process that writes: who takes over must not send what is held before it is told again.
        for effect in rules.handle(.held(targets: targets), now: .clock) { Task { await carryOut(effect) } }
        setTimer()
    }

    private func drained(_ target: String, upTo seq: Int64) {
        drainedTo[target] = seq
        handle(.drained(target: target, upTo: seq))
        messages[target] = messages[target]?.filter { rules.holds($0.key, target) }
    }

    private func tell(_ target: String) {
        gathered.removeAll { $0 == target }
        handle(.committed(targets: [target]))
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
            guard let found = try? await store.outboxMessages(target, after: after, limit: limit) else {
                return handle(.unreadable(target: target))
            }
            let drained = drainedTo[target] ?? .min
            for (row, message) in found where row.seq > drained { messages[target, default: [:]][row.seq] = message }
            handle(.loaded(target: target, rows: found.map(\.0), limit: limit))
        case .send(let target, let seqs): await deliver(target, seqs)
        case .settle(let target, let verdicts):
            do {
                try await store.settleOutbox(target, verdicts)
                let reasons = verdicts.compactMap { decided in
                    if case .dead(_, _, let reason) = decided.verdict { reason } else { nil }
                }
                if !reasons.isEmpty { alarm(target, reasons) }
                remember(target, verdicts)
                handle(.settled(target: target, verdicts: verdicts))
            } catch {
                handle(.unsettled(target: target, seqs: verdicts.map(\.seq)))
            }
        }
    }

    private func deliver(_ target: String, _ seqs: [Int64]) async {
        let known = messages[target] ?? [:]
        let sent = seqs.compactMap { seq in known[seq].map { (seq, $0) } }
        let ends = await send(target, sent.map(\.1))
        var outcomes: [OutboxRelay.SentMessage] = []
        for (index, (seq, _)) in sent.enumerated() {
            let end = index < ends.count ? ends[index] : .unavailable("no outcome was given for it")
            outcomes.append(.init(seq, end))
        }
        // Every message of the rules is here; one that were not must not be held for ever.
        outcomes += seqs.filter { known[$0] == nil }.map { .init($0, .unavailable("it is not in memory")) }
        handle(.sent(target: target, outcomes: outcomes))
    }

    /// What was decided is on disk: the rest goes again with what it has behind it.
    private func remember(_ target: String, _ verdicts: [OutboxRelay.DecidedMessage]) {
        for decided in verdicts {
            switch decided.verdict {
            case .done, .dead: messages[target]?[decided.seq] = nil
            case .again(let attempts, let deaths, _, _):
                guard let message = messages[target]?[decided.seq] else { continue }
                messages[target]?[decided.seq] = OutgoingMessage(
                    message: message.message, created: message.created, attempts: attempts, deaths: deaths)
            }
        }
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
    ///
    /// To the targets that are `held` nothing is sent until the relay is told otherwise.
    public func relay(
        limits: OutboxRelay.Limits = OutboxRelay.Limits(), seed: UInt64 = .random(in: 0 ... .max), held: [String] = [],
        gathering: @escaping OutboxShell.Gathering = { _ in .milliseconds(4) },
        alarm: @escaping OutboxShell.Alarm = { _, _ in }, send: @escaping OutboxShell.Send
    ) async -> OutboxShell {
        let shell = OutboxShell(
            self, limits, seed: seed, held: held, gathering: gathering, alarm: alarm, send: send)
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

    func outboxMessages(
        _ target: String, after: Int64, limit: Int
    ) async throws -> [(OutboxRelay.Row, OutgoingMessage)] {
        let (wall, now) = (WallTime.now.nanoseconds, Moment.clock)
        return try await read { connection in
            try connection.all(
                """
                SELECT seq, key, attempts, deaths, next_attempt, id, type, body, trace, created FROM outbox
                WHERE target = ? AND seq > ? ORDER BY seq LIMIT ?
                """, target, after, limit
            ) { row in
                // Kept as wall time, which outlives a reboot; a clock that was set back makes nobody wait for ever.
                let wait = min(try row.value(4, as: Int64.self) - wall, .seconds(3_600))
                let place = OutboxRelay.Row(
                    seq: try row.value(0), key: try row.value(1), attempts: try row.value(2), deaths: try row.value(3),
                    notBefore: wait > 0 ? now.adding(wait) : .zero)
                let message = OutboxMessage(
                    target: target, type: try row.value(6), key: place.key, body: try row.value(7),
                    id: try row.value(5),
                    trace: try row.value(8, as: String?.self).flatMap { TraceContext(traceparent: $0) })
                let outgoing = OutgoingMessage(
                    message: message, created: WallTime(nanoseconds: try row.value(9)), attempts: place.attempts,
                    deaths: place.deaths)
                return (place, outgoing)
            }
        }
    }

    func settleOutbox(_ target: String, _ verdicts: [OutboxRelay.DecidedMessage]) async throws {
        let now = Moment.clock
        // Should it be lost, the messages go again, and their receivers know them.
        try await write(lazily: true) { context in
            for decided in verdicts {
                switch decided.verdict {
                case .done: try context.run(OutboxStatements.delete, target, decided.seq)
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
