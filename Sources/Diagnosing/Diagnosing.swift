public import Contracts
import Insight

/// Makes a diagnosis of evidence: a pure function, the same in any process.
public enum Diagnosing {
    /// Earlier incidents that one diagnosis looks at.
    public static let mostSimilar = 10
    /// Below this two incidents have little in common.
    public static let leastSimilarity = 0.25
    /// A score of this size that has no rival is believed by half.
    private static let doubt = 2.0
    private static let mostSuspects = 12
    private static let mostHypotheses = 8

    /// The diagnosis that follows from the evidence, the past and the record.
    public static func diagnose(_ input: DiagnosisInput) -> Diagnosis {
        let alone = RootCauses.rank(Scene(input.evidence))
        let similar = nearest(Self.signature(alone), in: input.past)
        let past = similar.compactMap { PastIncident($0) }
        let ranking = past.isEmpty ? alone : RootCauses.rank(Scene(input.evidence, past: past))
        let raw = rawConfidence(ranking)
        let best = ranking.hypotheses.first
        let belief = best.map { Belief(raw: raw, category: $0.category.rawValue, table: input.calibration) }
        var diagnosis = Diagnosis(
            suspects: ranking.suspects.prefix(mostSuspects).map { Diagnosis.Suspect($0) },
            hypotheses: ranking.hypotheses.prefix(mostHypotheses).map { hypothesis in
                Diagnosis.Hypothesis(
                    hypothesis, confidence: confidence(hypothesis, ranking, input.calibration, belief),
                    change: blamed(hypothesis, ranking.onset, input.evidence))
            },
            missing: ranking.missing.map { .init(signal: $0.signal, worth: $0.worth, reason: $0.reason) },
            onset: ranking.onset.flatMap { nanoseconds($0) })
        diagnosis.signature = Self.signature(alone)
        diagnosis.similar = similar.map(\.outcome)
        diagnosis.rawConfidence = raw
        diagnosis.confidenceText = belief?.text ?? "there is nothing to be sure of"
        return diagnosis
    }

    /// The terms of what was unusual, the strongest weighing most.
    static func signature(_ ranking: Ranking) -> [SignatureTerm] {
        ranking.signature.enumerated()
            .map { SignatureTerm($1, 1 / Double($0 + 1).squareRoot()) }
            .sorted()
    }

    /// The incidents of the past that look most like it, each with its likeness.
    public static func nearest(_ signature: [SignatureTerm], in past: [PastSignature]) -> [PastSignature] {
        var found = past.compactMap { (earlier: PastSignature) -> PastSignature? in
            let likeness = cosine(signature, earlier.signature)
            guard likeness >= leastSimilarity else { return nil }
            var near = earlier
            near.outcome.similarity = likeness
            return near
        }
        found.sort {
            ($1.outcome.similarity, $1.outcome.at, $0.outcome.incident)
                < ($0.outcome.similarity, $0.outcome.at, $1.outcome.incident)
        }
        return Array(found.prefix(mostSimilar))
    }

    /// How much two sparse vectors point the same way: 1 for the same, 0 where they share nothing.
    public static func cosine(_ left: [SignatureTerm], _ right: [SignatureTerm]) -> Double {
        let (a, b) = (left.sorted(), right.sorted())
        var (i, j, product) = (0, 0, 0.0)
        while i < a.count, j < b.count {
            if a[i].term == b[j].term {
                product += a[i].weight * b[j].weight
                i += 1
                j += 1
            } else if a[i].term < b[j].term {
                i += 1
            } else {
                j += 1
            }
        }
        let lengths = length(a) * length(b)
        guard lengths > 0, lengths.isFinite, product.isFinite else { return 0 }
        return max(0, min(1, product / lengths))
    }

    private static func length(_ terms: [SignatureTerm]) -> Double {
        terms.reduce(0) { $0 + $1.weight * $1.weight }.squareRoot()
    }

    /// How far the first hypothesis is ahead of the others, and of there being nothing.
    static func rawConfidence(_ ranking: Ranking) -> Double {
        guard let best = ranking.hypotheses.first, best.score > 0 else { return 0 }
        let rival = max(0, ranking.hypotheses.dropFirst().first?.score ?? 0)
        let others = rival * rival / (best.score * best.score) * best.score
        return best.score / (best.score + others + doubt)
    }

