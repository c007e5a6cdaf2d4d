/// One wish of a batch to the carrier.
public struct CarrierItem: Sendable, Equatable {
    /// What is wished for.
    public enum Kind: Sendable, Equatable { case booking, cancelling }
    /// Its idempotency key, by which the carrier's answer names it.
    public var key: String
    /// Only an answer of the same kind is one to it.
    public var kind: Kind

    public init(key: String, kind: Kind) {
        self.key = key
        self.kind = kind
    }
}

/// What the carrier says to one wish.
public struct CarrierAnswer: Sendable, Equatable {
    /// What it says.
    public enum Result: Sendable, Equatable {
        case booked(reference: String)
        /// There is no such booking any more, or there never will be one.
        case cancelled
        case refused(reason: String)
        case later(reason: String)
    }
    /// The key of the wish that it answers.
    public var key: String
    /// What it says about it.
    public var result: Result

    public init(key: String, result: Result) {
        self.key = key
        self.result = result
    }
}

/// How one HTTP call to the carrier ended.
public enum CarrierReply: Sendable, Equatable {
    /// The answers are nil where the body is none that can be read.
    case answered(status: Int, answers: [CarrierAnswer]?, retryAfter: Duration?)
    /// No connection, no answer in time, an answer cut in the middle.
    case failed(reason: String)
}

/// What a reply of the carrier means for each wish, and for the breaker.
///
/// Nothing counts as done but the right answer, given once, to the right key: a wish whose answer is wrong or missing
/// goes again under the same key, which the carrier must know again. A reply that is right for nobody says that the
/// carrier is wrong, and no wish is blamed for it; one that is right for others lays it to the wishes that it is wrong
/// for, so that one of them for which it is always wrong ends at the dead letters and holds up nobody.
///
/// Of the carrier two things are demanded: a key that it has seen gets the answer that it got then; and the
/// cancellation of a booking that it has not seen is kept, so that the booking, coming later, books nothing.
public struct CarrierVerdict: Sendable, Equatable {
    /// What is to be done about one wish.
    public enum Outcome: Sendable, Equatable {
        /// To be written into the delivery, then answered.
        case booked(reference: String)
        case cancelled
        /// To be written into the delivery; an attempt.
        case refused(reason: String)
        /// An attempt too, but nothing is known about the delivery: it may be booked.
        case doubtful(reason: String)
        /// Says nothing about the wish: again later, however often.
        case unavailable(reason: String)
        /// At once, in a call of its own: one of the batch may have spoilt it for all.
        case alone
    }

    /// One for each item, in their order.
    public let outcomes: [Outcome]
    /// What the breaker is to hear.
    public let report: CircuitBreaker.Report

    /// How long the carrier is left alone when it asks for that and does not say for how long.
    public static let usualPause = Duration.seconds(1)
    /// A longer reference is none: it is kept in a table and shown.
    public static let longestReference = 128

    /// What a reply to a call that carried these items means.
    public init(_ items: [CarrierItem], _ reply: CarrierReply) {
        switch reply {
        case .failed(let reason): self.init(items, all: .unavailable(reason: reason), .failure)
        case .answered(let status, let answers, let retryAfter):
            switch status {
            case 200..<300: self.init(items, answers)
            case 400, 402, 406, 409...428, 430...499: self.init(items, refusedWith: status)
            case 429: self.init(items, pause: retryAfter ?? Self.usualPause, status)
            case 503: self.init(items, unavailableFor: retryAfter)
            // Ours to mend (the key, the address), or its own; neither is any wish's fault.
            default: self.init(items, all: .unavailable(reason: "the carrier answered \(status)"), .failure)
            }
        }
    }

    private init(_ items: [CarrierItem], all outcome: Outcome, _ report: CircuitBreaker.Report) {
        self.init(items.map { _ in outcome }, report)
    }

    private init(_ outcomes: [Outcome], _ report: CircuitBreaker.Report) {
        self.outcomes = outcomes
        self.report = report
    }

    private init(_ items: [CarrierItem], pause: Duration, _ status: Int) {
        self.init(items, all: .unavailable(reason: "the carrier answered \(status)"), .pause(pause))
    }

    private init(_ items: [CarrierItem], unavailableFor retryAfter: Duration?) {
        guard let retryAfter else {
            self.init(items, all: .unavailable(reason: "the carrier answered 503"), .failure)
            return
        }
        self.init(items, pause: retryAfter, 503)
    }

    /// It lives, and does not like what it was sent.
    private init(_ items: [CarrierItem], refusedWith status: Int) {
        self.init(
            items, all: items.count == 1 ? .refused(reason: "the carrier answered \(status)") : .alone, .success)
    }

    private init(_ items: [CarrierItem], _ answers: [CarrierAnswer]?) {
        guard let answers else {
            self.init(items, all: .unavailable(reason: "the carrier's answer cannot be read"), .failure)
            return
        }
        // By sorting, so that an answer of any length costs little.
        let sorted = answers.indices.sorted { (answers[$0].key, $0) < (answers[$1].key, $1) }.map { answers[$0] }
        var known = 0
        let found = items.map { item in
            let place = sorted.firstPlace { $0.key < item.key }
            let given = sorted[place...].prefix { $0.key == item.key }
            known += given.count
            return Self.outcome(of: item, given)
        }
        let isRight = found.allSatisfy { !$0.isDoubtful } && known == answers.count
        guard found.contains(where: { !$0.isDoubtful }) else {
            let reason = items.isEmpty ? "" : found[0].reason
            self.init(items, all: .unavailable(reason: reason), .failure)
            return
        }
        self.init(found, isRight ? .success : .failure)
    }

    private static func outcome(of item: CarrierItem, _ given: ArraySlice<CarrierAnswer>) -> Outcome {
        guard let answer = given.first else { return .doubtful(reason: "the carrier's answer does not name it") }
        guard given.count == 1 else { return .doubtful(reason: "the carrier's answer names it \(given.count) times") }
        switch (answer.result, item.kind) {
        case (.booked(let reference), .booking):
            guard !reference.isEmpty, reference.utf8.count <= longestReference else {
                return .doubtful(reason: "the carrier's reference has \(reference.utf8.count) bytes")
            }
            return .booked(reference: reference)
        case (.cancelled, .cancelling): return .cancelled
        case (.refused(let reason), _): return .refused(reason: reason)
        case (.later(let reason), _): return .unavailable(reason: reason)
        case (.booked, .cancelling): return .doubtful(reason: "the carrier booked what it was to cancel")
        case (.cancelled, .booking): return .doubtful(reason: "the carrier cancelled what it was to book")
        }
    }
}

extension CarrierVerdict.Outcome {
    fileprivate var isDoubtful: Bool {
        if case .doubtful = self { true } else { false }
    }

    fileprivate var reason: String {
        switch self {
        case .doubtful(let reason), .refused(let reason), .unavailable(let reason): reason
        case .booked, .cancelled, .alone: ""
        }
    }
}

extension Array {
    /// The first place whose element does not come before what is looked for; the array is sorted.
    fileprivate func firstPlace(after comesBefore: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if comesBefore(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
