import Commands

/// The part of the command line that speaks of what the cluster runs from.
extension CommandTree {
    private static let person = Option.value("as", "NAME", "who says so (otherwise operator)")
    private static let text = Option.value("text", "TEXT", "why, for whoever reads it later")
    private static let dry = Option.flag("dry-run", "show what would change, and change nothing")

    static let configuration = Command(
        "config", "shows and changes what the cluster runs from: the folder config/ of its repository",
        details: "A change is a commit on main, by the person who makes it (docs/forge.md).",
        commands: [
            Command(
                "history", "lists the commits that changed it, the latest first",
                arguments: [Argument("FILE", "only those of this file, such as cluster.yaml", isRequired: false)],
                options: [
                    .value(
                        "limit", "N", letter: "n", kind: .wholeNumber(1...10_000), otherwise: "20", "at most so many")
                ]),
            Command(
                "diff", "shows what changed between two commits",
                details: "Without any, what the latest commit changed; with one, what changed since it.",
                arguments: [
                    Argument("FROM", "the earlier commit", isRequired: false),
                    Argument("TO", "the later commit (otherwise main)", isRequired: false),
                ]),
            Command(
                "show", "shows a file of it, or which files there are",
                arguments: [Argument("FILE", "which file, such as cluster.yaml", isRequired: false)],
                options: [.value("at", "COMMIT", otherwise: "main", "as it was at this commit")]),
            Command(
                "set", "changes single values of its files, and leaves all else of them as it is",
                details:
                    "Such as: kintsugi config set 'cluster.yaml:roles[orders].replicas=3'. The whole must be valid then: "
                    + "it exits with 78 when it is not, and changes nothing.",
                arguments: [
                    Argument(
                        "FILE:PATH=VALUE", "which value, and what it shall be", isRequired: false, isRepeated: true)
                ],
                options: [
                    .value("file", "FILE=SOURCE", "a whole file, from a file of this host; several times"), text, dry,
                    person,
                ]),
            Command(
                "rollback", "goes back to what it was at an earlier commit, by a new one",
                arguments: [
                    Argument("COMMIT", "which one (otherwise the one before the latest)", isRequired: false)
                ],
                options: [text, dry, person]),
        ])
}
