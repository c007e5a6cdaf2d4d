import Contracts
import Intake
import Notices
import Testing

@testable import Channels

func notice(
    _ kind: IncidentNotice.Kind = .opened, title: String = "orders are slow", text: String = "p99 above 1 s"
) -> IncidentNotice {
    let isQuestion = kind == .approvalNeeded
    return IncidentNotice(
        id: "I-1/n1", incident: "I-1", generation: 2, kind: kind, priority: 2, title: title, text: text,
        plan: isQuestion ? Digest(of: [1]) : nil, state: isQuestion ? Digest(of: [2]) : nil,
        at: 1_900_000_000_000_000_000)
}

func message(_ items: [ChannelMessage.Item], thread: String? = nil) throws -> ChannelMessage {
    try #require(ChannelMessage(key: "I-1/n1>chat", items: items, thread: thread))
}

extension JSONValue {
    subscript(name: String) -> JSONValue? {
        guard case .map(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }
    var string: String? { if case .text(let text) = self { text } else { nil } }
    var items: [JSONValue] { if case .list(let items) = self { items } else { [] } }
}

@Suite("Messages for Slack") struct SlackMessageTests {
    @Test("Texts are no markup, and the longest incident stays within the limits")
    func limits() throws {
        let text = String(repeating: "<!channel> & more & ", count: 5_000)
        let facts = NoticeFacts(cause: text, plan: text, verdict: text, link: "https://console/?a=1&b=2")
        for items in [
            [ChannelMessage.Item(notice(.approvalNeeded, title: text, text: text), facts)],
            (0..<200).map { _ in ChannelMessage.Item(notice(.opened, title: text, text: text), facts) },
        ] {
            let slack = SlackMessage(try message(items))
            #expect(slack.blocks.count <= 50)
            let sections = slack.blocks.filter { $0["type"]?.string == "section" }.compactMap {
                $0["text"]?["text"]?.string
            }
            #expect(sections.allSatisfy { $0.utf16.count <= 3_000 && !$0.contains("<!channel") })
            let all = try JSONValue.list(slack.blocks).bytes.count
            #expect(all <= 15_000 && sections.joined().utf16.count <= 12_500, "\(all)")
        }
    }

    @Test("A text is never cut in the middle of an escape")
    func cuts() {
        for most in 5..<40 {
            let cut = SlackMessage.cut("aaaa&amp;bbbb&lt;cccc&gt;dddd&amp;", most)
            #expect(cut.utf16.count <= most)
            let open = cut.split(separator: "&", omittingEmptySubsequences: false).dropFirst()
            #expect(open.allSatisfy { $0.contains(";") }, "\(cut)")
        }
    }

    @Test("Buttons bind exactly what was shown, and only a value of theirs is read")
    func buttons() throws {
        let buttons = SlackButton.all(for: notice(.approvalNeeded))
        #expect(buttons.map(\.action) == [.approve, .reject, .acknowledge])
        for button in buttons { #expect(SlackButton(value: button.value) == button) }
        #expect(buttons[0].plan == Digest(of: [1]) && buttons[0].state == Digest(of: [2]) && buttons[0].generation == 2)
        for value in ["", "1 approve I-1 2", "2 acknowledge I-1 2", "1 acknowledge I-1 x", buttons[0].value + " x"] {
            #expect(SlackButton(value: value) == nil, "\(value)")
        }
        #expect(SlackButton.all(for: notice(.resolved)).isEmpty)
    }
}

@Suite("What Slack sends") struct SlackInteractionTests {
    private let secret = Array("8f742231b10e8888abcd99yyyzzz85a5".utf8)
    private let now: Int64 = 1_900_000_000 * 1_000_000_000

    private func signature(_ body: [UInt8], _ seconds: Int64) -> String {
        "v0=" + Seal.hexadecimal(Seal.sign([Array("v0:\(seconds):".utf8), body], secret))
    }

    @Test("A signature over other bytes, by another secret, missing or too old is refused")
    func signatures() {
        let body = Array("payload=%7B%7D".utf8)
        let right = signature(body, 1_900_000_000)
        func check(_ body: [UInt8], _ time: String?, _ signature: String?, _ secret: [UInt8]?) -> SlackRefusal? {
            do throws(SlackRefusal) {
                try SlackSignature.check(body, timestamp: time, signature: signature, secret: secret, now: now)
                return nil
            } catch {
                return error
            }
        }
        #expect(check(body, "1900000000", right, secret) == nil)
        #expect(check(body + [0x20], "1900000000", right, secret) == .forged)
        #expect(check(body, "1900000001", right, secret) == .forged)
        #expect(check(body, "1900000000", right, Array("other".utf8)) == .forged)
        #expect(check(body, "1900000000", right, nil) == .forged)
        #expect(check(body, nil, right, secret)?.status == 401)
        #expect(check(body, "1900000000", "v0=abc", secret)?.status == 401)
        #expect(check(body, "-1", right, secret)?.status == 401)
        #expect(check(body, "1899999699", signature(body, 1_899_999_699), secret) == .old(seconds: 301))
        #expect(check(body, "1899999700", signature(body, 1_899_999_700), secret) == nil)
        #expect(check(body, "1900000301", signature(body, 1_900_000_301), secret) == .old(seconds: -301))
    }

