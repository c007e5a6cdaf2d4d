/// One case of a file of cases, in any of the forms that are read: which one shows in its fields.
struct CaseRecord: Decodable {
    struct Target: Decodable {
        var node: String?
        var metric: String?
        var agg: String?
        var timestamp: Double?
    }

    /// What the case is called.
    var name: String

    // A table of all series, from before the onset to after it.
    var file: String?

    // One table from while all was well, one around the symptom, and who calls whom.
    var target: Target?
    var abnormal: String?
    var abnormalRows: [Int]?
    var normal: String?
    var normalRows: [Int]?
    var normalSubstitute: String?
    var graph: String?

    // A folder with a day's metrics, spans and logs, and when the alarm was raised.
    var folder: String?
    var alertTime: String?
    var traces: [String]?
    var traceSummaryMinutes: [String]?
    var logs: [String]?

    enum CodingKeys: String, CodingKey {
        case name = "case"
        case file, target, abnormal, normal, graph, traces, logs
        case folder = "dir"
        case abnormalRows = "abnormal_rows"
        case normalRows = "normal_rows"
        case normalSubstitute = "normal_substitute"
        case alertTime = "alert_time"
        case traceSummaryMinutes = "trace_summary_minutes"
    }

    enum Form {
        case oneTable(file: String)
        case twoTables(normal: String, abnormal: String, graph: String?)
        case day(folder: String, alert: Double)
    }

    /// Which form this is, by its fields.
    func form() throws(CommaSeparated.Mistake) -> Form {
        if let abnormal {
            guard let reference = normal ?? normalSubstitute else {
                throw .init(description: "expected normal or normal_substitute, found neither")
            }
            return .twoTables(normal: reference, abnormal: abnormal, graph: graph)
        }
        if let folder {
            guard let alertTime, let alert = InsightFiles.seconds(alertTime) else {
                throw .init(
                    description: "expected a time such as 2030-01-31T12:34:56Z in alert_time, "
                        + "found \(alertTime ?? "nothing")")
            }
            return .day(folder: folder, alert: alert)
        }
        if let file { return .oneTable(file: file) }
        throw .init(description: "expected one of the fields file, abnormal or dir, found none of them")
    }
}
