public import Contracts

/// Why a request is refused: the status, and a sentence for its sender. Sending it again would not help.
public struct IntakeRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    public var status: Int
    public var text: String
    /// One by one, where the format has a place for it.
    public var errors: [String]

    init(_ status: Int, _ text: String, errors: [String] = []) {
        self.status = status
        self.text = text
        self.errors = errors
    }

    public var description: String { text }

    /// The body is packed.
    public static func packed(_ packing: String) -> IntakeRefusal {
        IntakeRefusal(415, "Send the body as it is; it was packed by \(packing.prefix(40)).")
    }
}

/// What of a request is read at most.
public struct IntakeLimits: Sendable, Equatable {
    /// Bytes of a body.
    public var bytes = 16 << 20
    /// Alerts of one request.
    public var alerts = 20_000
    public var labels = 128
    public var nameBytes = 256
    /// Longer values of labels are cut; those of more than `absurdBytes` are refused.
    public var valueBytes = 4_096
    public var absurdBytes = 65_536
    /// Longer texts are cut.
    public var textBytes = 4_096

    public init() {}
}

/// How a sender's words are understood.
public struct IntakeWords: Sendable, Equatable {
    /// Labels that may name the service, the first that is there.
    public var nodeLabels = ["service", "service_name", "app", "application", "deployment", "job"]
    /// Labels that may say how grave it is.
    public var severityLabels = ["severity", "priority", "level"]
    public var limits = IntakeLimits()

    public init() {}
}

/// What a request says.
public struct IntakeResult: Sendable, Equatable {
    public var alerts: [RaisedAlert]
    /// What was left out or cut, and why: for the sender, and for the log.
    public var notes: [String]

    init(_ alerts: [RaisedAlert], notes: [String] = []) {
        self.alerts = alerts
        self.notes = notes
    }
}

/// Collects the alerts of a request: a bad one leaves the others as they are, and if none is good the request is refused.
struct Gathering {
    private(set) var alerts: [RaisedAlert] = []
    private(set) var notes: [String] = []
    private var faults: [String] = []
    private static let mostNotes = 20

    mutating func note(_ text: String) {
        if notes.count < Self.mostNotes { notes.append(text) }
    }

    mutating func take(_ index: Int, _ read: (inout Gathering) throws(IntakeRefusal) -> RaisedAlert) {
        do throws(IntakeRefusal) {
            alerts.append(try read(&self))
        } catch {
            faults.append("alert \(index): \(error.text)")
        }
    }

    func result() throws(IntakeRefusal) -> IntakeResult {
        guard !alerts.isEmpty || faults.isEmpty else {
            let first = faults.prefix(Self.mostNotes)
            throw IntakeRefusal(
                422, "No alert of these could be taken: \(first.joined(separator: "; "))", errors: Array(first))
        }
        return IntakeResult(alerts, notes: notes + faults.prefix(Self.mostNotes).map { "left out: \($0)" })
    }
}

extension String {
    /// At most so many bytes, with a mark where something was cut.
    func cut(_ most: Int) -> String {
        guard utf8.count > most else { return self }
        let mark = " …(cut)"
        var letters = String.UnicodeScalarView()
        var left = most - mark.utf8.count
        for letter in unicodeScalars {
            left -= UTF8.width(letter)
            guard left >= 0 else { break }
            letters.append(letter)
        }
        return String(letters) + mark
    }
}

/// How grave a sender says that it is.
enum SeverityWords {
    static func read(_ word: String) -> FindingSeverity {
        switch word.lowercased() {
        case "critical", "crit", "fatal", "emergency", "page", "disaster", "error", "major", "high", "alert", "p1",
            "p2",
            "sev1", "sev2", "1", "2":
            .critical
        case "info", "information", "informational", "notice", "note", "ok", "none", "debug", "low", "minor", "p4",
            "p5",
            "sev4", "sev5", "4", "5":
            .notice
        default: .warning
        }
    }
}

/// The labels of an alert, as they came.
struct LabelReading {
    /// Whole: the fingerprint is that of what was sent.
    private(set) var whole: [SignalLabel] = []
    /// As they are kept.
    private(set) var kept: [SignalLabel] = []

    init(_ tree: JSONTree?, _ limits: IntakeLimits, _ gathering: inout Gathering) throws(IntakeRefusal) {
        guard let tree else { return }
        guard let members = tree.members else {
            throw IntakeRefusal(422, "expected an object of labels, found \(tree.kind)")
        }
        guard members.count <= limits.labels else {
            throw IntakeRefusal(422, "expected at most \(limits.labels) labels, found \(members.count)")
        }
        for member in members {
            guard let value = member.value.word else { continue }
            try add(member.name, value, limits, &gathering)
        }
        whole.sort()
        kept.sort()
    }

    private mutating func add(
        _ name: String, _ value: String, _ limits: IntakeLimits, _ gathering: inout Gathering
    ) throws(IntakeRefusal) {
        guard (1...limits.nameBytes).contains(name.utf8.count) else {
            throw IntakeRefusal(
                422, "expected names of labels of 1 to \(limits.nameBytes) bytes, found one of \(name.utf8.count)")
        }
        guard value.utf8.count <= limits.absurdBytes else {
            throw IntakeRefusal(
                422,
                "expected at most \(limits.absurdBytes) bytes in the label \(name.prefix(60)), found \(value.utf8.count)"
            )
        }
        // By the format a label that is empty is one that is not there; the last of two of one name counts.
        whole.removeAll { $0.name == name }
        kept.removeAll { $0.name == name }
        guard !value.isEmpty else { return }
        if value.utf8.count > limits.valueBytes {
            gathering.note("the label \(name.prefix(60)) was cut to \(limits.valueBytes) bytes")
        }
        whole.append(SignalLabel(name, value))
        kept.append(SignalLabel(name, value.cut(limits.valueBytes)))
    }

    func first(of names: [String]) -> String? {
        names.lazy.compactMap { name in whole.first { $0.name == name }?.value }.first
    }

    /// The same labels have the same one, whoever sends them and in whatever order.
    var fingerprint: String {
        var bytes: [UInt8] = []
        for label in whole {
            for part in [label.name, label.value] { bytes += Array("\(part.utf8.count):\(part)".utf8) }
        }
        return "labels/" + Digest("kintsugi labels 1", of: bytes).description.prefix(32)
    }
}
