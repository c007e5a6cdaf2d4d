import FoundationEssentials
import Insight

/// Ranks the causes of every case of a file.
enum Rankings {
    private struct Entry: Encodable {
        var node: String
        var metric: String?
        var score: Double
        var because: [String]
    }

    /// The rankings as JSON: for each case the suspects, the likeliest first; an empty list where nothing is wrong.
    static func text(cases path: String, onlyMetrics: Bool) throws(Failure) -> String {
        let records = try CaseFolder.json(path, as: [CaseRecord].self)
        let reader = CaseReader(folder: CaseFolder(folder(of: path)), onlyMetrics: onlyMetrics)
        var answers: [String: [Entry]] = [:]
        for record in records {
            let scene: Scene
            do {
                scene = try reader.scene(record)
            } catch {
                throw Failure("\(path): case \(record.name): \(error.error)", exit: error.exit)
            }
            answers[record.name] = RootCauses.rank(scene).suspects.map { suspect in
                Entry(
                    node: suspect.node, metric: suspect.metric, score: suspect.score,
                    because: suspect.contributions.map { "\($0.name) \(two($0.points)): \($0.reason)" })
            }
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(answers) else {
            throw Failure("\(path): the rankings cannot be written as JSON", exit: ExitCode.data)
        }
        return String(decoding: data, as: UTF8.self) + "\n"
    }

    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
