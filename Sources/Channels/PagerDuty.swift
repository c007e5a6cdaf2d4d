import Contracts
public import Notices
import Signals
public import WebClient

/// PagerDuty by its Events API v2. One incident is one `dedup_key`, so a repetition shows nothing twice.
public struct PagerDuty: NoticeChannel {
    private let client: WebClient
    private let url: String
    private let source: String
    private let routingKey: SecretReader

    public init(client: WebClient, url: String, source: String, routingKey: @escaping SecretReader) {
        self.client = client
        self.url = url
        self.source = source
        self.routingKey = routingKey
    }

    public func send(_ message: ChannelMessage) async -> ChannelAnswer {
        guard let key = Answering.word(routingKey()) else { return Answering.without("routing key of PagerDuty") }
        guard let bytes = try? body(message, key).bytes else {
            return .never(why: "the message cannot be written as JSON")
        }
        return await Answering.send(.json(.post, url, bytes), by: client) { _ in
            .sent(reference: message.notice.incident)
        }
    }

    private func body(_ message: ChannelMessage, _ key: String) -> JSONValue {
        let action = Self.action(message)
        let link = message.facts.link.map { link in
            JSONValue.list([.object(["href": .text(link), "text": .text("console")])])
        }
        return .object([
            "routing_key": .text(key), "event_action": .text(action), "dedup_key": .text(message.notice.incident),
            "payload": action == "trigger" ? payload(message) : nil, "links": action == "trigger" ? link : nil,
            "client": action == "trigger" ? .text("Kintsugi") : nil,
        ])
    }

    private static func action(_ message: ChannelMessage) -> String {
        if message.purpose == .acknowledgement { return "acknowledge" }
        return message.notice.kind.isEnd ? "resolve" : "trigger"
    }

    private func payload(_ message: ChannelMessage) -> JSONValue {
        let notice = message.notice
        let parts = Words.parts(ChannelMessage.Item(notice, message.facts), message.words)
        let details = parts.map { part in
            JSONValue.Member(name: part.name.isEmpty ? "text" : part.name.lowercased(), value: .text(part.text))
        }
        return .object([
            "summary": .text(SlackMessage.cut(message.headline, 1_024)), "source": .text(source),
            "severity": .text(Self.severity(notice.priority)),
            "timestamp": .text(WallTime(nanoseconds: notice.at).iso8601), "component": .text(notice.incident),
            "class": .text(notice.kind.rawValue), "custom_details": .map(details),
        ])
    }

    private static func severity(_ priority: Int) -> String {
        switch priority {
        case ...1: "critical"
        case 2: "error"
        case 3: "warning"
        default: "info"
        }
    }
}
