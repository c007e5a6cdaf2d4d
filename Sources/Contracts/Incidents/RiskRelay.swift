public import Distributed

/// How a replica of the risk agent that stands by passes a question on to the active one, with the slot that asked, as the
/// broker had authenticated it. It is believed of the risk agent alone.
@Resolvable
public protocol RiskRelay: DistributedActor where ActorSystem: DistributedActorSystem<any Codable> {
    /// `RiskDesk.judge`, asked by another.
    distributed func judge(_ question: VerdictQuestion, caller: String) async throws -> Verdict
    /// `RiskDesk.permit`, asked by another.
    distributed func permit(_ question: PermitQuestion, caller: String) async throws -> PermitAnswer
    /// `RiskDesk.learn`, told by another.
    distributed func learn(_ lesson: CalibrationLesson, caller: String) async throws
}

/// Why the risk agent answers nothing. It crosses the bus where both sides allow it under the name `RiskFault`.
public enum RiskFault: Error, Codable, Sendable, Equatable, CustomStringConvertible {
    /// Who asks may not ask this.
    case notForYou(question: String, caller: String, allowed: [String])
    /// Under this step another question was answered.
    case otherQuestion(step: String)
    /// No replica is the active one now.
    case nobodyActive(why: String)
    /// Something in the question cannot be.
    case badQuestion(String)

    public var description: String {
        switch self {
        case .notForYou(let question, let caller, let allowed):
            "\(question): expected to be asked by \(allowed.joined(separator: " or ")), found \"\(caller)\""
        case .otherQuestion(let step):
            "the step \(step) has asked something else before; ask under a step of its own"
        case .nobodyActive(let why): "no replica of the risk agent is active: \(why); ask again"
        case .badQuestion(let text): text
        }
    }
}
