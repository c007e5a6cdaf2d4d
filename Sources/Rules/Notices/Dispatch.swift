public import Contracts

/// One notice on its way to one channel: a row of the shell's table.
public struct Dispatch: Codable, Sendable, Equatable {
    public typealias State = SentNotification.Outcome

    /// What the channel is told.
    public enum Purpose: String, Codable, Sendable, Equatable, CaseIterable {
        case notice
        /// Somebody knows of the incident.
        case acknowledgement
    }

    /// Why it was given up.
    public enum Ending: String, Codable, Sendable, Equatable, CaseIterable {
        /// The channel will never take it, or did not take it often enough: a dead letter.
        case refused, exhausted
        /// Somebody knew of the incident already.
        case acknowledged
        /// A person gave it up.
        case dropped
    }

    /// `NOTICE>CHANNEL`: the same notice goes to a channel once.
    public var id: String
    public var notice: String
    public var incident: String
    public var generation: Int
    public var kind: IncidentNotice.Kind
    public var priority: Int
    public var channel: String
    public var audience: String
    public var purpose: Purpose
    /// In which order they leave.
    public var number: Int64
    /// Nanoseconds since 1970, as all times here.
    public var created: Int64
    /// Until the end of quiet hours.
    public var heldUntil: Int64 = 0
    /// After a failure.
    public var notBefore: Int64 = 0
    public var attempts = 0
    /// An attempt was made whose answer is not known.
    public var mayHaveArrived = false
    /// The dispatch whose message names this one too.
    public var into: String?
    /// It carries others.
    public var isGathering = false
    /// A person wants it sent, whoever knows of the incident.
    public var isWanted = false
    public var state = State.waiting
    public var ending: Ending?
    /// When it left, or was given up.
    public var ended: Int64?
    /// What the channel calls it.
    public var reference: String?
    /// Why it waits, or was given up, in a sentence.
    public var reason = ""

    init(
        _ notice: IncidentNotice, _ channel: String, _ audience: String, number: Int64, at created: Int64,
        purpose: Purpose = .notice
    ) {
        id = "\(notice.id)>\(channel)"
        self.notice = notice.id
        incident = notice.incident
        generation = notice.generation
        kind = notice.kind
        priority = notice.priority
        self.channel = channel
        self.audience = audience
        self.purpose = purpose
        self.number = number
        self.created = created
    }

    /// It did not arrive as far as is known, and a person may send it again.
    public var isDeadLetter: Bool { state == .givenUp && (ending == .refused || ending == .exhausted) }

    /// As it is told on the bus.
    public var asNotification: SentNotification {
        SentNotification(
            notice: notice, channel: channel, outcome: state, text: reason.isEmpty ? kind.rawValue : reason,
            at: ended ?? created)
    }

    var mayBeGathered: Bool { purpose == .notice && kind.mayBeGathered && attempts == 0 && into == nil }
}

/// Somebody who knows of an incident: nobody is woken for it any more, in this generation.
public struct Acknowledgement: Codable, Sendable, Equatable {
    public var incident: String
    public var generation: Int
    public var person: String
    public var at: Int64

    public init(incident: String, generation: Int, person: String, at: Int64) {
        self.incident = incident
        self.generation = generation
        self.person = person
        self.at = at
    }
}

/// What may happen to notices.
public enum NoticeEvent: Sendable, Equatable {
    /// Delivered at least once.
    case notice(IncidentNotice)
    case acknowledged(Acknowledgement)
    /// What a channel said to the message of a dispatch.
    case answered(dispatch: String, ChannelAnswer)
    /// Nothing but time has passed.
    case time
    /// A person sends a dead letter again.
    case redrive(Dispatch, by: String)
    /// A person gives one up.
    case drop(Dispatch, by: String)
}

/// What the shell has to do, in this order: all rows in one transaction, and then the messages.
public enum NoticeEffect: Sendable, Equatable {
    /// To be known from now on, with its words.
    case know(IncidentNotice)
    case keep(Dispatch)
    case keepAcknowledgement(Acknowledgement)
    /// To one channel: the dispatch, and those that are gathered into it, in their order.
    case send(Dispatch, with: [Dispatch])
}

/// What a channel says to a message.
public enum ChannelAnswer: Sendable, Equatable {
    /// What it calls the message from now on.
    case sent(reference: String)
    /// It can be tried again, not before so many nanoseconds; `mayHaveArrived` where the answer is not known.
    case later(after: Int64, why: String, mayHaveArrived: Bool)
    /// The same would be refused again.
    case never(why: String)
}
