import Insight

/// What the algorithms make of files, as files.
enum InsightFiles {
    static func templates(_ table: CommaSeparated) throws(CommaSeparated.Mistake) -> String {
        let content = try table.column("Content")
        let line = table.header.firstIndex(of: "LineId")
        var miner = TemplateMiner()
        let ids = table.rows.map { row in
            (row.count > content ? row[content] : []).withUnsafeBufferPointer { miner.add(bytes: $0) }
        }
        var text = "LineId,EventId,EventTemplate\n"
        for (number, row) in table.rows.enumerated() {
            let id = miner.settled(ids[number])
            let name =
                line.flatMap { $0 < row.count ? String(decoding: row[$0], as: UTF8.self) : nil } ?? "\(number + 1)"
            let template = miner.template(id)?.text ?? ""
            text += "\(CommaSeparated.quoted(name)),\(id),\(CommaSeparated.quoted(template))\n"
        }
        return text
    }

    static func anomalies(_ table: CommaSeparated) throws(CommaSeparated.Mistake) -> String {
        let (time, value) = (try table.column("timestamp"), try table.column("value"))
        var scorer = AnomalyScorer()
        var text = "timestamp,anomaly_score\n"
        for row in table.rows {
            let stamp = time < row.count ? String(decoding: row[time], as: UTF8.self) : ""
            // What is no number is a gap in the series.
            let number = value < row.count ? Double(String(decoding: row[value], as: UTF8.self)) ?? .nan : .nan
            let score = scorer.score(number, at: seconds(stamp))
            text += "\(CommaSeparated.quoted(stamp)),\(score)\n"
        }
        return text
    }

    /// `2030-01-31 12:34:56`, with a T or a space and perhaps a fraction, or seconds since 1970; nil for anything else.
    static func seconds(_ stamp: String) -> Double? {
        if let number = Double(stamp) { return number.isFinite ? number : nil }
        let parts = stamp.split(whereSeparator: { "-T: Z+".contains($0) })
        guard parts.count >= 5, let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2]),
            let hour = Double(parts[3]), let minute = Double(parts[4]), (1...9_999).contains(year),
            (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        let second = parts.count > 5 ? Double(parts[5]) ?? 0 : 0
        return Double(days(year, month, day)) * 86_400 + hour * 3_600 + minute * 60 + second
    }

    /// Days since 1970, by the calendar: years are counted from March, so that a leap day is a year's last.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month > 2 ? year : year - 1
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return year * 365 + year / 4 - year / 100 + year / 400 + dayOfYear - 719_468
    }
}
