import Contracts
import FoundationEssentials
import Risk
import WebClient

/// Asks a policy engine by OPA's data API: `POST URL` with `{"input": {"plan", "circumstances"}}`, answered by
/// `{"result": {"outcome", "reasons", "approvers"}}`. Whatever else comes, and whatever comes too late, denies.
struct OutsidePolicy: Sendable {
    private struct Answer: Decodable {
        struct Result: Decodable {
            var outcome: String
            var reasons: [String]?
            var approvers: Int?
        }
        var result: Result?
    }
    /// More reasons, or longer ones, are cut: they are kept with the verdict.
    private static let mostReasons = 20
    private static let longestReason = 500

    let url: String
    let deadline: Duration
    let client: WebClient

    func opinion(on proposal: Proposal) async -> OutsideOpinion {
        let body: [UInt8]
        do {
            body = Array("{\"input\":".utf8) + (try JSONText.unpack(try Packed.encode(proposal))) + Array("}".utf8)
        } catch { return .unusable("the question cannot be written: \(error)") }
        var request = ClientRequest.json(.post, url, body)
        request.deadline = deadline
        request.connectDeadline = min(deadline, .seconds(1))
        request.mostBytes = 256 << 10
        do throws(ClientFault) {
            return Self.read(try await client.send(request))
        } catch {
            return .unusable(error.description)
        }
    }

    static func read(_ response: ClientResponse) -> OutsideOpinion {
        guard response.status == 200 else { return .unusable("expected the status 200, found \(response.status)") }
        return read(response.body)
    }

    static func read(_ body: [UInt8]) -> OutsideOpinion {
        let answer: Answer
        do { answer = try JSONDecoder().decode(Answer.self, from: Data(body)) } catch {
            return .unusable("expected {\"result\": {\"outcome\", \"reasons\"}}, found something else")
        }
        guard let result = answer.result else { return .unusable("expected a result, found none") }
        guard let outcome = VerdictOutcome(rawValue: result.outcome) else {
            return .unusable("expected the outcome auto, approve or deny, found \"\(result.outcome.prefix(50))\"")
        }
        if let approvers = result.approvers, !(1...10).contains(approvers) {
            return .unusable("expected 1 to 10 approvers, found \(approvers)")
        }
        let reasons = (result.reasons ?? []).prefix(mostReasons).map { String($0.prefix(longestReason)) }
        return OutsideOpinion(outcome, reasons, approvers: result.approvers)
    }
}
