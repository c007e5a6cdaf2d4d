import Commands

/// The part of the command line that speaks of synthetic customers.
extension CommandTree {
    private static let folder = Option.value(
        "canaries", "DIR", otherwise: "config/canaries", "the folder of canaries' files, or one of them")

    static let canary = Command(
        "canary", "shows the synthetic customers, and lets them shop",
        commands: [
            Command("list", "lists them, and says what is wrong with their files", options: [folder]),
            Command(
                "run", "runs each of them once, or one; exits with 1 when one is not served as it expects",
                details: "Its customer, product and stock are made where they are missing. What it orders, it deletes.",
                arguments: [Argument("NAME", "which one (otherwise all)", isRequired: false)],
                options: [
                    folder,
                    .value("url", "URL", "orders' address of another shop, where all must be there already"),
                    .value("key-file", "FILE", "a file with the API key for that shop"),
                ]),
        ])
}
