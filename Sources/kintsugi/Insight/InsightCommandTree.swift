import Commands

/// The part of the command line that shows what the algorithms make of files.
extension CommandTree {
    private static let input = Argument("INPUT.csv", "the file to read")
    private static let output = Option.value("out", "OUT.csv", "the file to write (otherwise it is shown)")

    static let insight = Command(
        "insight", "shows what the algorithms make of a file",
        commands: [
            Command(
                "templates", "which log lines are of one kind",
                details: "Reads the column Content, and LineId where there is one; writes LineId, EventId and "
                    + "EventTemplate.",
                arguments: [input], options: [output]),
            Command(
                "anomalies", "how unusual each value of a series is, by what came before it",
                details: "Reads the columns timestamp and value; writes timestamp and anomaly_score, between 0 and 1: "
                    + "from 0.5 on it is without precedent.",
                arguments: [input], options: [output]),
        ])
}