    /// The first is believed as the record says, the others by what their scores leave.
    private static func confidence(
        _ hypothesis: Hypothesis, _ ranking: Ranking, _ table: CalibrationTable, _ belief: Belief?
    ) -> Double {
        guard let best = ranking.hypotheses.first, let belief else { return 0 }
        if hypothesis == best { return belief.confidence }
        let rest = ranking.hypotheses.dropFirst().reduce(0) { $0 + max(0, $1.score) }
        guard rest > 0 else { return 0 }
        // None of them is likelier than the one that leads.
        return min(belief.confidence, (1 - belief.confidence) * max(0, hypothesis.score) / (rest + doubt))
    }

    /// The change that a hypothesis about something made by people blames: the last one of its node before the trouble.
    private static func blamed(_ hypothesis: Hypothesis, _ onset: Double?, _ evidence: Contracts.Evidence)
        -> ChangeNotice?
    {
        switch hypothesis.category {
        case .codeBug, .configurationError, .permissionIssue: break
        case .resourceLimit, .externalDependency: return nil
        }
        // What is measured once a second tells a moment late or early.
        let end = onset.flatMap { nanoseconds($0 + 5) } ?? evidence.until
        return evidence.changes
            .filter { $0.at <= end && ($0.nodes.isEmpty || $0.nodes.contains(hypothesis.node)) }
            .max { ($0.at, $0.id) < ($1.at, $1.id) }
    }

    private static func nanoseconds(_ seconds: Double) -> Int64? {
        guard seconds.isFinite, abs(seconds) < 9e9 else { return nil }
        return Int64(seconds * 1e9)
    }
}

/// How far a confidence is to be believed: by what became of diagnoses that were as sure.
struct Belief {
    let confidence: Double
    let text: String
    /// What a figure without a record is worth, in diagnoses.
    private static let weight = 2.0
    private static let enough = 10
    private static let widest = 3

    init(raw: Double, category: String, table: CalibrationTable) {
        let place = max(0, min(19, Int(raw * 20)))
        var (count, right, width) = (0, 0, 0)
        let cells = table.categories.first { $0.category == category }?.cells ?? []
        repeat {
            let near = cells.filter { abs($0.twentieth - place) <= width }
            count = near.reduce(0) { $0 + $1.count }
            right = near.reduce(0) { $0 + $1.right }
            width += 1
        } while count < Self.enough && width <= Self.widest
        confidence = (Double(right) + Self.weight * raw) / (Double(count) + Self.weight)
        let percent = Int((raw * 100).rounded())
        text =
            count == 0
            ? "\(percent) % by its lead alone: no diagnosis of \(category) as sure as this is on record"
            : "its lead says \(percent) %; of \(count) diagnoses of \(category) about as sure \(right) were right"
    }
}

extension PastIncident {
    /// What an earlier incident says to this one: what was right raises, what was wrong lowers.
    init?(_ past: PastSignature) {
        guard let category = CauseCategory(rawValue: past.outcome.category) else { return nil }
        let worth: Double
        switch (past.outcome.wasRight, past.outcome.helped) {
        case (true, _): worth = 1
        case (false, _): worth = -1
        case (nil, true): worth = 0.5
        case (nil, false): worth = -0.5
        case (nil, nil): return nil
        }
        self.init(
            signature: past.signature.map(\.term), node: past.outcome.node, category: category,
            weight: worth * past.outcome.similarity)
    }
}

extension Diagnosis.Suspect {
    init(_ suspect: Suspect) {
        self.init(
            node: suspect.node, metric: suspect.metric,
            onset: suspect.onset.flatMap { $0.isFinite && abs($0) < 9e9 ? Int64($0 * 1e9) : nil }, score: suspect.score,
            shares: suspect.contributions.map { .init($0.name, $0.points, $0.reason) })
    }
}

extension Diagnosis.Hypothesis {
    init(_ hypothesis: Hypothesis, confidence: Double, change: ChangeNotice?) {
        self.init(
            node: hypothesis.node, category: hypothesis.category.rawValue, score: hypothesis.score,
            confidence: confidence, supporting: hypothesis.supporting.map { .init($0.name, $0.points, $0.reason) },
            opposing: hypothesis.opposing.map { .init($0.name, $0.points, $0.reason) }, change: change)
    }
}
