import Commands

/// The part of the command line that speaks of pull requests.
extension CommandTree {
    private static let number = Argument("N", "which one, by its number", kind: .wholeNumber(1...1_000_000_000))
    private static let person = Option.value("as", "NAME", "who says so (otherwise operator)")
    private static let word = Option.value("text", "TEXT", "in words")

    static let pull = Command(
        "pr", "shows the changes that are proposed for the cluster's repository, and takes a person's word on them",
        details: "It works on the repository itself: no cluster need run (docs/forge.md).",
        commands: [
            Command(
                "list", "lists pull requests, the latest first",
                options: [
                    .value("state", "S", kind: .choice(["open", "merged", "closed"]), "only those in this state")
                ]),
            Command("show", "shows one with all that was said about it", arguments: [number]),
            Command("diff", "shows what one changes", arguments: [number]),
            Command("approve", "agrees to one", arguments: [number], options: [word, person]),
            Command(
                "reject", "is against one; it cannot be merged then", arguments: [number], options: [word, person]),
            Command("comment", "says something about one", arguments: [number], options: [word, person]),
            Command(
                "merge", "brings one into main",
                details: "It exits with 1 when something speaks against it, and changes nothing then.",
                arguments: [number],
                options: [
                    .value("head", "COMMIT", "only if it still is this commit (otherwise as it is now)"), person,
                ]),
            Command("close", "ends one without merging it", arguments: [number], options: [word, person]),
        ])
}
