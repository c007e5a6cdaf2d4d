import Contracts
import Host
import Risk
import Signals
import Store
import Testing

@testable import RiskAgent

@Suite("What people answer to the risk agent")
struct AnswerTests {
    private static let patch = Office.plan(.patch)
    private static let scale = Office.plan(.scale)

    @Test func `one person's approval permits once, on the grounds of the approval`() async throws {
        let office = try await Office()
        try await office.judge(Self.scale)
        #expect(try await office.approval(Self.scale).outcome == .waiting)
        #expect(try await office.agent.standing(active: nil).waiting == 1)
        #expect(try await office.permit(Self.scale).refusal?.contains("agree still") == true)
        let receipt = try await office.agent.answer(office.answer(.approve, Self.scale, by: "ann", with: office.ann))
        #expect(receipt.counts && receipt.person == "ann" && receipt.standing.outcome == .granted)
        #expect(try await office.permit(Self.scale).refusal == nil)
        // It is used up: another step needs another approval.
        office.around.pass(seconds: 400)
        #expect(try await office.permit(Self.scale, step: "act-2").refusal?.contains("agree still") == true)
    }

    /// An answer signed by a session's key that a person has vouched for, changed before the person signs.
    private static func fromSession(
        _ office: Office, of person: PersonKey, named name: String = "ann",
        change: (inout SessionGrant) -> Void = { _ in }, after: (inout SessionProof) -> Void = { _ in }
    ) throws -> Approval {
        let session = try SigningKey(seed: [UInt8](repeating: 9, count: 32))
        var answer = office.answer(.approve, Self.scale, by: name, with: office.ann)
        var grant = SessionGrant(
            person: name, publicKey: session.publicKey, issued: answer.given - .seconds(60),
            expires: answer.given + .seconds(3_600), nonce: [UInt8](repeating: 4, count: 16))
        change(&grant)
        var proof = SessionProof(grant: person.signed(grant), signature: session.sign(answer.statement))
        after(&proof)
        answer.proof = Approval.Proof(.session, try Packed.encode(proof))
        return answer
    }

    @Test func `a session's key answers for who has vouched for it`() async throws {
        let office = try await Office()
        try await office.judge(Self.scale)
        let receipt = try await office.agent.answer(try Self.fromSession(office, of: office.ann))
        #expect(receipt.counts && receipt.person == "ann" && receipt.standing.outcome == .granted)
    }

    @Test func `a session of somebody else, one that is over, and one that was altered answer for nobody`() async throws
    {
        let office = try await Office()
        try await office.judge(Self.scale)
        let forged = [
            try Self.fromSession(office, of: office.bob),
            try Self.fromSession(office, of: office.ann) { $0.person = "bob" },
            try Self.fromSession(office, of: office.ann) { $0.expires = $0.issued + .seconds(59) },
            try Self.fromSession(office, of: office.ann) { $0.issued += .seconds(61) },
            try Self.fromSession(office, of: office.ann) { $0.expires = $0.issued + SessionGrant.longest + 1 },
            try Self.fromSession(office, of: office.ann, after: { $0.grant.expires += 1 }),
            try Self.fromSession(office, of: office.ann, after: { $0.grant.publicKey[3] ^= 1 }),
            try Self.fromSession(office, of: office.ann, after: { $0.grant.nonce = [] }),
            try Self.fromSession(office, of: office.ann, after: { $0.signature[7] ^= 1 }),
        ]
        for answer in forged {
            let receipt = try await office.agent.answer(answer)
            #expect(!receipt.counts && receipt.person == nil)
        }
        #expect(try await office.approval(Self.scale).outcome == .waiting)
    }

    @Test func `where two have to agree, one person twice is one`() async throws {
        let office = try await Office()
        #expect(try await office.judge(Self.patch).approvers == 2)
        let first = try await office.agent.answer(office.answer(.approve, Self.patch, by: "ann", with: office.ann))
        #expect(first.counts && first.standing.missing == 1)
        let again = try await office.agent.answer(office.answer(.approve, Self.patch, by: "ann", with: office.ann))
        #expect(!again.counts && again.standing.missing == 1)
        let second = try await office.agent.answer(office.answer(.approve, Self.patch, by: "bob", with: office.bob))
        #expect(second.counts && second.standing.people == ["ann", "bob"])
        #expect(try await office.permit(Self.patch).refusal == nil)
    }

