import Contracts

/// Reads out of the journal who was hurt. What is not in it is not known, and why not is said.
struct ImpactReading {
    private let items: [ReplayedEntry]
    private let incident: Incident
    private let opening: IncidentOpening

    init(_ items: [ReplayedEntry], _ incident: Incident, _ opening: IncidentOpening) {
        self.items = items
        self.incident = incident
        self.opening = opening
    }

    var impact: Impact {
        let evidence = items.last { if case .evidence = $0.input.event { true } else { false } }
        return Impact(
            nodes: incident.alerts.nodes, seconds: seconds, failedRequests: failedRequests(evidence),
            orders: Figure(value: nil, basis: "the journal counts no orders", entries: []),
            budgetMinutes: Figure(
                value: nil, basis: "the journal tells how fast a budget burns, not how much of it is gone", entries: []),
            findings: findings(evidence))
    }

    private var seconds: Figure {
        guard let quiet = incident.quietSince, let entry = items.first(where: { $0.incident.quietSince == quiet })
        else {
            return Figure(value: nil, basis: "alerts still fired when this was written", entries: [])
        }
        let (difference, overflow) = quiet.subtractingReportingOverflow(opening.began)
        return Figure(
            value: Double(max(0, overflow ? 0 : difference) / 1_000_000) / 1_000,
            basis: "from the beginning that the alerts tell until nothing fired any more",
            entries: [1, entry.entry.number].uniqued)
    }

    private func failedRequests(_ item: ReplayedEntry?) -> Figure {
        guard let item, case .evidence(_, let input) = item.input.event else {
            return Figure(value: nil, basis: "there was no evidence", entries: [])
        }
        let errors = input.evidence.services.map(\.after.errors).filter { $0.isFinite && $0 >= 0 }
        guard let most = errors.max() else {
            return Figure(value: nil, basis: "the evidence has no spans of any service", entries: [item.entry.number])
        }
        return Figure(
            value: most.rounded(),
            basis: "calls that failed at the service that failed most, in the evidence looked at last",
            entries: [item.entry.number])
    }

    private func findings(_ item: ReplayedEntry?) -> [Impact.Finding] {
        guard let item, case .evidence(_, let input) = item.input.event else { return [] }
        let hurting: [FindingKind] = [.failing, .objectiveBurning, .canaryFailing, .givenUp]
        return input.evidence.findings.filter { hurting.contains($0.kind) }.prefix(20).map {
            Impact.Finding(key: $0.key, text: $0.text, entries: [item.entry.number])
        }
    }
}
