import Commands

/// The part of the command line that makes incidents again, and counts them.
extension CommandTree {
    private static let archive = Option.value(
        "archive", "DIR", kind: .folder, "the archive (otherwise DATA/postmortems)")

    static let replay = Command(
        "replay", "makes every decision of an incident again from its inputs, and names the first that is another",
        details:
            "It exits with 0 where all are equal, with 1 where one is not, with 65 where the inputs cannot be read (docs/replay.md).",
        arguments: [
            Argument("ID|FILE", "an incident of the archive or of the running cluster, or a post-mortem's JSON")
        ],
        options: [
            .value("policy", "DIR", "what another policy would have said, and what would have followed"),
            .value(
                "at", "TIME", "what each agent knew then: 2030-03-17T17:46:40Z, or +90s after the incident was opened"),
            .flag("all", "every decision, and not only what differs"), archive,
        ])

    static let backtest = Command(
        "backtest", "holds today's code against every post-mortem",
        details:
            "It exits with 1 where something that was right would be done otherwise, or something wrong without a person (docs/replay.md).",
        arguments: [
            Argument("FILE", "post-mortems as JSON; without any the archive", isRequired: false, isRepeated: true)
        ],
        options: [archive, .value("policy", "DIR", "a policy in the place of those of then")])

    static let kpi = Command(
        "kpi", "counts how troubles were handled: times, automation, false actions, noise, calibration",
        details: "It reads the archive; of a running cluster it asks for the objectives, too (docs/replay.md).",
        options: [archive])

    static let knowledge = Command(
        "knowledge", "finds what is known: post-mortems, runbooks and notes",
        details: "The index is DATA/knowledge.sqlite; it is made anew where it is missing (docs/knowledge.md).",
        commands: [
            Command(
                "search", "finds what fits best, and says why",
                arguments: [Argument("WORDS", "what is looked for", isRequired: false, isRepeated: true)],
                options: [
                    .value("like", "INCIDENT", "what looks like this incident of the archive"),
                    .value("kind", "KIND", kind: .choice(["postmortem", "runbook", "note"]), "only those"),
                    .value("limit", "N", letter: "n", kind: .wholeNumber(1...100), otherwise: "10", "at most so many"),
                    .value("runbooks", "DIR", kind: .folder, otherwise: "config/runbooks", "the runbooks"),
                ]),
            Command(
                "add", "keeps a note", arguments: [Argument("TITLE", "what it is about")],
                options: [
                    .value("text", "TEXT", "what is to be known"), .value("file", "FILE", "a file that has it"),
                ]),
            Command(
                "list", "lists what is known, the latest first",
                options: [
                    .value(
                        "limit", "N", letter: "n", kind: .wholeNumber(1...10_000), otherwise: "40", "at most so many"),
                    .value("runbooks", "DIR", kind: .folder, otherwise: "config/runbooks", "the runbooks"),
                ]),
        ])
}
