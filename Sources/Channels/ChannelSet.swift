import Contracts
public import Definitions
public import Notices
public import WebClient

/// The channels of a configuration, ready to be used.
public struct ChannelSet: Sendable {
    private let channels: [String: any NoticeChannel]
    /// The app by which windows are opened, where there is one.
    public let slack: SlackApp?

    /// `data` has the folder of secrets; links in mails begin with `link` of the configuration and `/mail/`.
    public init(_ definition: CommsDefinition, data: String, client: WebClient) {
        var channels: [String: any NoticeChannel] = ["journal": Journal()]
        var slack: SlackApp?
        for channel in definition.channels {
            let made = Self.make(channel, definition, data, client)
            if let app = made as? SlackApp, slack == nil { slack = app }
            channels[channel.name] = made
        }
        self.channels = channels
        self.slack = slack
    }

    /// Sends to a channel by its name.
    public func send(_ channel: String, _ message: ChannelMessage) async -> ChannelAnswer {
        guard let found = channels[channel] else { return .never(why: "there is no channel \(channel)") }
        return await found.send(message)
    }

    private static func make(
        _ channel: ChannelDefinition, _ definition: CommsDefinition, _ data: String, _ client: WebClient
    ) -> any NoticeChannel {
        switch channel.kind {
        case .slackHook(let place): return SlackHook(client: client) { place.bytes(data: data) }
        case .slackApp(let place, let room, let url):
            return SlackApp(client: client, url: url, channel: room) { place.bytes(data: data) }
        case .pagerDuty(let place, let url, let source):
            return PagerDuty(client: client, url: url, source: source) { place.bytes(data: data) }
        case .webhook(let url, let place):
            return Webhook(client: client, url: url, secret: { place.bytes(data: data) })
        case .mail(let mail):
            var links: MailChannel.Links?
            if let link = definition.link, let mailLinks = definition.mailLinks {
                let place = mailLinks.secret
                links = MailChannel.Links(
                    address: "\(link)/mail/", valid: mailLinks.valid.wholeNanoseconds
                ) { place.bytes(data: data) }
            }
            return MailChannel(mail, password: { mail.password?.bytes(data: data) }, links: links)
        }
    }

    /// The row on disk is the message.
    private struct Journal: NoticeChannel {
        func send(_ message: ChannelMessage) async -> ChannelAnswer { .sent(reference: message.key) }
    }
}
