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
                details:
                    "people.yaml and the folder calibration beside it are read, too. It exits with 78 when something is wrong.",
                arguments: [
                    Argument("DIR", "the folder, or one file (otherwise config/policy)", isRequired: false)
                ]),
            Command(
                "explain", "says why an incident's plan got its verdict, or what a policy says about a plan in a file",
                details: "The file has {\"plan\": …, \"circumstances\": …}; docs/risk.md shows one.",
                arguments: [Argument("INCIDENT", "whose latest verdict is explained", isRequired: false)],
                options: [folder, .value("input", "FILE.json", "the plan and its circumstances")]),
            Command(
                "test", "judges the verdicts of the past again, and says which would be others and how those ended",
                details: "It asks the running cluster for them, and exits with 1 when one would be milder.",
                options: [.value("with", "DIR", otherwise: "config/policy", "the policy to judge by")]),
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
