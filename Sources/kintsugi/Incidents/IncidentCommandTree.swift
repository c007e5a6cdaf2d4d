import Commands

/// The part of the command line that speaks of alerts, incidents and their journal.
extension CommandTree {
    private static let severity = Option.value(
        "severity", "S", kind: .choice(["critical", "warning", "notice"]), otherwise: "warning", "how grave it is")
    private static let service = Option.value("service", "NAME", "the service it is about")
    private static let person = Option.value("as", "NAME", "who says so (otherwise operator)")
    private static let span = Option.value("for", "SPAN", otherwise: "1h", "for how long: 90s, 15m, 2h, 3d")
    private static let which = Argument("INCIDENT", "which incident, such as I-12")

    static let alert = Command(
        "alert", "shows what says that something is wrong, and what was decided about it",
        commands: [
            Command(
                "send", "says that something is wrong, or is well again",
                details: "Sent again while it fires, it is the same alert: its service and its name tell it apart.",
                arguments: [Argument("NAME", "what is wrong, such as the name of a rule")],
                options: [
                    service, severity, person,
                    .value("text", "TEXT", "in a sentence"),
                    .value("label", "NAME=VALUE", "a label; it may be given several times"),
                    .value("fingerprint", "F", "what tells it apart from all others"),
                    .flag("resolved", "it is well again"),
                ]),
            Command(
                "list", "lists alerts, the latest first",
                options: [
                    .flag("firing", "only those that fire"),
                    .value("incident", "INCIDENT", "only those of this incident"),
                    .value(
                        "limit", "N", letter: "n", kind: .wholeNumber(1...10_000), otherwise: "40", "at most so many"),
                ]),
            Command(
                "explain", "shows every decision about an alert, with its rule",
                arguments: [Argument("FINGERPRINT", "which alert, as the list shows it")]),
            Command(
                "silence", "holds alerts back for a while",
                details: "Labels, and alertname, node, severity, source, fingerprint, sender; all matchers must hold.",
                options: [
                    .value(
                        "match", "MATCHER", "such as 'node=\"orders\"' or 'severity=~notice|warning'; several times"),
                    span, person,
                    .value("reason", "TEXT", "why, for whoever reads it later"),
                ]),
            Command("silences", "lists the silences that hold"),
            Command(
                "unsilence", "ends a silence before its time",
                arguments: [Argument("ID", "which silence, or which incident's silences")], options: [person]),
        ])

    static let incident = Command(
        "incident", "shows incidents, and takes a person's word on them",
        commands: [
            Command(
                "list", "lists incidents, the latest first",
                options: [
                    .flag("open", "only those that are not over"),
                    .value("stage", "S", kind: .choice(IncidentWords.stages), "only those in this stage"),
                    .value("before", "INCIDENT", "those before this one, for the next page"),
                    .value(
                        "limit", "N", letter: "n", kind: .wholeNumber(1...1_000), otherwise: "40", "at most so many"),
                ]),
            Command("show", "shows all of one: why, what is planned, what was done", arguments: [which]),
            Command(
                "watch", "shows each change as it happens, until Ctrl-C or the incident's end",
                arguments: [Argument("INCIDENT", "only this one, from its beginning", isRequired: false)]),
            Command(
                "create", "reports an incident, and tells its id",
                arguments: [Argument("TITLE", "what is wrong, in a line")],
                options: [service, severity, person, .value("text", "TEXT", "what else is known")]),
        ] + answers + wishes)

    private static let answers = [
        Command(
            "approve", "agrees to the plan that an incident waits with; what was agreed to is what runs",
            arguments: [which],
            options: [.value("text", "TEXT", "what there is to say about it"), keyFile, planGuard, signer]),
        Command(
            "reject", "refuses the plan that an incident waits with; the diagnosis begins anew",
            arguments: [which],
            options: [
                .value("feedback", "TEXT", "why, as evidence for the next diagnosis"), keyFile, planGuard, signer,
            ]),
    ]
    private static let keyFile = Option.value("key", "FILE", "the person's key (otherwise this host's operator's)")
    private static let planGuard = Option.value("plan", "HASH", "only if the plan's hash begins so")
    private static let signer = Option.value(
        "as", "NAME", "whose key it is (otherwise the file's name without its ending, or operator)")

    private static let wishes = [
        Command("acknowledge", "says that somebody knows of it", arguments: [which], options: [person]),
        Command(
            "comment", "adds what a person has to say", arguments: [which, Argument("TEXT", "what")], options: [person]),
        Command(
            "score", "says how good the diagnosis and the fix were",
            arguments: [which, Argument("SCORE", "from 1, bad, to 5", kind: .wholeNumber(1...5))], options: [person]),
        Command("escalate", "says that a person has to act", arguments: [which, why], options: [person]),
        Command("take", "takes it over: the agents do nothing more", arguments: [which, why], options: [person]),
        Command("resolve", "says that it is mended", arguments: [which, why], options: [person]),
        Command("fail", "gives it up", arguments: [which, why], options: [person]),
        Command(
            "retry", "lets the agents look again, with what is said as new evidence", arguments: [which, why],
            options: [person]),
        Command(
            "silence", "takes it as noise, and holds its alerts back for a while", arguments: [which],
            options: [span, person, .value("reason", "TEXT", "why, for whoever reads it later")]),
    ]
    private static let why = Argument("TEXT", "why, or what is known", isRequired: false)

    private static let oneIncident = Argument("INCIDENT", "only this one's entries", isRequired: false)

    static let journal = Command(
        "journal", "shows what happened to incidents, proves that nothing was changed, and writes it to a file",
        commands: [
            Command(
                "show", "shows entries: when, who, what, and what followed", arguments: [oneIncident],
                options: [
                    .value(
                        "after", "N", kind: .wholeNumber(0...Int.max / 2), otherwise: "0", "entries behind this one"),
                    .value(
                        "limit", "N", letter: "n", kind: .wholeNumber(1...1_000), otherwise: "200", "at most so many"),
                ]),
            verifyJournal,
            Command(
                "export", "writes it as lines of JSON, which verify --file proves without a cluster",
                arguments: [oneIncident], options: [.value("out", "FILE", "where it goes (otherwise here)")]),
        ])

    /// Under `journal` and under `audit`.
    static let verifyJournal = Command(
        "verify", "follows the links of the journal, and names the first that is broken",
        details: "It exits with 1 when one is.", arguments: [oneIncident],
        options: [
            .value("file", "FILE", "an exported journal, and no cluster"),
            .value("head", "HASH", "the digest of an entry that must be there, such as the head of an earlier time"),
        ])
}
