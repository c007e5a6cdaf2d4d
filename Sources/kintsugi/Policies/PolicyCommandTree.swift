import Commands

/// The part of the command line that speaks of what may be done without a person.
extension CommandTree {
    private static let folder = Option.value(
        "policy", "DIR", otherwise: "config/policy", "the folder of the policy, or its one file")

    static let policy = Command(
        "policy", "shows what agents may do without a person, and why",
        commands: [
            Command(
                "lint", "says what is wrong with a policy, and what may not be meant so",
                details: "It exits with 78 when something is wrong.",
                arguments: [
                    Argument("DIR", "the folder, or one file (otherwise config/policy)", isRequired: false)
                ]),
            Command(
                "explain", "says what a policy says about a plan, with all reasons",
                details: "The file has {\"plan\": …, \"circumstances\": …}; docs/risk.md shows one.",
                options: [folder, .value("input", "FILE.json", "the plan and its circumstances")]),
            Command(
                "compare", "says which verdicts of the past another policy would have changed",
                details:
                    "The file has a list of {\"proposal\": {\"plan\", \"circumstances\"}, \"ended\": how it ended}.",
                options: [
                    folder, .value("with", "DIR", "the other policy"),
                    .value("past", "FILE.json", "what was judged, and how it ended"),
                ]),
        ])
}
