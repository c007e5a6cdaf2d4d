public import Contracts

extension RaisedAlert {
    /// The label under which stands which event it was, where a sender names each of them.
    public static let eventLabel = "event.id"

    /// What telemetry noticed, as an alert. The finding's own key is the fingerprint: told again, it is the same.
    public init(_ finding: Finding, sender: String = "") {
        var labels = [SignalLabel("subject", finding.subject)]
        if let instance = finding.instance { labels.append(SignalLabel("instance", instance)) }
        if !finding.endangers.isEmpty {
            labels.append(SignalLabel("endangers", finding.endangers.joined(separator: ",")))
        }
        if let trace = finding.trace { labels.append(SignalLabel("trace", trace)) }
        self.init(
            .telemetry, fingerprint: finding.key, name: finding.kind.rawValue, node: finding.node,
            severity: finding.severity, state: finding.isLasting ? .firing : .resolved, labels: labels,
            text: finding.text, began: finding.began, ended: finding.ended, sender: sender)
    }

    /// What the supervisor saw, where that is a matter of its own: of a process that died telemetry makes a finding, and a
    /// role that is given up has the fingerprint of telemetry's finding, so that it counts once whoever speaks first.
    public init?(_ notice: ProcessNotice, sender: String = "") {
        let state: State
        switch notice.kind {
        case .roleGivenUp: state = .firing
        case .roleBack: state = .resolved
        case .started, .ready, .died, .backingOff, .gaveUp, .stopped: return nil
        }
        let kind = FindingKind.givenUp.rawValue
        self.init(
            .supervisor, fingerprint: "\(kind)/\(notice.role)/restarts", name: kind, node: notice.role,
            severity: .critical, state: state, labels: notice.slot.map { [SignalLabel("instance", $0)] } ?? [],
            text: state == .firing ? "\(notice.role) is given up: \(notice.reason)" : "\(notice.role) is tried again",
            began: notice.at, ended: state == .firing ? nil : notice.at, isBeginningTold: false, sender: sender)
    }

    /// What a person reports; `id` is given by whoever takes the report, once for each.
    public init(
        report id: String, by person: String, node: String, severity: FindingSeverity, text: String, at: Int64
    ) {
        self.init(
            .person, fingerprint: "person/\(id)", name: "report", node: node, severity: severity, text: text, began: at,
            sender: person)
    }
}
