import Commands

/// The part of the command line that speaks of how sources become programs.
extension CommandTree {
    private static let commit = Argument("COMMIT", "which one; its beginning is enough where it is known already")

    static let pipeline = Command(
        "pipeline", "shows how commits are built and tested before they are deployed",
        details: "What is done is in config/pipeline.yaml (docs/pipeline.md).",
        commands: [
            Command("list", "lists the commits that went through it, the latest first"),
            Command(
                "show", "shows the steps of one commit", arguments: [commit],
                options: [.value("log", "STEP", "what that step printed")]),
            Command(
                "run", "has a commit built and tested, and waits for it; what failed is tried once more",
                details: "It deploys nothing. It exits with 1 when the commit is not proven.", arguments: [commit]),
        ])
}
