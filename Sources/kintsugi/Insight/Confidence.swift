import Contracts
import Diagnosing
import Risk
import Simulator

/// Counts what diagnoses of simulated troubles came to: as the file that triage reads, and how well that holds of others.
struct ConfidenceCount {
    let episodes: Int
    let seed: UInt64

    /// By what the lead of the first hypothesis said.
    func counted() -> CalibrationTable {
        let troubles = TroubleSimulation(seed: seed)
        var table = CalibrationTable()
        for number in 0..<episodes {
            let episode = troubles.episode(number)
            let diagnosis = Diagnosing.diagnose(DiagnosisInput(evidence: episode.evidence))
            guard let best = diagnosis.hypotheses.first else { continue }
            table = Calibration.adding(
                CalibrationRecord(
                    category: best.category, confidence: diagnosis.rawConfidence,
                    wasRight: best.node == episode.node && best.category == episode.category), to: table)
        }
        return table
    }

    /// Others, believed as a table says: by what was stated.
    func held(against table: CalibrationTable) -> (stated: CalibrationTable, found: Int) {
        let troubles = TroubleSimulation(seed: seed &+ 1)
        var stated = CalibrationTable()
        var found = 0
        for number in 0..<episodes {
            let episode = troubles.episode(number)
            let diagnosis = Diagnosing.diagnose(DiagnosisInput(evidence: episode.evidence, calibration: table))
            guard let best = diagnosis.hypotheses.first else { continue }
            found += 1
            stated = Calibration.adding(
                CalibrationRecord(
                    category: best.category, confidence: best.confidence,
                    wasRight: best.node == episode.node && best.category == episode.category), to: stated)
        }
        return (stated, found)
    }

    /// A file of `config/calibration/leads`.
    func file() -> String {
        let table = counted()
        func three(_ value: Double) -> String { "\(Double(Int((value * 1_000).rounded())) / 1_000)" }
        var lines = [
            "# How often a diagnosis was right, by the lead of its first hypothesis: counted, never set (docs/triage.md).",
            "#",
            "#   kintsugi insight confidence --episodes \(episodes) --seed \(seed) --file",
            "version: 1",
            "measured: \"\(episodes) simulated troubles of the seed \(seed); right is who and what, both\"",
            "categories:",
        ]
        for category in table.categories {
            lines.append("  - category: \(category.category)")
            lines.append("    cells:")
            for cell in category.cells where cell.count > 0 {
                let count = Double(cell.count)
                lines.append(
                    "      - {from: \(three(Double(cell.twentieth) / 20)), count: \(cell.count), right: \(cell.right), "
                        + "stated: \(three(cell.confidence / count)), brier: \(three(cell.squares / count))}")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The counts, and what they are worth for troubles that were not counted.
    func report(_ paint: Paint) -> String {
        let (stated, found) = held(against: counted())
        var table = Table(
            ["CATEGORY", "STATED", "DIAGNOSES", "RIGHT", "MEAN", "FOUND", "BRIER"], rightAligned: [2, 3, 4, 5, 6])
        for category in stated.categories {
            let record = Calibration.record(of: category.category, in: stated)
            table.rows.append([
                category.category, "all", "\(record.count)", "\(record.right)", "", "", brief(record.brier),
            ])
            for band in record.bands {
                table.rows.append([
                    "", "\(brief(band.from)) to \(brief(band.until))", "\(band.count)", "\(band.right)",
                    brief(band.stated),
                    brief(band.share), "",
                ])
            }
        }
        return
            "\(found) of \(episodes) troubles that were not counted had a diagnosis; stated as the counts of others say:\n\n"
            + table.text(paint)
    }
}
