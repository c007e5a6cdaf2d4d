public import Contracts

/// Every death at every moment of every step, one at a time, beside the same story without a death.
public struct IncidentMatrix: Sendable {
    /// What is asked in some story.
    public static let errands: [IncidentStep.Errand] = [
        .evidence, .plan, .verdict, .approval, .execution, .halt, .verification, .undo,
    ]

    public static var kills: [IncidentKill] {
        IncidentParty.allCases.flatMap { party in
            errands.flatMap { errand in
                IncidentKill.Occasion.allCases.map { IncidentKill(party, at: errand, $0) }
            }
        }
    }

    /// One party dying at one step: over all moments and stories.
    public struct Cell: Sendable, Equatable {
        public var party: IncidentParty
        public var errand: IncidentStep.Errand
        /// Deaths that came about: a story in which the step is not asked for has none.
        public var deaths = 0
        /// Those after which the incident ended as without, with the same in force and every step in effect once.
        public var alike = 0
    }

    public let cells: [Cell]

    /// Runs all of them.
    public init() {
        let calm = IncidentStory.allCases.map { story -> (IncidentStory, IncidentOutcome) in
            var options = IncidentOptions()
            options.story = story
            return (story, IncidentSimulation(seed: 1, options: options).run())
        }
        var cells: [Cell] = []
        for party in IncidentParty.allCases {
            for errand in Self.errands {
                var cell = Cell(party: party, errand: errand)
                for occasion in IncidentKill.Occasion.allCases {
                    for (story, without) in calm {
                        var options = IncidentOptions()
                        options.story = story
                        options.kill = IncidentKill(party, at: errand, occasion)
                        let outcome = IncidentSimulation(seed: 1, options: options).run()
                        guard outcome.tally.deaths > 0 else { continue }
                        cell.deaths += 1
                        if outcome.isLike(without) { cell.alike += 1 }
                    }
                }
                cells.append(cell)
            }
        }
        self.cells = cells
    }

    /// As a table of Markdown: a row for who dies, a column for the step.
    public var table: String {
        let head = "| who dies at | " + Self.errands.map(\.rawValue).joined(separator: " | ") + " |"
        let rule = "|---|" + Self.errands.map { _ in "---|" }.joined()
        let rows = IncidentParty.allCases.map { party in
            let found = Self.errands.map { errand in
                cells.first { $0.party == party && $0.errand == errand }.map { "\($0.alike) of \($0.deaths)" } ?? ""
            }
            return "| \(party.rawValue) | " + found.joined(separator: " | ") + " |"
        }
        return ([head, rule] + rows).joined(separator: "\n") + "\n"
    }
}

extension IncidentOutcome {
    /// The same end, with the same in force, and nothing done more often.
    public func isLike(_ other: IncidentOutcome) -> Bool {
        violation == nil && stage == other.stage && inForce == other.inForce
            && effects - undone == other.effects - other.undone
    }
}
