import Contracts
import Testing

@testable import Channels

@Suite("What people press in Slack") struct SlackWishTests {
    private func body(_ json: String) -> [UInt8] {
        let escaped = json.utf8.map { byte in
            (48...57).contains(byte) || (97...122).contains(byte) || (65...90).contains(byte)
                ? String(UnicodeScalar(byte)) : "%" + Seal.hexadecimal([byte])
        }
        return Array("payload=\(escaped.joined())".utf8)
    }

    private func pressed(_ button: SlackButton, at: String = "1.5", user: String = "U1") -> [UInt8] {
        body(
            """
            {"type":"block_actions","user":{"id":"\(user)"},"trigger_id":"T","unknown":{"x":[1]},
             "container":{"message_ts":"1.0"},"actions":[{"action_id":"kintsugi-\(button.action.rawValue)",
             "action_ts":"\(at)","value":"\(button.value)"}]}
            """)
    }

    @Test("A button is a wish bound to what was shown; the same delivery again has the same id, another has another")
    func approves() throws {
        let button = SlackButton.all(for: notice(.approvalNeeded))[0]
        guard case .wish(let wish) = try SlackInteraction.read(pressed(button)),
            case .wish(let again) = try SlackInteraction.read(pressed(button)),
            case .wish(let other) = try SlackInteraction.read(pressed(button, user: "U2"))
        else {
            Issue.record("no wish")
            return
        }
        #expect(wish == again && wish.id != other.id && wish.action == .approve && wish.user == "U1")
        #expect(wish.plan == Digest(of: [1]) && wish.state == Digest(of: [2]) && wish.generation == 2)
    }

    @Test("To reject opens a window, and what is written there is the feedback")
    func rejects() throws {
        let button = SlackButton.all(for: notice(.approvalNeeded))[1]
        guard case .ask(let window) = try SlackInteraction.read(pressed(button)) else {
            Issue.record("no window")
            return
        }
        #expect(
            window.body["trigger_id"]?.string == "T" && window.body["view"]?["private_metadata"]?.string == button.value
        )
        let submitted = body(
            """
            {"type":"view_submission","user":{"id":"U1"},"view":{"id":"V1","callback_id":"kintsugi-reject",
             "private_metadata":"\(button.value)","state":{"values":{"feedback":{"text":{"type":"x","value":"too wide"}}}}}}
            """)
        guard case .wish(let wish) = try SlackInteraction.read(submitted) else {
            Issue.record("no wish")
            return
        }
        #expect(wish.action == .reject(feedback: "too wide") && wish.plan == button.plan)
    }

    @Test("What is none of ours is nothing, and what looks like ours and is not is refused")
    func others() throws {
        #expect(try SlackInteraction.read(body(#"{"type":"view_closed","user":{"id":"U1"}}"#)) == .nothing)
        #expect(
            try SlackInteraction.read(body(#"{"type":"block_actions","actions":[{"action_id":"x","value":"y"}]}"#))
                == .nothing)
        for json in [
            "[", "{}",
            #"{"type":"block_actions","user":{"id":"U"},"actions":[{"action_id":"kintsugi-approve","value":"y"}]}"#,
            #"{"type":"view_submission","view":{"callback_id":"kintsugi-reject","private_metadata":"1 approve"}}"#,
        ] {
            #expect(throws: SlackRefusal.self) { try SlackInteraction.read(body(json)) }
        }
    }
}
