import Forge

/// The configuration's history for people, and for programs.
enum ConfigurationReport {
    struct Entry: Encodable {
        let commit: String
        let author: String
        let at: Int64
        let title: String
        let incident: String?
        let plan: String?

        init(_ commit: Commit) {
            self.commit = commit.hash
            author = commit.author
            at = commit.at
            title = commit.subject
            incident = commit.trailer("Incident")
            plan = commit.trailer("Plan")
        }
    }

    struct Change: Encodable {
        /// Nil where nothing was changed.
        let commit: String?
        let title: String
        let diff: String
    }

    static func history(_ commits: [Commit], _ paint: Paint) -> String {
        guard !commits.isEmpty else { return "No commit changed it.\n" }
        var table = Table(["COMMIT", "TIME", "BY", "INCIDENT", "TITLE"])
        table.rows = commits.map {
            [
                String($0.hash.prefix(10)), TimeWords.date($0.at), $0.author, $0.trailer("Incident") ?? "-", $0.subject,
            ]
        }
        return table.text(paint) { _, column in column == 0 ? .yellow : nil }
    }
}
