public import Contracts

/// Every death at every moment of every step, one at a time.
public enum IncidentMatrix {
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
}
