public import Contracts

/// Why something is not from Slack, or not for us.
public enum SlackRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    case unsigned(String)
    case old(seconds: Int64)
    case forged
    case unreadable(String)

    public var description: String {
        switch self {
        case .unsigned(let why): "expected Slack's signature, found \(why)"
        case .old(let seconds):
            "the signature is \(seconds) s from this clock, at most \(SlackSignature.tolerance) s: Slack signs each anew"
        case .forged: "the signature does not fit the body and the signing secret"
        case .unreadable(let why): "expected an interaction of Slack's, found \(why)"
        }
    }

    /// The status that says so over HTTP.
    public var status: Int { if case .unreadable = self { 400 } else { 401 } }
}

/// How Slack signs what it sends: `X-Slack-Signature: v0=HEX`, over `v0:SECONDS:BODY` with the bytes as they came.
public enum SlackSignature {
    public static let tolerance: Int64 = 300

    /// `timestamp` and `signature` are the headers `X-Slack-Request-Timestamp` and `X-Slack-Signature`; `now` is in
    /// nanoseconds since 1970.
    public static func check(
        _ body: [UInt8], timestamp: String?, signature: String?, secret: [UInt8]?, now: Int64
    ) throws(SlackRefusal) {
        guard let timestamp, let signature else { throw .unsigned("none") }
        guard (1...12).contains(timestamp.utf8.count), timestamp.utf8.allSatisfy({ (48...57).contains($0) }),
            let seconds = Int64(timestamp)
        else { throw .unsigned("a time that is no number of seconds") }
        guard signature.hasPrefix("v0="), let given = Digest(signature.dropFirst(3)) else {
            throw .unsigned("something else than v0= and 64 hexadecimal digits")
        }
        guard let secret, !secret.isEmpty else { throw .forged }
        let right = Seal.sign([Array("v0:\(timestamp):".utf8), body], secret)
        guard Seal.isSame(right, given.bytes) else { throw .forged }
        let age = now / 1_000_000_000 - seconds
        guard abs(age) <= tolerance else { throw .old(seconds: age) }
    }
}

/// What a person wants who pressed a button in Slack.
public struct SlackWish: Sendable, Equatable {
    public enum Action: Sendable, Equatable {
        case approve
        case reject(feedback: String)
        case acknowledge
    }

    /// The same when Slack, or somebody, sends the same again: it acts once.
    public var id: String
    /// Slack's id of the user; who that is here, the configuration says.
    public var user: String
    public var action: Action
    public var incident: String
    public var generation: Int
    /// Exactly what was agreed to, or rejected.
    public var plan: Digest?
    public var state: Digest?
}

/// A window in which a person says why a plan is rejected.
public struct SlackWindow: Sendable, Equatable {
    let trigger: String
    let value: String

    var body: JSONValue {
        .object([
            "trigger_id": .text(trigger),
            "view": .object([
                "type": .text("modal"), "callback_id": .text("kintsugi-reject"), "private_metadata": .text(value),
                "title": Self.plain("Reject the plan"), "submit": Self.plain("Reject"), "close": Self.plain("Cancel"),
                "blocks": .list([
                    .object([
                        "type": .text("input"), "block_id": .text("feedback"),
                        "label": Self.plain("What is wrong with it?"),
                        "element": .object([
                            "type": .text("plain_text_input"), "action_id": .text("text"), "multiline": .flag(true),
                            "max_length": .number(3_000),
                        ]),
                    ])
                ]),
            ]),
        ])
    }

    private static func plain(_ text: String) -> JSONValue {
        .object(["type": .text("plain_text"), "text": .text(text)])
    }
}

/// What Slack tells of a person.
public enum SlackInteraction: Sendable, Equatable {
    case wish(SlackWish)
    /// First the person is asked why.
    case ask(SlackWindow)
    /// Nothing for us, such as a closed window.
    case nothing

