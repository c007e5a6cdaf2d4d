public import Contracts

/// What is said: to engineers everything that is known, to who pays what it means.
public enum Words {
    /// A part of a message, with its name; without one where it is the text itself.
    public struct Part: Sendable, Equatable {
        public var name: String
        public var text: String

        public init(_ name: String, _ text: String) {
            self.name = name
            self.text = text
        }
    }

    /// What happened, in a line.
    public static func headline(_ item: ChannelMessage.Item, _ words: Audience.Words) -> String {
        let notice = item.notice
        switch words {
        case .engineer: return "P\(notice.priority) \(notice.incident) \(happening(notice.kind)): \(notice.title)"
        case .payer: return "\(notice.incident): \(outcome(notice.kind))"
        }
    }

    /// So many at once, in a line.
    public static func headline(gathered items: [ChannelMessage.Item]) -> String {
        var incidents: [String] = []
        for item in items where !incidents.contains(item.notice.incident) { incidents.append(item.notice.incident) }
        let names = incidents.prefix(5).joined(separator: ", ") + (incidents.count > 5 ? ", …" : "")
        return "\(items.count) notices about \(incidents.count) incident\(incidents.count == 1 ? "" : "s"): \(names)"
    }

    /// All that there is to say of one notice, in order.
    public static func parts(_ item: ChannelMessage.Item, _ words: Audience.Words) -> [Part] {
        let (notice, facts) = (item.notice, item.facts)
        guard words == .engineer else { return [Part("", paragraph(notice))] }
        var parts: [Part] = []
        if !notice.text.isEmpty { parts.append(Part("", notice.text)) }
        if let cause = facts.cause { parts.append(Part("Cause", cause)) }
        if let plan = facts.plan { parts.append(Part("Plan", plan)) }
        if let verdict = facts.verdict { parts.append(Part("Verdict", verdict)) }
        if let plan = notice.plan, let state = notice.state {
            parts.append(
                Part("Agreement is to", "plan \(plan.brief), state \(state.brief), generation \(notice.generation)"))
        }
        return parts
    }

    /// As plain text.
    public static func text(_ message: ChannelMessage) -> String {
        if message.isGathered {
            let lines = message.items.map { headline($0, message.words) }
            return ([message.headline, ""] + lines).joined(separator: "\n")
        }
        let lines = parts(ChannelMessage.Item(message.notice, message.facts), message.words).map {
            $0.name.isEmpty ? $0.text : "\($0.name): \($0.text)"
        }
        let link = message.facts.link.map { ["", $0] } ?? []
        return ([message.headline, ""] + lines + link).joined(separator: "\n")
    }

    /// As an engineer calls it.
    public static func happening(_ kind: IncidentNotice.Kind) -> String {
        switch kind {
        case .opened: "opened"
        case .priorityRaised: "is more urgent"
        case .diagnosed: "diagnosed"
        case .approvalNeeded: "needs your approval"
        case .acting: "is being mended"
        case .rejected: "plan rejected"
        case .rolledBack: "fix taken back"
        case .escalated: "needs a person"
        case .resolved: "resolved"
        case .suppressed: "put down as noise"
        case .failed: "given up"
        case .commented: "comment"
        }
    }

    /// What it means, in a line.
    private static func outcome(_ kind: IncidentNotice.Kind) -> String {
        switch kind {
        case .opened: "part of the service is disturbed"
        case .priorityRaised: "the disturbance is larger than it was"
        case .diagnosed, .commented: "the disturbance is being looked into"
        case .approvalNeeded: "a repair waits for a decision"
        case .acting: "the repair is under way"
        case .rejected, .rolledBack: "another repair is being looked for"
        case .escalated: "our engineers are on it"
        case .resolved: "the service is back to normal"
        case .suppressed: "there was no disturbance"
        case .failed: "the case was closed without a repair"
        }
    }

    /// One paragraph without the words of the trade.
    private static func paragraph(_ notice: IncidentNotice) -> String {
        let since = CivilTime(seconds: notice.at / 1_000_000_000)
        let (hour, minute) = (since.second / 3_600, since.second / 60 % 60)
        let clock = "\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute) UTC"
        let who = notice.priority <= 1 ? "Most customers" : notice.priority == 2 ? "Many customers" : "Some customers"
        let begin = "Case \(notice.incident), as of \(clock): \(outcome(notice.kind))."
        switch notice.kind {
        case .opened, .priorityRaised:
            return begin
                + " \(who) may notice slow answers or errors. It is being looked into; you will be told how it ends."
        case .diagnosed, .approvalNeeded, .acting, .rejected, .rolledBack, .commented:
            return begin + " \(who) may still notice slow answers or errors. You will be told how it ends."
        case .escalated:
            return begin
                + " It could not be mended by itself, so a person has been called. You will be told how it ends."
        case .resolved: return begin + " Nothing needs to be done. A report follows."
        case .suppressed: return begin + " It was a false alarm. Nothing needs to be done."
        case .failed: return begin + " Please ask the engineers what follows from it."
        }
    }
}
