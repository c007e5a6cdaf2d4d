import Channels
import Contracts
import Definitions
import Dispatch
import Dispatching
import Glibc
import Notices
import Signals
import Store
import Synchronization
import WebClient

// Channels that others drive by lines of JSON, one wish a line and one answer a line: ChannelSample CONFIGURATION DATA.
// The configuration is a folder as config/comms; with a file DATA/notices.sqlite notices go the whole way.

struct Wish: Decodable, Sendable {
    var call: String
    var channel: String?
    var key: String?
    var isRepeat: Bool?
    var acknowledges: Bool?
    var words: Audience.Words?
    var items: [Item]?
    var thread: String?
    var body: String?
    var timestamp: String?
    var signature: String?
    var now: Int64?
    var secret: String?
    var notice: IncidentNotice?
    var incident: String?
    var person: String?
    var token: String?

    struct Item: Decodable, Sendable {
        var notice: IncidentNotice
        var facts: NoticeFacts?
    }
}

struct Answer: Encodable, Sendable {
    var outcome: String
    var text: String?
    var after: Int64?
    var mayHaveArrived: Bool?
    var person: String?
    var action: String?
    var plan: Digest?
    var state: Digest?
    var feedback: String?
    var notifications: [SentNotification]?

    init(_ outcome: String, _ text: String? = nil) {
        self.outcome = outcome
        self.text = text
    }

    init(_ answer: ChannelAnswer) {
        switch answer {
        case .sent(let reference): self.init("sent", reference)
        case .never(let why): self.init("never", why)
        case .later(let after, let why, let mayHaveArrived):
            self.init("later", why)
            self.after = after
            self.mayHaveArrived = mayHaveArrived
        }
    }

    init(_ wish: SlackWish) {
        self.init("wish", wish.id)
        person = wish.user
        plan = wish.plan
        state = wish.state
        switch wish.action {
        case .approve: action = "approve"
        case .acknowledge: action = "acknowledge"
        case .reject(let said):
            action = "reject"
            feedback = said
        }
    }
}

/// What one process has.
struct Place: Sendable {
    let channels: ChannelSet
    let definition: CommsDefinition
    let data: String
    let dispatcher: Dispatcher

    init(_ configuration: String, _ data: String) async throws {
        let found = Definitions.comms(in: configuration)
        guard let definition = found.definition else { throw Wrong(text: "\(found.mistakes)") }
        let channels = ChannelSet(definition, data: data, client: WebClient())
        self.channels = channels
        self.definition = definition
        self.data = data
        let store = try await Store.open(
            StorePlan(file: "\(data)/notices.sqlite", migrations: DispatchTables.migrations(from: 1)))
        dispatcher = Dispatcher(
            store: store, rules: definition.rules, seed: 1, send: { await channels.send($0, $1) },
            look: { _ in NoticeFacts(link: definition.link) })
        try await dispatcher.start()
    }

    func carryOut(_ wish: Wish) async throws -> Answer {
        switch wish.call {
        case "send": return try await send(wish)
        case "slack": return try await slack(wish)
        case "open": return try open(wish)
        case "notice":
            guard let notice = wish.notice else { throw Wrong(text: "no notice") }
            try await dispatcher.take(notice)
            return Answer("taken")
        case "acknowledge":
            let now = WallTime.now.nanoseconds
            try await dispatcher.acknowledge(
                Acknowledgement(
                    incident: wish.incident ?? "", generation: 1, person: wish.person ?? "ada", at: now))
            return Answer("taken")
        case "notifications":
            var answer = Answer("found")
            answer.notifications = try await dispatcher.notifications(of: wish.incident ?? "")
            return answer
        default: throw Wrong(text: "no such call: \(wish.call)")
        }
    }

    private func send(_ wish: Wish) async throws -> Answer {
        let items = (wish.items ?? []).map { ChannelMessage.Item($0.notice, $0.facts ?? NoticeFacts()) }
        let message = ChannelMessage(
            key: wish.key ?? "", isRepeat: wish.isRepeat ?? false,
            purpose: wish.acknowledges == true ? .acknowledgement : .notice, words: wish.words ?? .engineer,
            items: items, thread: wish.thread)
        guard let message else { throw Wrong(text: "no items") }
        return Answer(await channels.send(wish.channel ?? "", message))
    }

    private func slack(_ wish: Wish) async throws -> Answer {
        let body = Array((wish.body ?? "").utf8)
        do throws(SlackRefusal) {
            try SlackSignature.check(
                body, timestamp: wish.timestamp, signature: wish.signature,
                secret: definition.slack?.secret.bytes(data: data), now: wish.now ?? WallTime.now.nanoseconds)
            switch try SlackInteraction.read(body) {
            case .wish(let wish): return Answer(wish)
            case .ask(let window):
                guard let app = channels.slack else { return Answer("ask") }
                var answer = Answer(await app.open(window))
                answer.action = "ask"
                return answer
            case .nothing: return Answer("nothing")
            }
        } catch {
            return Answer("refused \(error.status)", "\(error)")
        }
    }

    private func open(_ wish: Wish) throws -> Answer {
        let secret = definition.mailLinks?.secret.bytes(data: data) ?? []
        do {
            let link = try MailLink.open(
                wish.token ?? "", secret: secret, now: wish.now ?? WallTime.now.nanoseconds)
            var answer = Answer("link", link.nonce)
            answer.person = link.person
            answer.action = link.action.rawValue
            answer.plan = link.plan
            answer.state = link.state
            return answer
        } catch {
            return Answer("refused", "\(error)")
        }
    }
}

struct Wrong: Error { var text: String }

func waiting<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) throws -> Value {
    let done = DispatchSemaphore(value: 0)
    let result = Mutex<Result<Value, any Error>?>(nil)
    Task.detached {
        let found: Result<Value, any Error>
        do { found = .success(try await body()) } catch { found = .failure(error) }
        result.withLock { $0 = found }
        done.signal()
    }
    done.wait()
    guard let found = result.withLock({ $0 }) else { throw Wrong(text: "no answer") }
    return try found.get()
}

guard CommandLine.arguments.count == 3 else {
    print("usage: ChannelSample CONFIGURATION DATA")
    exit(64)
}
let (configuration, data) = (CommandLine.arguments[1], CommandLine.arguments[2])
do {
    let place = try waiting { try await Place(configuration, data) }
    while let line = readLine() {
        let wish = try Packed.decode(Wish.self, from: JSONText.pack(Array(line.utf8)))
        let answer = try waiting { try await place.carryOut(wish) }
        print(String(decoding: try JSONText.unpack(Packed.encode(answer)), as: UTF8.self))
        fflush(nil)
    }
} catch {
    print("ChannelSample: \(error)")
    exit(1)
}
