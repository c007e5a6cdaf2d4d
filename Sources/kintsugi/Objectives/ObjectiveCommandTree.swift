import Commands

/// The part of the command line that speaks of what services promise.
extension CommandTree {
    private static let folder = Option.value(
        "slo", "DIR", otherwise: "config/slo", "the folder of OpenSLO files, or one of them")

    static let slo = Command(
        "slo", "reads what services promise, and what becomes of it",
        commands: [
            Command(
                "check", "says what is wrong with OpenSLO files, and what is not evaluated here",
                details: "It exits with 78 when something is wrong.",
                arguments: [
                    Argument("DIR", "the folder, or one file (otherwise config/slo)", isRequired: false)
                ]),
            Command(
                "rules", "writes the objectives as rules for Prometheus",
                options: [folder, .value("out", "FILE", "the file to write (otherwise it is shown)")]),
            Command(
                "replay", "says when which alert fires and clears over recorded series",
                details:
                    "The file has {\"step\": seconds between samples, \"every\": seconds between looks, \"series\": "
                    + "[{\"name\", \"labels\", \"values\"}]}; a histogram has \"count\" and \"below\": {\"0.25\": […]} in the "
                    + "place of \"values\".",
                options: [folder, .value("series", "FILE.json", "the recorded series")]),
        ])
}
