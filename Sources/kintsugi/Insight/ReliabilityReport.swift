import Insight
import Simulator

/// How often rises of a rate end in a failure, and how well the counts of some foretell others.
struct ReliabilityReport {
    let outlook: FailureOutlook
    let reliability: Reliability
    let episodes: Int
    let paint: Paint

    var text: String {
        var cells = Table(
            ["SIGMAS"] + minutes.map { "\($0) min" }, rightAligned: Set(1...minutes.count))
        for (row, name) in sigmas.enumerated() {
            cells.rows.append(
                [name] + outlook.cells[row].map { "\($0.failed) of \($0.seen) (\(share($0.probability)))" })
        }
        var bands = Table(
            ["FORETOLD", "RISES", "MEAN FORETOLD", "FAILED WITHIN THE HOUR"], rightAligned: [1, 2, 3])
        for (index, band) in reliability.bands.enumerated() where band.count > 0 {
            bands.rows.append([
                "\(index * 10) to \(index * 10 + 10) %", "\(band.count)", share(band.predicted), share(band.happened),
            ])
        }
        return "What became of simulated rises, by how far above the usual they were and for how long:\n\n"
            + cells.text(paint)
            + "\nThe chances of this version, held against \(reliability.count) looks at \(episodes) other episodes:\n\n"
            + bands.text(paint)
            + "\nBrier score \(thousandths(reliability.brier)); always guessing the mean has "
            + "\(thousandths(reliability.brierOfTheBase)).\n"
    }

    private var sigmas: [String] { names([RateWatch.alarming] + FailureOutlook.sigmaBounds) }
    private var minutes: [String] { names([0] + FailureOutlook.minuteBounds) }

    private func names(_ bounds: [Double]) -> [String] {
        bounds.indices.map { index in
            index + 1 < bounds.count
                ? "\(brief(bounds[index])) to \(brief(bounds[index + 1]))" : "over \(brief(bounds[index]))"
        }
    }

    private func share(_ value: Double) -> String { "\((value * 1_000).rounded() / 10) %" }
    private func thousandths(_ value: Double) -> String { "\((value * 1_000).rounded() / 1_000)" }

    /// The same for programs.
    struct Summary: Encodable {
        struct Cell: Encodable {
            var failed: Int
            var seen: Int
        }
        var cells: [[Cell]]
        var bands: [Reliability.Band]
        var brier: Double
        var brierOfTheBase: Double
    }

    var summary: Summary {
        Summary(
            cells: outlook.cells.map { $0.map { Summary.Cell(failed: $0.failed, seen: $0.seen) } },
            bands: reliability.bands, brier: reliability.brier, brierOfTheBase: reliability.brierOfTheBase)
    }
}
