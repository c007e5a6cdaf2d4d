import Contracts
import Host
import Notices
import Signals
import Store
import Synchronization
import Testing

@testable import Dispatching

/// A channel that keeps what it was told, and answers as it is told to.
private final class Peer: Sendable {
    struct State {
        var heard: [ChannelMessage] = []
        var answers: [ChannelAnswer] = []
        var waiting: [CheckedContinuation<Void, Never>] = []
        var isStuck = false
    }

    let state = Mutex(State())

    func send(_ message: ChannelMessage) async -> ChannelAnswer {
        state.withLock { $0.heard.append(message) }
        if state.withLock({ $0.isStuck }) {
            await withCheckedContinuation { continuation in state.withLock { $0.waiting.append(continuation) } }
        }
        return state.withLock {
            $0.answers.isEmpty ? .sent(reference: "ref \(message.notice.id)") : $0.answers.removeFirst()
        }
    }

    var heard: [ChannelMessage] { state.withLock { $0.heard } }

    func release() {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        for each in waiting { each.resume() }
    }
}

private func notice(_ number: Int, _ kind: IncidentNotice.Kind = .opened, _ incident: String = "I-1") -> IncidentNotice
{
    IncidentNotice(
        id: "\(incident)/n\(number)", incident: incident, generation: 1, kind: kind, priority: 2, title: "slow",
        text: "t",
        at: WallTime.now.nanoseconds)
}

@Suite("Telling people, on disk") struct DispatcherTests {
    private func plan(_ folder: String) -> StorePlan {
        var plan = StorePlan(file: "\(folder)/n.sqlite", migrations: DispatchTables.migrations(from: 1))
        plan.metrics = Metrics()
        return plan
    }

    private func dispatcher(_ store: Store, _ peer: Peer) -> Dispatcher {
        var chat = ChannelRules("chat")
        chat.patience = .milliseconds(10)
        let rules = NoticeRules(channels: [chat], routes: [Route("engineers", channels: ["chat"])])
        return Dispatcher(
            store: store, rules: rules, seed: 1, send: { _, message in await peer.send(message) },
            look: { _ in NoticeFacts(link: "https://console") })
    }

    private func until(_ condition: () async throws -> Bool) async throws {
        let limit = monotonicNow() + .seconds(60)
        while try await !condition() {
            try #require(monotonicNow() < limit, "it did not come to that within a minute")
            await Task.yield()
        }
    }

    @Test("A notice is on disk, told once with what is known, and a thread for what follows")
    func tells() async throws {
        let folder = try TemporaryFolder.make()
        defer { TemporaryFolder.remove(folder) }
        let store = try await Store.open(plan(folder))
        let peer = Peer()
        let dispatcher = dispatcher(store, peer)
        try await dispatcher.start()
        try await dispatcher.take(notice(1))
        try await dispatcher.take(notice(1))
        try await dispatcher.take(notice(2, .resolved))
        try await until { try await dispatcher.notifications(of: "I-1").map(\.outcome) == [.sent, .sent] }
        #expect(peer.heard.map(\.notice.id) == ["I-1/n1", "I-1/n2"])
        #expect(peer.heard.map(\.thread) == [nil, "ref I-1/n1"] && peer.heard[0].facts.link == "https://console")
        await dispatcher.close()
        await store.close()
    }

    @Test("What was under way at an end goes again at the next start, under the same key and said to be a repetition")
    func restarts() async throws {
        let folder = try TemporaryFolder.make()
        defer { TemporaryFolder.remove(folder) }
        let (stuck, next) = (Peer(), Peer())
        stuck.state.withLock { $0.isStuck = true }
        var store = try await Store.open(plan(folder))
        let first = dispatcher(store, stuck)
        try await first.start()
        try await first.take(notice(1))
        try await until { stuck.heard.count == 1 }
        await first.close()
        await store.close()
        stuck.release()
        store = try await Store.open(plan(folder))
        let second = dispatcher(store, next)
        try await second.start()
        try await second.take(notice(1))
        try await until { try await second.notifications(of: "I-1").map(\.outcome) == [.sent] }
        #expect(next.heard.map(\.key) == stuck.heard.map(\.key))
        #expect(stuck.heard.map(\.isRepeat) == [false] && next.heard.map(\.isRepeat) == [true])
        await second.close()
        await store.close()
    }

    @Test("A refused message is a dead letter until a person sends it again")
    func dead() async throws {
        let folder = try TemporaryFolder.make()
        defer { TemporaryFolder.remove(folder) }
        let store = try await Store.open(plan(folder))
        let peer = Peer()
        peer.state.withLock {
            $0.answers = [.later(after: 0, why: "busy", mayHaveArrived: false), .never(why: "no such channel")]
        }
        let dispatcher = dispatcher(store, peer)
        try await dispatcher.start()
        try await dispatcher.take(notice(1))
        try await until { try await !dispatcher.deadLetters().isEmpty }
        let letter = try #require(try await dispatcher.deadLetters().first)
        #expect(letter.reason == "no such channel" && letter.attempts == 2)
        #expect(try await dispatcher.notifications(of: "I-1").first?.outcome == .givenUp)
        #expect(try await dispatcher.redrive("nothing", by: "ada") == false)
        #expect(try await dispatcher.redrive(letter.id, by: "ada"))
        try await until { try await dispatcher.notifications(of: "I-1").map(\.outcome) == [.sent] }
        #expect(try await dispatcher.deadLetters().isEmpty)
        await dispatcher.close()
        await store.close()
    }
}
