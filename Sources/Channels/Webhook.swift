public import Contracts
import Intake
public import Notices
public import Signals
public import WebClient

/// A webhook with the signature that our own doors take: `X-Kintsugi-Signature: t=SECONDS,v1=HEX`. A receiver tells a
/// repetition by `X-Kintsugi-Key`, which is the same each time.
public struct Webhook: NoticeChannel {
    private let client: WebClient
    private let url: String
    private let secret: SecretReader
    private let now: @Sendable () -> Int64

    public init(
        client: WebClient, url: String, secret: @escaping SecretReader,
        now: @escaping @Sendable () -> Int64 = { WallTime.now.nanoseconds }
    ) {
        self.client = client
        self.url = url
        self.secret = secret
        self.now = now
    }

    /// What is sent.
    public struct Body: Codable, Sendable, Equatable {
        public struct Item: Codable, Sendable, Equatable {
            public var notice: IncidentNotice
            public var facts: NoticeFacts
        }

        public var version: Int
        public var key: String
        public var purpose: String
        public var headline: String
        public var notices: [Item]
    }

    public func send(_ message: ChannelMessage) async -> ChannelAnswer {
        guard let secret = secret(), !secret.isEmpty else { return Answering.without("secret of the webhook") }
        let body = Body(
            version: 1, key: message.key, purpose: message.purpose.rawValue, headline: message.headline,
            notices: message.items.map { Body.Item(notice: $0.notice, facts: $0.facts) })
        guard let bytes = try? JSONText.unpack(Packed.encode(body)) else {
            return .never(why: "the message cannot be written as JSON")
        }
        let seconds = now() / 1_000_000_000
        let signature = Seal.hexadecimal(HookSignature.sign(bytes, at: seconds, secret: secret))
        var request = ClientRequest.json(.post, url, bytes)
        request.headers += [
            ("X-Kintsugi-Signature", "t=\(seconds),v1=\(signature)"), ("X-Kintsugi-Key", message.key),
        ]
        return await Answering.send(request, by: client) { _ in .sent(reference: message.key) }
    }
}
