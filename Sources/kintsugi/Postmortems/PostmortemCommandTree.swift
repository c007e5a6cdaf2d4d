import Commands

/// The part of the command line that speaks of post-mortems and of the archive that keeps them.
extension CommandTree {
    private static let which = Argument(
        "ID", "which incident, such as I-12, or the beginning of a document's hash")

    static let postmortem = Command(
        "postmortem", "shows what was written when incidents ended, and proves that nothing of it was changed",
        details: "It reads DATA/postmortems and needs no cluster (docs/postmortems.md).",
        commands: [
            Command(
                "list", "lists the documents, the latest first",
                options: [
                    .value("incident", "INCIDENT", "only those of this incident"),
                    .value(
                        "limit", "N", letter: "n", kind: .wholeNumber(1...10_000), otherwise: "40", "at most so many"),
                ]),
            Command(
                "show", "shows the document of an incident with what was added later",
                details: "With --json it is the document alone, in the bytes whose hash is its name.",
                arguments: [which], options: [.flag("markdown", "as Markdown (so it is without --json, too)")]),
            Command(
                "verify",
                "holds every file and every line of the archive against each other, and names what was changed",
                details: "It exits with 1 when something was.",
                options: [.value("head", "HASH", "a line that must be there, such as the head of an earlier time")]),
            Command(
                "export", "writes the document of an incident, its addenda and its Markdown to a folder",
                arguments: [which],
                options: [.value("to", "DIR", kind: .folder, "where they go; it is made if need be")]
            ),
        ])
}
