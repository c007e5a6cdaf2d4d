import Contracts
import Risk

/// What people read of what the rules say.
enum Words {
    static func base64(_ bytes: [UInt8]) -> String { String(decoding: Base64.encode(bytes), as: UTF8.self) }

    static func text(_ fault: ApprovalRules.Fault) -> String {
        switch fault {
        case .unproved: "the proof does not hold"
        case .otherPerson: "the proof is somebody else's"
        case .agent: "no agent agrees for a person"
        case .mayNot: "this person may not agree to plans"
        case .otherIncident: "it is about another incident, or another generation of it"
        case .otherPlan: "it is about another plan"
        case .otherState: "it was given for another state; look at the plan as it is now"
        case .early: "it is from the future; set the clock right"
        case .expired: "it was given too long ago; give it anew"
        case .used: "it was used already; give another"
        case .repeated: "another answer has this id"
        case .samePerson: "this person has agreed already; another one has to"
        }
    }
}
