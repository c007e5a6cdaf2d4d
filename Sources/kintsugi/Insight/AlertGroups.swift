import Insight

/// Groups a table of alerts.
enum AlertGroups {
    /// Reads the columns time and name, and id, host, severity and state where they are; writes id and incident, which is
    /// empty for noise, or also why.
    static func text(
        _ table: CommaSeparated, topology: [Call], explained: Bool
    ) throws(CommaSeparated.Mistake) -> String {
        let (time, name) = (try table.column("time"), try table.column("name"))
        func place(_ names: [String]) -> Int? {
            names.compactMap { name in table.header.firstIndex(of: name) }.first
        }
        let (id, host) = (place(["id"]), place(["host", "service", "place"]))
        let (severity, state) = (place(["severity", "gravity"]), place(["state", "status"]))
        var grouping = AlertGrouping(calls: topology)
        var incidents: [Int?] = []
        var reasons: [String] = []
        for row in table.rows.indices {
            let stamp = table.text(row, time)
            guard let seconds = InsightFiles.seconds(stamp) else {
                throw .init(
                    description: "line \(table.lines[row]): expected a time in the column time, found \"\(stamp)\"")
            }
            let placement = grouping.add(
                Alert(
                    time: seconds, name: table.text(row, name), place: host.map { table.text(row, $0) } ?? "",
                    gravity: severity.map { Alert.gravity(table.text(row, $0)) } ?? .warning,
                    state: state.map { table.text(row, $0) == "resolved" } == true ? .resolved : .firing))
            incidents.append(placement.incident)
            for earlier in placement.recalled { incidents[earlier] = placement.incident }
            if explained { reasons.append(placement.reasons.map(\.reason).joined(separator: "; ")) }
        }
        var text = explained ? "id,incident,why\n" : "id,incident\n"
        for (row, incident) in incidents.enumerated() {
            text += CommaSeparated.quoted(id.map { table.text(row, $0) } ?? "\(row)")
            text += "," + (incident.map { "\($0)" } ?? "")
            text += explained ? "," + CommaSeparated.quoted(reasons[row]) + "\n" : "\n"
        }
        return text
    }
}
