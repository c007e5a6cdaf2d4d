import Archive
import Chronicling
import Commands
import Contracts
import Host
import Postmortems
import Reckoning

extension Operator {
    private struct Reckoned: Encodable {
        let indicators: Indicators
        let recommendations: [Recommendation]
    }

    func indicators(_ invocation: Invocation, _ places: Places, _ client: ControlClient) throws(Failure) {
        let figures = try figures(try Bookcase(invocation.text("archive") ?? "\(places.data)/postmortems"))
        var budgets: [BudgetStanding] = []
        // Without Telemetry the figure is not there; the others are.
        if client.isRunning, let answer = try? telemetry(places, { try await $0.objectives() }) {
            budgets = answer.objectives.map {
                BudgetStanding(objective: $0.name, service: $0.service, left: $0.budgetLeft)
            }
        }
        let reckoned = Reckoned(
            indicators: Indicators(figures, budgets: budgets), recommendations: Recommendations.of(figures))
        guard !invocation.has("json") else { return terminal.write(json(reckoned)) }
        terminal.write(text(reckoned))
    }

    /// Of each incident its last document.
    private func figures(_ bookcase: Bookcase) throws(Failure) -> [IncidentFigures] {
        var found: [IncidentFigures] = []
        var known: [String: Int] = [:]
        for record in bookcase.documents {
            let one = IncidentFigures(try bookcase.document(record), addenda: try bookcase.addenda(to: record))
            if let place = known[record.incident] {
                found[place] = one
            } else {
                known[record.incident] = found.count
                found.append(one)
            }
        }
        return found
    }

    private func text(_ reckoned: Reckoned) -> String {
        let indicators = reckoned.indicators
        func span(_ spread: Indicators.Spread?) -> String {
            spread.map { "\(brief($0.median)) / \(brief($0.mean)) (\($0.count))" } ?? "–"
        }
        var table = Table(["CATEGORY", "MONTH", "INCIDENTS", "MTTD s", "MTTA s", "MTTR s"], rightAligned: [2])
        table.rows = indicators.groups.map {
            [
                $0.category ?? "all", $0.month ?? "all", "\($0.incidents)", span($0.detection),
                span($0.acknowledgement), span($0.resolution),
            ]
        }
        func share(_ name: String, _ share: Indicators.Share) -> String {
            let percent = share.share.map { "\(brief($0 * 100)) %" } ?? "–"
            return "\(name): \(percent) (\(share.count) of \(share.of))\n"
        }
        var text = table.text(terminal.paint) + "Times are median / mean (count).\n\n"
        text += share("mended by agents alone", indicators.automation)
        text += share("false actions", indicators.falseActions)
        text += share("alerts that were no incident of their own", indicators.noiseReduction)
        text += share("ended before a request failed", indicators.prevented)
        text += share("objectives kept", indicators.objectives)
        text += "noise: \(indicators.noise) incidents\n"
        text += "calibration: Brier \(indicators.brier.map { brief($0) } ?? "–")\n"
        for one in indicators.reliability {
            text += "    from \(brief(one.from)): stated \(brief(one.stated)), \(one.right) of \(one.count) right\n"
        }
        for one in reckoned.recommendations { text += harmless(one.text) + "\n" }
        return text
    }
}