    private struct Payload: Decodable {
        struct User: Decodable { var id: String }
        struct Pressed: Decodable {
            var name: String?
            var value: String?
            var at: String?
            enum CodingKeys: String, CodingKey {
                case name = "action_id"
                case value
                case at = "action_ts"
            }
        }
        struct Container: Decodable {
            var ts: String?
            enum CodingKeys: String, CodingKey { case ts = "message_ts" }
        }
        struct View: Decodable {
            struct State: Decodable { var values: Values? }
            struct Values: Decodable { var feedback: Feedback? }
            struct Feedback: Decodable { var text: Value? }
            struct Value: Decodable { var value: String? }
            var id: String?
            var callback: String?
            var metadata: String?
            var state: State?
            enum CodingKeys: String, CodingKey {
                case id, state
                case callback = "callback_id"
                case metadata = "private_metadata"
            }
        }
        var type: String
        var user: User?
        var actions: [Pressed]?
        var container: Container?
        var trigger: String?
        var view: View?
        enum CodingKeys: String, CodingKey {
            case type, user, actions, container, view
            case trigger = "trigger_id"
        }
    }

    /// Reads the body of a request whose signature is right: a form with one field, `payload`.
    public static func read(_ body: [UInt8]) throws(SlackRefusal) -> SlackInteraction {
        guard let json = field("payload", of: body) else { throw .unreadable("no field payload") }
        let payload: Payload
        do { payload = try Packed.decode(Payload.self, from: JSONText.pack(json)) } catch {
            throw .unreadable("a payload that cannot be read: \(error)")
        }
        switch payload.type {
        case "block_actions": return try pressed(payload)
        case "view_submission": return try submitted(payload)
        default: return .nothing
        }
    }

    private static func pressed(_ payload: Payload) throws(SlackRefusal) -> SlackInteraction {
        guard let action = payload.actions?.first, action.name?.hasPrefix("kintsugi-") == true else { return .nothing }
        guard let value = action.value, let button = SlackButton(value: value), let user = payload.user?.id else {
            throw .unreadable("a button that is none of ours")
        }
        if button.action == .reject {
            guard let trigger = payload.trigger else { throw .unreadable("no trigger_id") }
            return .ask(SlackWindow(trigger: trigger, value: value))
        }
        let about = [user, payload.container?.ts ?? "", action.at ?? "", value]
        return .wish(wish(button, user, about, button.action == .approve ? .approve : .acknowledge))
    }

    private static func submitted(_ payload: Payload) throws(SlackRefusal) -> SlackInteraction {
        guard payload.view?.callback == "kintsugi-reject" else { return .nothing }
        guard let value = payload.view?.metadata, let button = SlackButton(value: value), button.action == .reject,
            let user = payload.user?.id, let view = payload.view?.id
        else { throw .unreadable("a window that is none of ours") }
        let feedback = payload.view?.state?.values?.feedback?.text?.value ?? ""
        return .wish(wish(button, user, [user, view, value], .reject(feedback: feedback)))
    }

    private static func wish(
        _ button: SlackButton, _ user: String, _ about: [String], _ action: SlackWish.Action
    ) -> SlackWish {
        let bytes = about.flatMap { Array("\($0.utf8.count):\($0)".utf8) }
        return SlackWish(
            id: "slack/" + Digest("kintsugi slack wish 1", of: bytes).description.prefix(32), user: user,
            action: action, incident: button.incident, generation: button.generation, plan: button.plan,
            state: button.state)
    }

    /// One field of a form as browsers send it.
    static func field(_ name: String, of body: [UInt8]) -> [UInt8]? {
        for part in body.split(separator: UInt8(ascii: "&")) {
            let pair = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, pair[0].elementsEqual(name.utf8) else { continue }
            return unescaped(Array(pair[1]))
        }
        return nil
    }

    private static func unescaped(_ text: [UInt8]) -> [UInt8]? {
        var bytes: [UInt8] = []
        var at = 0
        while at < text.count {
            switch text[at] {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard at + 2 < text.count,
                    let byte = UInt8(String(decoding: text[(at + 1)...(at + 2)], as: UTF8.self), radix: 16)
                else { return nil }
                bytes.append(byte)
                at += 2
            default: bytes.append(text[at])
            }
            at += 1
        }
        return bytes
    }
}
