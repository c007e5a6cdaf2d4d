import Alerting
import Contracts

/// What the book knows of one fingerprint: its latest episode, and what it remembers of the earlier ones.
struct Entry: Sendable {
    var alert: RaisedAlert
    /// When the episode began, as the sender's own clock has it.
    var told: Int64
    var firstHeard: Int64
    var lastHeard: Int64
    var deliveries = 1
    /// What stands about this episode.
    var receipt: AlertReceipt
    /// The incident that it belongs to, or that its last episode belonged to.
    var opening: Int?
    /// It counts among the alerts of that incident which have not ended.
    var isMember = false
    /// It, or an earlier episode, began an incident.
    var hasOpened = false
    /// Its end was not told: it was not repeated in time.
    var hasExpired = false
    /// Labels and text are not kept: it is one of too many.
    var isBrief = false
    var flaps = FlapWatch()
    var past: [DatedDecision] = []
    /// Which inhibitions it is a source of, with what has to be the same.
    var inhibits: [String] = []
    /// Changes with every episode and with its end.
    var token = 0
    var bytes = 0

    init(_ alert: RaisedAlert, told: Int64, now: Int64) {
        self.alert = alert
        self.told = told
        firstHeard = now
        lastHeard = now
        receipt = AlertReceipt(fingerprint: alert.fingerprint, disposition: .watched)
    }

    var isFiring: Bool { alert.state == .firing }

    /// Bytes, as far as they depend on what was sent.
    var weight: Int {
        let own = 2 * alert.fingerprint.utf8.count + alert.name.utf8.count + alert.node.utf8.count
        let said = alert.text.utf8.count + alert.sender.utf8.count + (alert.link?.utf8.count ?? 0)
        let labels = alert.labels.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 40 }
        let reasons = past.reduce(receipt.weight) { $0 + $1.receipt.weight }
        return 500 + own + said + labels + reasons
    }

    /// Of what it keeps only what decisions need.
    mutating func shorten() {
        alert.labels = []
        alert.text = ""
        alert.link = nil
        past = []
        isBrief = true
    }

    /// As it is to be kept; what is not known any more is taken from what was just sent.
    func record(_ sent: RaisedAlert? = nil) -> AlertRecord {
        var whole = alert
        if isBrief, let sent { (whole.labels, whole.text, whole.link) = (sent.labels, sent.text, sent.link) }
        return AlertRecord(
            alert: whole, firstHeard: firstHeard, lastHeard: lastHeard, deliveries: deliveries, receipt: receipt)
    }
}

extension AlertReceipt {
    var weight: Int { reasons.reduce(100) { $0 + $1.rule.utf8.count + $1.text.utf8.count + 60 } }
}

/// An incident that is open.
struct Standing: Sendable {
    let opening: Int
    var isOwn = false
    var impact = Impact()
    var priority = AlertPriority.fourth
    var alerts = 0
    var firing = 0
    var samples: [String] = []
    /// Nanoseconds since 1970 of its last alert.
    var last: Int64

    init(_ opening: Int, now: Int64) {
        self.opening = opening
        last = now
    }
}

/// An incident that was open.
struct Passed: Sendable {
    var opening: Int
    var nodes: [String]
    var isOwn: Bool
    var at: Int64
}

/// Fingerprints in the order in which something happened to them; which of them are still so is for the asker to say.
struct Arrivals: Sendable {
    private var items: [(fingerprint: String, token: Int)] = []
    private var first = 0

    var count: Int { items.count - first }

    mutating func add(_ fingerprint: String, _ token: Int) { items.append((fingerprint, token)) }

    mutating func next() -> (fingerprint: String, token: Int)? {
        guard first < items.count else { return nil }
        let item = items[first]
        first += 1
        if first > 1_000, first * 2 > items.count {
            items.removeFirst(first)
            first = 0
        }
        return item
    }

    /// Leaves out those that are so no longer.
    mutating func clean(_ isSo: (String, Int) -> Bool) {
        items = items[first...].filter { isSo($0.fingerprint, $0.token) }
        first = 0
    }
}
