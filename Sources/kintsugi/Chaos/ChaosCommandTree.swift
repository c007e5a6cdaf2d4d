import Commands

/// The part of the command line that does a cluster harm, on purpose, and sees what comes of it.
extension CommandTree {
    private static let folder = Option.value("faults", "DIR", otherwise: "faults", "the folder of the faults")
    private static let name = Argument("NAME", "which fault (see them: kintsugi chaos list)", isRequired: false)

    static let chaos = Command(
        "chaos", "does a known fault to the cluster, and takes it back",
        details:
            "What takes it back is on disk before it is done: kintsugi chaos clear works whatever has happened since.",
        arguments: [name],
        options: [folder, .value("for", "SPAN", "clear it by itself after so long, such as 90s")],
        commands: [
            Command("list", "lists the faults, and which are there now"),
            Command(
                "show", "shows what a fault does, and what is true about it",
                arguments: [Argument("NAME", "which fault")]),
            Command("clear", "takes a fault back, or all; more than once does no harm", arguments: [name]),
            Command(
                "run", "runs faults, each in a cluster of its own, and scores what the agents make of them",
                details: "It exits with 1 when one does not end as it is marked.",
                arguments: [Argument("NAME", "which faults", isRequired: false, isRepeated: true)],
                options: [
                    .flag("all", "all faults, but those that need what --with does not name"),
                    .value("with", "WHAT", "what the cluster can do beside the usual, such as pipeline"),
                    .value("times", "N", kind: .wholeNumber(1...1_000), otherwise: "1", "so many times each"),
                    .value("config", "DIR", kind: .folder, otherwise: "config", "the configuration to run"),
                    .flag("keep", "keep the data folder of each run"),
                ]),
        ], actsAlone: true)

    private static let runbooks = Option.value(
        "runbooks", "DIR", otherwise: "config/runbooks", "the folder of the runbooks, or one file")

    static let runbook = Command(
        "runbook", "shows what the agents know to do, and what they do not",
        options: [runbooks],
        commands: [
            Command("list", "lists the runbooks"),
            Command("lint", "says what is wrong with them", details: "It exits with 78 when something is."),
            Command(
                "coverage", "says for each known fault which runbook would be thought of",
                details: "It exits with 1 when there is none for a fault that shall be healed.", options: [folder]),
        ])
}
