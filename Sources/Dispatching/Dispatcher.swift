public import Contracts
public import Notices
public import Signals
public import Store

/// Tells people what happened: keeps every step on disk before it is taken, calls the channels, and goes on after a crash
/// where it was. Used by the process that writes the store, and by no other.
public actor Dispatcher {
    /// Says a message to a channel of a name.
    public typealias Send = @Sendable (_ channel: String, _ message: ChannelMessage) async -> ChannelAnswer
    /// What is known of a notice's incident; it must come to an end by itself.
    public typealias Look = @Sendable (IncidentNotice) async -> NoticeFacts

    private struct Letter {
        var event: NoticeEvent
        var continuation: CheckedContinuation<Void, any Error>?
    }

    private let store: Store
    private let send: Send
    private let look: Look
    private let clock: @Sendable () -> Int64
    private var rules: NoticeRules
    private var chance: Chance
    private var book = NoticeBook()
    private var letters: [Letter] = []
    private var isWorking = false
    private var isClosed = false
    private var timer: Task<Void, Never>?

    /// `seed` is chance from outside, for the jitter of attempts.
    public init(
        store: Store, rules: NoticeRules, seed: UInt64, send: @escaping Send, look: @escaping Look,
        clock: @escaping @Sendable () -> Int64 = { WallTime.now.nanoseconds }
    ) {
        self.store = store
        self.rules = rules
        self.send = send
        self.look = look
        self.clock = clock
        chance = Chance(seed: seed)
    }

    /// Reads what is on disk, and sends what waits.
    public func start() async throws {
        let since = clock() - rules.remembers
        book = try await store.read { try DispatchTables.book($0, since: since) }
        try await take(.time)
    }

    /// Ends; what is under way goes on at the next start.
    public func close() {
        isClosed = true
        timer?.cancel()
    }

    // MARK: what is told

    /// On disk before this returns; the same one again changes nothing.
    public func take(_ notice: IncidentNotice) async throws { try await take(.notice(notice)) }

    /// Somebody knows of an incident: nobody is woken for it any more.
    public func acknowledge(_ acknowledgement: Acknowledgement) async throws {
        try await take(.acknowledged(acknowledgement))
    }

    /// Other rules from now on.
    public func follow(_ rules: NoticeRules) async throws {
        self.rules = rules
        try await take(.time)
    }

    /// Sends a dead letter again; false where there is none of that id.
    public func redrive(_ id: String, by person: String) async throws -> Bool {
        guard let dispatch = try await dispatch(id), dispatch.isDeadLetter else { return false }
        try await take(.redrive(dispatch, by: person))
        return true
    }

    /// Gives a dead letter up; false where there is none of that id.
    public func drop(_ id: String, by person: String) async throws -> Bool {
        guard let dispatch = try await dispatch(id), dispatch.isDeadLetter else { return false }
        try await take(.drop(dispatch, by: person))
        return true
    }

    /// Removes what ended before a time; dead letters stay.
    public func forget(before time: Int64) async throws {
        try await store.write(lazily: true) { try DispatchTables.forget(before: time, $0) }
    }

    // MARK: what is asked

    /// What was told to whom about an incident, in order.
    public func notifications(of incident: String) async throws -> [SentNotification] {
        try await dispatches(of: incident).map(\.asNotification)
    }

    /// The same with all that is known of each.
    public func dispatches(of incident: String) async throws -> [Dispatch] {
        try await store.read { connection in
            try connection.all(
                "SELECT body FROM dispatches WHERE incident = ? ORDER BY number LIMIT 10000", incident
            ) { try DispatchTables.dispatch($0.value(0)) }
        }
    }

    /// What did not arrive, the oldest first.
    public func deadLetters() async throws -> [Dispatch] {
        try await store.read { try DispatchTables.dispatches($0, "WHERE dead = 1 ORDER BY number LIMIT 1000") }
    }

    /// How many dispatches wait.
    public var waiting: Int { book.waiting.count }

    private func dispatch(_ id: String) async throws -> Dispatch? {
        try await store.read { connection in
            try connection.first("SELECT body FROM dispatches WHERE id = ?", id) {
                try DispatchTables.dispatch($0.value(0))
            }
        }
    }

    // MARK: one thing after the other

    private func take(_ event: NoticeEvent) async throws {
        try await withCheckedThrowingContinuation { continuation in
            letters.append(Letter(event: event, continuation: continuation))
            work()
        }
    }

    private func heard(_ event: NoticeEvent) {
        guard !isClosed else { return }
        letters.append(Letter(event: event, continuation: nil))
        work()
    }

    private func work() {
        guard !isWorking else { return }
        isWorking = true
        Task { await workOff() }
    }

    /// Whatever waits is one transaction; the state in memory is the next one only when that is on disk.
    private func workOff() async {
        while !letters.isEmpty {
            let batch = letters
            letters = []
            do {
                let events = try await withoutOld(batch.map(\.event))
                let now = clock()
                let (next, nextChance, effects) = decide(events, now)
                if !effects.isEmpty { try await store.write { try DispatchTables.write(effects, at: now, $0) } }
                book = next
                chance = nextChance
                for letter in batch { letter.continuation?.resume() }
                for effect in effects { if case .send(let dispatch, let with) = effect { leave(dispatch, with) } }
                wake()
            } catch {
                Log.standard.warning("notices cannot be written", ["error": .text("\(error)")])
                for letter in batch { letter.continuation?.resume(throwing: error) }
                // An answer is heard once: it is written as soon as the disk takes it.
                letters = batch.filter { $0.continuation == nil && $0.event != .time } + letters
                guard !isClosed else {
                    // Nobody comes back to them: whoever waits is told, and the rest is on disk as under way.
                    for letter in letters { letter.continuation?.resume(throwing: error) }
                    letters = []
                    break
                }
                sleep(for: .seconds(1))
                break
            }
        }
        isWorking = false
    }

    private func decide(_ events: [NoticeEvent], _ now: Int64) -> (NoticeBook, Chance, [NoticeEffect]) {
        var (next, nextChance) = (book, chance)
        var effects: [NoticeEffect] = []
        for event in events { effects += next.take(event, rules, now: now, chance: &nextChance) }
        return (next, nextChance, effects)
    }

    /// The book forgets after a week what the disk still knows.
    private func withoutOld(_ events: [NoticeEvent]) async throws -> [NoticeEvent] {
        let ids = events.compactMap { if case .notice(let notice) = $0 { notice.id } else { nil } }
        guard !ids.isEmpty else { return events }
        let old = Set(try await store.read { try DispatchTables.known(ids, $0) })
        return events.filter { if case .notice(let notice) = $0 { !old.contains(notice.id) } else { true } }
    }

    private func wake() {
        timer?.cancel()
        timer = nil
        guard let due = book.due, !isClosed else { return }
        sleep(for: .nanoseconds(max(due - clock(), 1_000_000)))
    }

    private func sleep(for span: Duration) {
        timer?.cancel()
        timer = Task { [weak self] in
            guard (try? await Task.sleep(for: min(span, .seconds(3_600)))) != nil else { return }
            await self?.heard(.time)
        }
    }

    // MARK: sending

    private func leave(_ dispatch: Dispatch, _ with: [Dispatch]) {
        guard !isClosed else { return }
        Task {
            let answer: ChannelAnswer
            do {
                if let message = try await message(dispatch, with) {
                    answer = await send(dispatch.channel, message)
                } else {
                    answer = .never(why: "its notice is not on disk")
                }
            } catch {
                answer = .later(after: 0, why: "the store: \(error)", mayHaveArrived: false)
            }
            count(dispatch, answer)
            heard(.answered(dispatch: dispatch.id, answer))
        }
    }

    private func message(_ dispatch: Dispatch, _ with: [Dispatch]) async throws -> ChannelMessage? {
        let ids = ([dispatch] + with).map(\.notice)
        let (notices, thread) = try await store.read { connection in
            (
                try DispatchTables.notices(ids, connection),
                try DispatchTables.thread(dispatch.channel, dispatch.incident, connection)
            )
        }
        var items: [ChannelMessage.Item] = []
        for notice in notices {
            items.append(ChannelMessage.Item(notice, with.isEmpty ? await look(notice) : NoticeFacts()))
        }
        let words = rules.audiences.first { $0.name == dispatch.audience }?.words ?? .engineer
        return ChannelMessage(
            key: dispatch.id, isRepeat: dispatch.mayHaveArrived, purpose: dispatch.purpose, words: words, items: items,
            thread: thread)
    }

    private func count(_ dispatch: Dispatch, _ answer: ChannelAnswer) {
        let (outcome, why) =
            switch answer {
            case .sent: ("sent", "")
            case .later(_, let why, _): ("later", why)
            case .never(let why): ("never", why)
            }
        Metrics.standard.counter(
            "comms.messages", help: "Messages that were given to channels, and what became of them",
            labels: ["channel": dispatch.channel, "outcome": outcome]
        ).increment()
        guard outcome != "sent" else { return }
        Log.standard.warning(
            "a channel did not take a message",
            [
                "channel": .text(dispatch.channel), "incident": .text(dispatch.incident), "outcome": .text(outcome),
                "why": .text(why), "attempt": .integer(dispatch.attempts),
            ])
    }
}
