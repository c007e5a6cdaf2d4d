/// The figures for people, beside what others reach.
enum InsightBenchReport {
    static func text(_ result: InsightBench.Result) -> String {
        var text = ""
        if !result.lines.isEmpty {
            let widths = (
                task: result.lines.map(\.task.count).max() ?? 0, figure: result.lines.map(\.figure.count).max() ?? 0
            )
            for line in result.lines {
                text += pad(line.task, widths.task + 2) + pad(line.figure, widths.figure + 2)
                text += pad(line.ours.map(three) ?? "none", 8) + line.peers + "\n"
            }
        }
        for reason in result.skipped { text += "skipped: \(reason)\n" }
        let ranking = result.ranking
        text += "ranking of \(ranking.services) services with \(ranking.series) series of \(ranking.values) values: "
        text += "median \(one(ranking.medianMilliseconds)) ms, most \(one(ranking.mostMilliseconds)) ms "
        text += "(\(ranking.runs) runs), the culprit \(ranking.isRight ? "first" : "not first")\n"
        return text
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }

    private static func three(_ number: Double) -> String { "\((number * 1_000).rounded() / 1_000)" }
}