    @Test func `a proof that does not hold is counted, and not kept as an answer`() async throws {
        let office = try await Office()
        try await office.judge(Self.scale)
        var forged = [
            office.answer(.approve, Self.scale, by: "ann", with: office.bob),
            office.answer(.approve, Self.scale, by: "nobody", with: office.ann),
        ]
        var session = office.answer(.approve, Self.scale, by: "ann", with: office.ann)
        session.proof = Approval.Proof(.session, [1])
        var agent = office.answer(.approve, Self.scale, by: "ann", with: office.ann)
        agent.person = "remediation"
        forged += [session, agent]
        for change in [0, 13, 63] {
            var altered = office.answer(.approve, Self.scale, by: "ann", with: office.ann)
            altered.proof.bytes[change] ^= 1
            forged.append(altered)
        }
        // What was signed is what counts: nothing of it may be another afterwards.
        var other = office.answer(.reject, Self.scale, by: "ann", with: office.ann)
        other.answer = .approve
        forged.append(other)
        for answer in forged {
            let receipt = try await office.agent.answer(answer)
            #expect(!receipt.counts && receipt.person == nil && receipt.standing.outcome == .waiting)
        }
        let kept = try await office.store.read { connection in
            try connection.first("SELECT count(*) FROM answers") { try $0.value(0, as: Int.self) }
        }
        #expect(kept == 0)
        let unproved = office.metrics.counter("risk.answers.unproved", help: "").value
        #expect(unproved == forged.count)
    }

    @Test func `who may not agree does not, and a state that moved makes an approval void`() async throws {
        let office = try await Office()
        try await office.judge(Self.scale)
        let carl = try await office.agent.answer(office.answer(.approve, Self.scale, by: "carl", with: office.carl))
        #expect(!carl.counts && carl.person == "carl" && carl.text.contains("may not"))
        let moved = Digest(of: [9])
        let late = try await office.agent.answer(
            office.answer(.approve, Self.scale, by: "ann", with: office.ann, state: moved))
        #expect(!late.counts)
        _ = try await office.agent.answer(office.answer(.approve, Self.scale, by: "ann", with: office.ann))
        #expect(try await office.permit(Self.scale, state: moved).refusal?.contains("void") == true)
    }

    @Test func `an approval expires, and so does the wait for one`() async throws {
        let office = try await Office()
        try await office.judge(Self.scale)
        _ = try await office.agent.answer(office.answer(.approve, Self.scale, by: "ann", with: office.ann))
        office.around.pass(seconds: 1_799)
        #expect(try await office.approval(Self.scale).outcome == .granted)
        office.around.pass(seconds: 1)
        #expect(try await office.approval(Self.scale).outcome == .expired)
        #expect(try await office.permit(Self.scale).refusal != nil)
    }

    @Test func `a capability holds no longer than the approval that it rests on`() async throws {
        let office = try await Office()
        try await office.judge(Self.scale)
        let approval = office.answer(.approve, Self.scale, by: "ann", with: office.ann)
        _ = try await office.agent.answer(approval)
        office.around.pass(seconds: 1_790)
        #expect(try await office.permit(Self.scale).expires == approval.given + .seconds(1_800))
    }

    @Test func `a rejection stands, with what was said, and nobody agrees it away`() async throws {
        let office = try await Office()
        try await office.judge(Self.scale)
        let no = office.answer(.reject, Self.scale, by: "bob", with: office.bob, feedback: "it is the carrier")
        #expect(try await office.agent.answer(no).standing.outcome == .rejected)
        let yes = try await office.agent.answer(office.answer(.approve, Self.scale, by: "ann", with: office.ann))
        #expect(yes.standing.outcome == .rejected && yes.standing.feedback == "it is the carrier")
        #expect(try await office.permit(Self.scale).refusal?.contains("it is the carrier") == true)
    }

    @Test func `the same answer again is the same answer, and another under its id is refused`() async throws {
        let office = try await Office()
        try await office.judge(Self.patch)
        let answer = office.answer(.approve, Self.patch, by: "ann", with: office.ann, number: 7)
        let first = try await office.agent.answer(answer)
        #expect(try await office.agent.answer(answer) == first && first.standing.missing == 1)
        let other = office.answer(.reject, Self.patch, by: "ann", with: office.ann, number: 7)
        #expect(try await office.agent.answer(other).counts == false)
        #expect(try await office.approval(Self.patch).outcome == .waiting)
    }

    @Test func `an answer to a plan that is not the last one judged counts for nothing`() async throws {
        let office = try await Office()
        try await office.judge(Self.scale)
        try await office.judge(Self.patch, step: "judge-2")
        let receipt = try await office.agent.answer(office.answer(.approve, Self.scale, by: "ann", with: office.ann))
        #expect(!receipt.counts && receipt.standing.outcome == .void)
        #expect(try await office.approval(Self.scale).outcome == .void)
    }

    @Test func `somebody who is no longer among the people has not agreed`() async throws {
        let office = try await Office()
        try await office.judge(Self.scale)
        _ = try await office.agent.answer(office.answer(.approve, Self.scale, by: "ann", with: office.ann))
        try WholeFile.write("version: 1\npeople: []\n", to: "\(office.folder)/config/people.yaml")
        await office.agent.look()
        #expect(try await office.permit(Self.scale).refusal?.contains("agree still") == true)
    }
}
