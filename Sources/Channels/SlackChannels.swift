import Contracts
public import Notices
public import WebClient

/// Slack by an incoming webhook. It has no threads and tells no repetition: after a lost answer a message may stand twice.
public struct SlackHook: NoticeChannel {
    private let client: WebClient
    private let url: SecretReader

    public init(client: WebClient, url: @escaping SecretReader) {
        self.client = client
        self.url = url
    }

    public func send(_ message: ChannelMessage) async -> ChannelAnswer {
        guard let url = Answering.word(url()), url.hasPrefix("https://") || url.hasPrefix("http://") else {
            return Answering.without("URL of the webhook")
        }
        let slack = SlackMessage(message)
        let body = JSONValue.object(["text": .text(slack.text), "blocks": .list(slack.blocks)])
        guard let bytes = try? body.bytes else { return .never(why: "the message cannot be written as JSON") }
        var request = ClientRequest.json(.post, url, bytes)
        request.shownURL = "the webhook of Slack"
        return await Answering.send(request, by: client) { _ in .sent(reference: "slack") }
    }
}

/// Slack by an app with a token: each incident is a thread.
///
/// Slack tells no repetition by itself. Every message carries its key as metadata, and where an earlier attempt may have
/// arrived the last messages are searched for it first (scopes `channels:history`, `groups:history`).
public struct SlackApp: NoticeChannel {
    private let client: WebClient
    private let url: String
    private let channel: String
    private let token: SecretReader

    public init(client: WebClient, url: String, channel: String, token: @escaping SecretReader) {
        self.client = client
        self.url = url
        self.channel = channel
        self.token = token
    }

    private struct Said: Decodable {
        struct Message: Decodable {
            struct Metadata: Decodable {
                struct Payload: Decodable { var key: String? }
                var payload: Payload?
                enum CodingKeys: String, CodingKey { case payload = "event_payload" }
            }
            var ts: String?
            var metadata: Metadata?
        }
        var ok: Bool
        var error: String?
        var ts: String?
        var messages: [Message]?
    }

    public func send(_ message: ChannelMessage) async -> ChannelAnswer {
        guard let token = Answering.word(token()) else { return Answering.without("token of Slack") }
        if message.isRepeat, let found = await find(message, token) { return .sent(reference: found) }
        let slack = SlackMessage(message)
        let body = JSONValue.object([
            "channel": .text(channel), "text": .text(slack.text), "blocks": .list(slack.blocks),
            "unfurl_links": .flag(false),
            "thread_ts": message.isGathered ? nil : message.thread.map { .text($0) },
            "metadata": .object([
                "event_type": .text("kintsugi_notice"), "event_payload": .object(["key": .text(message.key)]),
            ]),
        ])
        return await call("chat.postMessage", body, token) { said in
            .sent(reference: said.ts ?? "slack")
        }
    }

    /// Opens the window in which a person says why a plan is rejected.
    public func open(_ window: SlackWindow) async -> ChannelAnswer {
        guard let token = Answering.word(token()) else { return Answering.without("token of Slack") }
        return await call("views.open", window.body, token) { _ in .sent(reference: "") }
    }

    private func call(
        _ method: String, _ body: JSONValue, _ token: String, _ success: (Said) -> ChannelAnswer
    ) async -> ChannelAnswer {
        guard let bytes = try? body.bytes else { return .never(why: "the message cannot be written as JSON") }
        var request = ClientRequest(.post, "\(url)/\(method)")
        request.headers = [("Content-Type", "application/json; charset=utf-8"), ("Authorization", "Bearer \(token)")]
        request.body = bytes
        return await Answering.send(request, by: client) { response in
            guard let said = try? Packed.decode(Said.self, from: JSONText.pack(response.body)) else {
                return .later(after: 0, why: "Slack's answer cannot be read", mayHaveArrived: true)
            }
            guard said.ok else { return Self.refusal(said.error ?? "no reason", response) }
            return success(said)
        }
    }

    /// Slack says no in an answer of status 200.
    private static func refusal(_ error: String, _ response: ClientResponse) -> ChannelAnswer {
        let passing = [
            "ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable",
            "request_timeout", "team_added_to_org", "message_limit_exceeded",
        ]
        guard passing.contains(error) else { return .never(why: "Slack refuses it: \(error.prefix(100))") }
        let may = ["internal_error", "fatal_error", "request_timeout"].contains(error)
        return .later(
            after: Answering.retryAfter(response), why: "Slack: \(error)", mayHaveArrived: may)
    }

    /// The message of that key, if it is among the last ones; nil too where Slack does not say.
    private func find(_ message: ChannelMessage, _ token: String) async -> String? {
        let since = message.notice.at / 1_000_000_000 - 60
        let isInThread = !message.isGathered && message.thread != nil
        let thread = isInThread ? "&ts=\(Self.escaped(message.thread ?? ""))" : ""
        let method = isInThread ? "conversations.replies" : "conversations.history"
        var request = ClientRequest(
            .get,
            "\(url)/\(method)?channel=\(Self.escaped(channel))\(thread)&oldest=\(since)&limit=100&include_all_metadata=true"
        )
        request.headers = [("Authorization", "Bearer \(token)")]
        guard let response = try? await client.send(request), response.status == 200,
            let said = try? Packed.decode(Said.self, from: JSONText.pack(response.body)), said.ok
        else { return nil }
        return said.messages?.first { $0.metadata?.payload?.key == message.key }?.ts
    }

    private static func escaped(_ text: String) -> String {
        let plain = Array("-._~".utf8)
        return text.utf8.map { byte in
            let isPlain =
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || plain.contains(byte)
            return isPlain ? String(UnicodeScalar(byte)) : "%" + Seal.hexadecimal([byte]).uppercased()
        }.joined()
    }
}