    @Test("A form's field is read as browsers write it")
    func forms() {
        #expect(
            SlackInteraction.field("payload", of: Array("a=b&payload=%7B+%22%C3%A4%22".utf8)) == Array("{ \"ä\"".utf8))
        #expect(SlackInteraction.field("payload", of: Array("payload=%7".utf8)) == nil)
        #expect(SlackInteraction.field("payload", of: Array("payloads=1".utf8)) == nil)
    }
}

@Suite("Links in mails") struct MailLinkTests {
    private let secret = Array("a secret of some length".utf8)
    private var link: MailLink {
        MailLink(
            .approve, incident: "I-1", generation: 2, plan: Digest(of: [1]), state: Digest(of: [2]), person: "ada",
            expires: 1_000, nonce: MailLink.nonce("key", .approve, "ada", secret: secret))
    }

    @Test("A link opens as it was made, until it expires")
    func opens() throws {
        let token = try link.token(secret: secret)
        #expect(try MailLink.open(token, secret: secret, now: 999) == link)
        #expect(throws: MailLink.Fault.expired(1_000)) { try MailLink.open(token, secret: secret, now: 1_000) }
        #expect(throws: MailLink.Fault.forged) { try MailLink.open(token, secret: [1], now: 0) }
        #expect(throws: MailLink.Fault.forged) { try MailLink.open(token, secret: [], now: 0) }
    }

    @Test("A link with any letter changed opens nothing")
    func forged() throws {
        let token = Array(try link.token(secret: secret).utf8)
        for place in token.indices {
            var other = token
            other[place] = other[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(throws: MailLink.Fault.self) {
                try MailLink.open(String(decoding: other, as: UTF8.self), secret: secret, now: 0)
            }
        }
    }

    @Test("The page acts by its form alone, and shows texts as texts")
    func page() throws {
        let page = link.page(token: "t", title: "<script>")
        #expect(page.contains("method=\"post\"") && !page.contains("<script>") && page.contains("&lt;script&gt;"))
        #expect(!page.contains("href"))
    }

    @Test("The nonce is the same for the same mail, and another for another person, action or secret")
    func nonces() {
        let all = [
            MailLink.nonce("k", .approve, "ada", secret: secret), MailLink.nonce("k", .reject, "ada", secret: secret),
            MailLink.nonce("k", .approve, "bob", secret: secret), MailLink.nonce("k", .approve, "ada", secret: [1]),
        ]
        #expect(Set(all).count == 4 && MailLink.nonce("k", .approve, "ada", secret: secret) == all[0])
    }
}

@Suite("Mails") struct MailMessageTests {
    private func mail(_ subject: String, _ text: String = "text", thread: String? = nil) -> MailMessage {
        MailMessage(
            from: "kintsugi@example.org", to: ["ada@example.org"], subject: subject, text: text, html: "<p>x</p>",
            at: 1_900_000_000_000_000_000, key: "I-1/n1>ada", thread: thread)
    }

    @Test(
        "No text ends a header or begins another",
        arguments: ["a\r\nBcc: eve@example.org", "a\nX: b", "ä\r\n\r\nbody", String(repeating: "ä", count: 500)])
    func injection(_ text: String) {
        let mail = mail(text, thread: "<a@b>\r\nBcc: eve@example.org")
        let lines = String(decoding: mail.bytes, as: UTF8.self).split(
            separator: "\r\n", omittingEmptySubsequences: false)
        let head = lines.prefix { !$0.isEmpty }
        #expect(
            !head.contains { $0.hasPrefix("Bcc") || $0.hasPrefix("X:") } && lines.allSatisfy { $0.utf8.count <= 78 })
        #expect(head.allSatisfy { !$0.contains("\n") } && !head.contains { $0.hasPrefix("In-Reply-To") })
    }

    @Test("The same mail has the same bytes, and a thread is named twice")
    func same() {
        let one = mail("a", thread: "<first@example.org>")
        #expect(one.bytes == mail("a", thread: "<first@example.org>").bytes)
        let text = String(decoding: one.bytes, as: UTF8.self)
        #expect(text.contains("In-Reply-To: <first@example.org>\r\nReferences: <first@example.org>\r\n"))
        #expect(text.contains("Date: Sun, 17 Mar 2030 17:46:40 +0000\r\n"), "\(text)")
    }

    @Test("Quoted text has no long line, no bare letter beyond ASCII, and no space at an end of a line")
    func quoted() {
        let text = MailMessage.quoted("ä = b \n.dot\n" + String(repeating: "long ", count: 100) + "\t")
        let lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)
        #expect(lines.allSatisfy { $0.utf8.count <= 76 && !$0.hasSuffix(" ") && !$0.hasSuffix("\t") })
        #expect(lines[0] == "=C3=A4 =3D b=20" && text.utf8.allSatisfy { $0 < 0x80 })
    }
}
