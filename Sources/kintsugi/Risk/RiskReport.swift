import Contracts
import Risk

/// The risk agent for a person, and for programs with the figures that follow from its record.
struct RiskReport: Encodable {
    let standing: RiskStanding
    /// One for each category, in the order of their names.
    let reliability: [Calibration.Record]

    init(standing: RiskStanding) {
        self.standing = standing
        reliability = standing.calibration.categories.map {
            Calibration.record(of: $0.category, in: standing.calibration)
        }
    }

    func text(_ paint: Paint) -> String {
        let active = standing.active ?? "none"
        var lines = [
            "active replica   \(active)\(standing.isActive ? "" : " (it did not answer; this is \(standing.slot))")",
            "policy in force  \(standing.policy ?? "none: nothing goes alone")",
            "signing key      \(standing.publicKey.isEmpty ? "none yet" : standing.publicKey)",
            "waiting          \(standing.waiting) plans wait for people",
            "permitted        \(standing.capabilitiesIssued) capabilities",
        ]
        lines = lines.map(harmless)
        lines += standing.mistakes.map { paint("wrong  ", .red) + harmless($0) }
        guard !reliability.isEmpty else {
            return lines.joined(separator: "\n") + "\n\nNo diagnosis is on record yet.\n"
        }
        var table = Table(
            ["CATEGORY", "SURE", "DIAGNOSES", "RIGHT", "STATED", "FOUND", "BRIER"], rightAligned: [2, 3, 4, 5, 6])
        for record in reliability {
            table.rows.append([
                record.category, "all", "\(record.count)", "\(record.right)", "", "", brief(record.brier),
            ])
            for band in record.bands {
                table.rows.append([
                    "", "\(brief(band.from)) to \(brief(band.until))", "\(band.count)", "\(band.right)",
                    brief(band.stated), brief(band.share), "",
                ])
            }
        }
        return lines.joined(separator: "\n") + "\n\n" + table.text(paint)
    }
}
