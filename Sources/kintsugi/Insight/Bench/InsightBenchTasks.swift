/// What can be measured against public data, and what others reach there.
struct InsightBenchTask {
    enum Kind { case templates, anomalies, causes, causesFromMetrics, groups }

    struct Figure {
        /// Where the scorer's JSON has it.
        var path: [String]
        var name: String
        /// What others reach, as they published it or as their simplest versions score here.
        var peers: String
    }

    var title: String
    /// Below the folder of all data.
    var folder: String
    var kind: Kind
    var scorer: String
    var arguments: [String] = []
    var figures: [Figure]

    static let all = [
        InsightBenchTask(
            title: "log templates", folder: "loghub2k", kind: .templates, scorer: "score_loghub.py",
            figures: [
                Figure(
                    path: ["average", "GA"], name: "grouping accuracy", peers: "Brain .983, Drain .865, drain3 .792"),
                Figure(path: ["average", "FGA"], name: "F1 of grouping", peers: "drain3 .786"),
                Figure(path: ["average", "PA"], name: "parsing accuracy", peers: "drain3 .345"),
            ]),
        InsightBenchTask(
            title: "anomalies (NAB)", folder: "nab", kind: .anomalies, scorer: "score_nab.py",
            arguments: ["--part", "public"],
            figures: [
                Figure(
                    path: ["standard", "normalised"], name: "standard profile, on this part",
                    peers: "all 58 series: ARTime 74.9, Numenta HTM 70.1, Relative Entropy 54.6")
            ]),
        InsightBenchTask(
            title: "anomalies (cloud series)", folder: "ms_cloud", kind: .anomalies, scorer: "score_series.py",
            arguments: ["--part", "public", "--optimise-on", "public"],
            figures: [
                Figure(
                    path: ["F1"], name: "F1, at the best threshold",
                    peers: "rolling z-score .584, MAD .451, the same way")
            ]),
        InsightBenchTask(
            title: "root causes (PetShop)", folder: "petshop", kind: .causes, scorer: "score_rca.py",
            figures: [
                Figure(
                    path: ["low_traffic / latency", "AC@1"], name: "latency, top 1",
                    peers: "traversal .571, ranked correlation .429, CIRCA .357"),
                Figure(
                    path: ["low_traffic / latency", "AC@3"], name: "latency, top 3",
                    peers: "CIRCA .857, traversal .571"),
                Figure(
                    path: ["low_traffic / availability", "AC@1"], name: "availability, top 1", peers: "traversal .833"),
                Figure(
                    path: ["low_traffic / quiet latency", "specificity"], name: "quiet cases, latency",
                    peers: "traversal .167"),
                Figure(
                    path: ["low_traffic / quiet availability", "specificity"], name: "quiet cases, availability",
                    peers: "traversal 1.0"),
            ]),
        InsightBenchTask(
            title: "root causes (Sock Shop)", folder: "rcd_sockshop", kind: .causes, scorer: "score_rca.py",
            figures: [
                Figure(
                    path: ["ALL", "Avg@5"], name: "Avg@5",
                    peers: "with the fault's time given: BARO .99, N-Sigma .98, CIRCA .70")
            ]),
        InsightBenchTask(
            title: "root causes (Nezha)", folder: "nezha", kind: .causes, scorer: "score_rca.py",
            figures: nezha(peers: ["two systems: Nezha .929 and .867, PDiagnose .41 on one", "Nezha .964 and .978"])),
        InsightBenchTask(
            title: "root causes (Nezha), metrics alone", folder: "nezha", kind: .causesFromMetrics,
            scorer: "score_rca.py",
            figures: nezha(peers: ["MicroRCA .16 and .20, MicroScope .13 and .18", "MicroRCA .93 and .44"])),
        InsightBenchTask(
            title: "groups of alerts", folder: "ops_alerts", kind: .groups, scorer: "score_alerts.py",
            figures: [
                Figure(
                    path: ["mean", "score"], name: "score",
                    peers: "3-minute window .433, per host .377, deduplication .302"),
                Figure(path: ["mean", "ep_found"], name: "faults found", peers: ""),
                Figure(path: ["mean", "precision"], name: "incidents that are faults", peers: ""),
            ]),
    ]

    private static func nezha(peers: [String]) -> [Figure] {
        [
            Figure(path: ["ALL", "AC@1"], name: "top 1", peers: peers[0]),
            Figure(path: ["ALL", "AC@5"], name: "top 5", peers: peers[1]),
        ]
    }
}
