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
            Command(
                "rank", "which services caused what hurt, and why",
                details: "Reads a file of cases: each names a table of series, or a table from before and one from "
                    + "around the symptom with a call graph, or a day's folder of metrics, spans and logs. Writes for "
                    + "each case the suspects with their scores and reasons; an empty list where nothing is wrong.",
                arguments: [Argument("CASES.json", "the cases, beside the files that they name")],
                options: [
                    .value("out", "PRED.json", "the file to write (otherwise it is shown)"),
                    .value(
                        "signals", "WHICH", kind: .choice(["all", "metrics"]), otherwise: "all",
                        "look at all signals, or at metrics and the call graph alone"),
                ]),
            Command(
                "confidence", "how often diagnoses of simulated troubles are right, by how sure they are",
                details:
                    "Counts some, and holds the counts against others. With --file, as the file that triage reads.",
                options: [
                    .value(
                        "episodes", "N", kind: .wholeNumber(10...1_000_000), otherwise: "5000", "how many troubles"),
                    .value("seed", "N", kind: .wholeNumber(0...Int.max / 2), otherwise: "1", "which ones"),
                    .flag("file", "the counts, as a file of config/calibration/leads"),
                ]),
            Command(
                "reliability", "how often rises of an error's rate end in a failure, and how well that is foretold",
                details: "Counts simulated rises anew, and holds the chances that this version ships against others.",
                options: [
                    .value(
                        "episodes", "N", kind: .wholeNumber(10...1_000_000), otherwise: "2000",
                        "how many episodes to hold them against"),
                    .value("seed", "N", kind: .wholeNumber(0...Int.max / 2), otherwise: "2", "which ones"),
                ]),
            Command(
                "group", "which alerts have one cause, and which are noise",
                details:
                    "Reads the columns time and name, and id, host (or service), severity and state where they are, "
                    + "gzip or not; writes id and incident, which is empty for noise.",
                arguments: [Argument("ALERTS.csv", "the alerts, in the order of time")],
                options: [
                    .value("topology", "T.csv", "who calls whom: two columns, the caller first"),
                    .value("out", "OUT.csv", "the file to write (otherwise it is shown)"),
                    .flag("why", "write the reasons, too"),
                ]),
        ])
}
