import Commands

/// The part of the command line that speaks of what is heard of the cluster.
extension CommandTree {
    private static let node: Option = .value("service", "NAME", "only what is about this service")
    private static let since: Option = .value(
        "since", "TIME", "from when on: 90s, 15m, 2h, 3d ago, or 2026-03-01T09:30:00Z")
    private static let limit: Option = .value(
        "limit", "N", letter: "n", kind: .wholeNumber(1...10_000), otherwise: "40", "at most so many")
    private static let follow: Option = .flag("follow", letter: "f", "show what comes, until Ctrl-C")

    static let signals = Command(
        "signals", "shows what was heard: metrics, logs, traces, findings, changes",
        commands: [
            Command(
                "metrics", "shows series with their latest values",
                arguments: [Argument("NAME", "the beginning of the metric's name", isRequired: false)],
                options: [
                    node, since, limit, follow,
                    .value("label", "NAME=VALUE", "only series with this label"),
                ]),
            Command(
                "logs", "shows kinds of log lines with their rates, and examples",
                arguments: [Argument("TEXT", "words that the line holds", isRequired: false)],
                options: [
                    node, since, limit, follow,
                    .value(
                        "level", "LEVEL", kind: .choice(["debug", "info", "warning", "error"]), "at least this level"),
                    .flag("lines", "show the examples, and not the kinds"),
                ]),
            Command(
                "traces", "shows traces that were kept, newest first",
                arguments: [Argument("NAME", "the beginning of a span's name", isRequired: false)],
                options: [
                    node, since, limit, follow, .flag("errors", "only those in which something failed"),
                    .value("slower", "MS", kind: .wholeNumber(0...86_400_000), "only those that took at least so long"),
                ]),
            Command(
                "findings", "shows what was noticed, newest first",
                arguments: [Argument("TEXT", "words that the finding holds", isRequired: false)],
                options: [node, since, limit, follow]),
            Command(
                "changes", "shows what was changed on purpose, newest first",
                options: [node, since, limit, follow]),
            Command(
                "note", "tells the cluster of a change that was made by other means, such as a deploy",
                arguments: [Argument("TEXT", "what changed, in a sentence")],
                options: [
                    node,
                    .value(
                        "kind", "KIND", kind: .choice(["deploy", "configuration", "scale", "restart", "action"]),
                        otherwise: "deploy", "what kind of change"),
                    .value("commit", "HASH", "the commit, where there is one"),
                ]),
            Command("standing", "shows the replicas of the telemetry agent, what they hold, and what they refused"),
        ])
    static let trace = Command(
        "trace", "shows one trace as a waterfall", arguments: [Argument("ID", "which one, 32 hexadecimal digits")])
    static let investigate = Command(
        "investigate", "gathers the evidence of a stretch of time, and ranks the suspects",
        options: [
            since, node,
            .value("until", "TIME", "until when (otherwise now)"),
            .value("out", "FILE", "write the evidence there, as JSON, to rank it again"),
        ])
    static let capacity = Command("capacity", "shows what runs out when, and how many workers it would take")
}
