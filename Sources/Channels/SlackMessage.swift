import Contracts
import Notices

/// A message in Slack's Block Kit, within its limits: what is too long is cut, and says so.
struct SlackMessage {
    static let mostBlocks = 50
    static let mostLetters = 3_000
    static let mostOfHeader = 150
    /// Slack refuses somewhat more than 13 000 without saying so in its reference.
    static let mostOfAll = 12_000

    /// What is shown where blocks are not: notifications, and old clients.
    let text: String
    let blocks: [JSONValue]

    init(_ message: ChannelMessage) {
        text = Self.escape(Self.cut(message.headline, 500))
        var room = Self.mostOfAll
        var blocks: [JSONValue] = [Self.header(message.headline)]
        let (last, lastLetters) = Self.end(message)
        room -= Self.mostOfHeader + lastLetters
        let texts = message.isGathered ? Self.gathered(message) : Self.single(message)
        var left = 0
        for text in texts {
            guard blocks.count + last.count + 1 < Self.mostBlocks, room > 200 else {
                left += 1
                continue
            }
            let fitting = Self.cut(text, min(Self.mostLetters, room))
            room -= fitting.utf16.count
            blocks.append(Self.section(fitting))
        }
        if left > 0 { blocks.append(Self.section("_…and more: \(left) part\(left == 1 ? "" : "s") left out here_")) }
        self.blocks = blocks + last
    }

    /// Each name on a line of its own, as many lines in a section as fit.
    private static func gathered(_ message: ChannelMessage) -> [String] {
        var sections: [String] = []
        var lines = ""
        for item in message.items {
            let line = escape(cut(Words.headline(item, message.words), 200))
            if lines.utf16.count + line.utf16.count + 3 > mostLetters {
                sections.append(lines)
                lines = ""
            }
            lines += (lines.isEmpty ? "" : "\n") + "• " + line
        }
        return sections + [lines]
    }

    private static func single(_ message: ChannelMessage) -> [String] {
        Words.parts(ChannelMessage.Item(message.notice, message.facts), message.words).map { part in
            part.name.isEmpty ? escape(part.text) : "*\(part.name)*\n\(escape(part.text))"
        }
    }

    /// Buttons and the line below them, and how many letters these are at most.
    private static func end(_ message: ChannelMessage) -> ([JSONValue], Int) {
        var blocks: [JSONValue] = []
        let buttons = message.isGathered || message.words != .engineer ? [] : SlackButton.all(for: message.notice)
        if !buttons.isEmpty {
            blocks.append(.object(["type": .text("actions"), "elements": .list(buttons.map(\.block))]))
        }
        var line = "Kintsugi · \(message.notice.incident) · generation \(message.notice.generation)"
        if let link = message.facts.link, link.utf16.count < 1_000 { line += " · <\(escape(link))|console>" }
        blocks.append(
            .object([
                "type": .text("context"), "elements": .list([.object(["type": .text("mrkdwn"), "text": .text(line)])]),
            ]))
        return (blocks, line.utf16.count + buttons.count * 200)
    }

    private static func header(_ text: String) -> JSONValue {
        .object([
            "type": .text("header"),
            "text": .object([
                "type": .text("plain_text"), "text": .text(cut(escape(text), mostOfHeader)), "emoji": .flag(false),
            ]),
        ])
    }

    private static func section(_ text: String) -> JSONValue {
        .object([
            "type": .text("section"),
            "text": .object(["type": .text("mrkdwn"), "text": .text(text.isEmpty ? "…" : text)]),
        ])
    }

    /// Slack's three letters; so no text is a link, a mention or a call to everybody.
    static func escape(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    /// Never in the middle of an escape, and counted as Slack counts.
    static func cut(_ text: String, _ most: Int) -> String {
        guard text.utf16.count > most else { return text }
        var kept = ""
        var count = 0
        for letter in text {
            count += letter.utf16.count
            if count > most - 1 { break }
            kept.append(letter)
        }
        if let open = kept.lastIndex(of: "&"), !kept[open...].contains(";") { kept = String(kept[..<open]) }
        return kept + "…"
    }
}

/// A button, whose value binds the answer to exactly what was shown.
struct SlackButton: Sendable, Equatable {
    enum Action: String, Sendable, CaseIterable { case approve, reject, acknowledge }

    var action: Action
    var incident: String
    var generation: Int
    var plan: Digest?
    var state: Digest?

    static func all(for notice: IncidentNotice) -> [SlackButton] {
        let knows = SlackButton(action: .acknowledge, incident: notice.incident, generation: notice.generation)
        switch notice.kind {
        case .approvalNeeded:
            guard let plan = notice.plan, let state = notice.state else { return [knows] }
            return [.approve, .reject].map { action in
                SlackButton(
                    action: action, incident: notice.incident, generation: notice.generation, plan: plan, state: state)
            } + [knows]
        case .opened, .priorityRaised, .escalated: return [knows]
        default: return []
        }
    }

    /// What Slack sends back as it is.
    var value: String {
        (["1", action.rawValue, incident, "\(generation)"] + [plan, state].compactMap { $0?.description })
            .joined(separator: " ")
    }

    /// Nil for what no button of ours has.
    init?(value: String) {
        let words = value.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard words.count == 4 || words.count == 6, words[0] == "1", let action = Action(rawValue: words[1]),
            (1...64).contains(words[2].utf8.count), let generation = Int(words[3])
        else { return nil }
        self.init(action: action, incident: words[2], generation: generation)
        if words.count == 6 {
            guard let plan = Digest(words[4]), let state = Digest(words[5]) else { return nil }
            self.plan = plan
            self.state = state
        }
        guard (action == .acknowledge) == (plan == nil) else { return nil }
    }

    init(action: Action, incident: String, generation: Int, plan: Digest? = nil, state: Digest? = nil) {
        self.action = action
        self.incident = incident
        self.generation = generation
        self.plan = plan
        self.state = state
    }

    var block: JSONValue {
        let (name, style): (String, String?) =
            switch action {
            case .approve: ("Approve", "primary")
            case .reject: ("Reject…", "danger")
            case .acknowledge: ("I know of it", nil)
            }
        return .object([
            "type": .text("button"), "action_id": .text("kintsugi-\(action.rawValue)"),
            "text": .object(["type": .text("plain_text"), "text": .text(name), "emoji": .flag(false)]),
            "style": style.map { .text($0) }, "value": .text(value),
        ])
    }
}
