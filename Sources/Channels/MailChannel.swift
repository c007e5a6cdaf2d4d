import Contracts
public import Definitions
public import Notices
public import Signals

/// Mail. A repetition has the same Message-ID, by which servers and readers tell it; SMTP itself does not.
public struct MailChannel: NoticeChannel {
    /// How links are made by which the owner of the mailbox answers.
    public struct Links: Sendable {
        /// The page that serves them; the token stands behind it.
        public var address: String
        public var valid: Int64
        public var secret: SecretReader

        public init(address: String, valid: Int64, secret: @escaping SecretReader) {
            self.address = address
            self.valid = valid
            self.secret = secret
        }
    }

    private let mail: MailDefinition
    private let password: SecretReader
    private let links: Links?
    private let now: @Sendable () -> Int64

    public init(
        _ mail: MailDefinition, password: @escaping SecretReader = { nil }, links: Links? = nil,
        now: @escaping @Sendable () -> Int64 = { WallTime.now.nanoseconds }
    ) {
        self.mail = mail
        self.password = password
        self.links = links
        self.now = now
    }

    public func send(_ message: ChannelMessage) async -> ChannelAnswer {
        let password = mail.password == nil ? nil : Answering.word(password())
        if mail.password != nil, password == nil { return Answering.without("password of \(mail.server)") }
        let letter = letter(message)
        switch await MailClient(mail: mail).send(letter.bytes, password: password) {
        case .taken: return .sent(reference: letter.id)
        case .refused(let code, let text) where code >= 500: return .never(why: text)
        case .refused(_, let text): return .later(after: 0, why: text, mayHaveArrived: false)
        case .broken(let text, let wasWhole): return .later(after: 0, why: text, mayHaveArrived: wasWhole)
        }
    }

    func letter(_ message: ChannelMessage) -> MailMessage {
        let actions = actions(message)
        var text = Words.text(message)
        if !actions.isEmpty {
            text += "\n\n" + actions.map { "\($0.name): \($0.address)" }.joined(separator: "\n")
        }
        return MailMessage(
            from: mail.from, to: mail.to, subject: subject(message), text: text, html: html(message, actions),
            at: message.notice.at, key: message.key, thread: message.isGathered ? nil : message.thread)
    }

    /// The same words for all mails of an incident, as readers group by them too.
    private func subject(_ message: ChannelMessage) -> String { SlackMessage.cut(message.headline, 200) }

    private func actions(_ message: ChannelMessage) -> [(name: String, address: String)] {
        guard let links, let person = mail.person, message.words == .engineer, !message.isGathered,
            let secret = links.secret()
        else { return [] }
        let notice = message.notice
        return SlackButton.all(for: notice).compactMap { button in
            let action: MailLink.Action =
                switch button.action {
                case .approve: .approve
                case .reject: .reject
                case .acknowledge: .acknowledge
                }
            let link = MailLink(
                action, incident: notice.incident, generation: notice.generation, plan: button.plan,
                state: button.state, person: person, expires: now() + links.valid,
                nonce: MailLink.nonce(message.key, action, person, secret: secret))
            guard let token = try? link.token(secret: secret) else { return nil }
            let name =
                switch action {
                case .approve: "Approve"
                case .reject: "Reject"
                case .acknowledge: "I know of it"
                }
            return (name, "\(links.address)\(token)")
        }
    }

    private func html(_ message: ChannelMessage, _ actions: [(name: String, address: String)]) -> String {
        let escape = MailMessage.escape
        var lines = [
            "<!doctype html>", "<html lang=\"en\"><head><meta charset=\"utf-8\"></head><body>",
            "<h2>\(escape(message.headline))</h2>",
        ]
        if message.isGathered {
            lines.append("<ul>")
            lines += message.items.map { "<li>\(escape(Words.headline($0, message.words)))</li>" }
            lines.append("</ul>")
        } else {
            let item = ChannelMessage.Item(message.notice, message.facts)
            lines += Words.parts(item, message.words).map { part in
                "<p>\(part.name.isEmpty ? "" : "<b>\(escape(part.name)):</b> ")\(escape(part.text))</p>"
            }
            if let link = message.facts.link {
                lines.append("<p><a href=\"\(escape(link))\">\(escape(message.notice.incident))</a></p>")
            }
        }
        if !actions.isEmpty {
            let all = actions.map { "<a href=\"\(escape($0.address))\">\(escape($0.name))</a>" }
            lines.append("<p>\(all.joined(separator: " · "))</p>")
        }
        return (lines + ["</body></html>", ""]).joined(separator: "\n")
    }
}
