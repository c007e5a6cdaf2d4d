public import Contracts

/// What one channel is asked to say.
public struct ChannelMessage: Sendable, Equatable {
    /// One notice, in the words of its audience.
    public struct Item: Sendable, Equatable {
        public var notice: IncidentNotice
        public var facts: NoticeFacts

        public init(_ notice: IncidentNotice, _ facts: NoticeFacts = NoticeFacts()) {
            self.notice = notice
            self.facts = facts
        }
    }

    /// The same however often it is tried: what a channel can tell a repetition by.
    public var key: String
    /// An earlier attempt may have arrived.
    public var isRepeat: Bool
    public var purpose: Dispatch.Purpose
    public var words: Audience.Words
    /// The first is the one that the message is about; more where they were gathered.
    public var items: [Item]
    /// What the channel called its first message about this incident.
    public var thread: String?

    /// Nil without an item.
    public init?(
        key: String, isRepeat: Bool = false, purpose: Dispatch.Purpose = .notice, words: Audience.Words = .engineer,
        items: [Item], thread: String? = nil
    ) {
        guard let first = items.first else { return nil }
        self.key = key
        self.isRepeat = isRepeat
        self.purpose = purpose
        self.words = words
        self.items = items
        self.thread = thread
        self.first = first
    }

    private let first: Item

    /// The notice that it is about.
    public var notice: IncidentNotice { first.notice }
    public var facts: NoticeFacts { first.facts }
    public var isGathered: Bool { items.count > 1 }
    /// In one line.
    public var headline: String {
        let line = isGathered ? Words.headline(gathered: items) : Words.headline(first, words)
        return String(line.map { $0.isNewline || $0 == "\t" ? " " : $0 })
    }
}

/// A way to tell people something.
public protocol NoticeChannel: Sendable {
    /// Says it, or why not. The same message may come again: what can tell that, tells it by the key.
    func send(_ message: ChannelMessage) async -> ChannelAnswer
}

/// What is known of an incident beside the notice; each may be missing.
public struct NoticeFacts: Codable, Sendable, Equatable {
    public var cause: String?
    public var plan: String?
    public var verdict: String?
    /// Where a person sees all of it.
    public var link: String?

    public init(cause: String? = nil, plan: String? = nil, verdict: String? = nil, link: String? = nil) {
        self.cause = cause
        self.plan = plan
        self.verdict = verdict
        self.link = link
    }

    /// As an incident stands now.
    public init(_ incident: Incident, link: String?) {
        self.link = link
        if let best = incident.diagnosis?.hypotheses.first {
            let percent = Int((best.confidence * 100).rounded())
            let change = best.change.map { "; \($0.text)" } ?? ""
            cause = "\(best.category) in \(best.node), \(percent) % sure\(change)"
        }
        if let offer = incident.plan {
            let steps = offer.plan.steps.map(\.text).filter { !$0.isEmpty }
            plan = steps.isEmpty ? offer.plan.text : steps.joined(separator: "; ")
        }
        if let verdict = incident.verdict {
            let reasons = verdict.reasons.filter { $0.outcome == verdict.outcome }.map(\.text)
            self.verdict = ([verdict.outcome.rawValue] + reasons).joined(separator: ": ")
        }
    }
}
