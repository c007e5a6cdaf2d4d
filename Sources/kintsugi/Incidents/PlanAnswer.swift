import Commands
import Contracts
import Host
import Signals

/// The plan that an incident waits with, as an answer must name it: what was agreed to is what runs.
struct PlanInQuestion: Equatable {
    let incident: String
    let generation: Int
    let plan: Digest
    let state: Digest

    /// Of an incident that waits for an answer; `beginning` is how the hash of the plan that is meant begins.
    init(_ incident: Incident, beginning: String? = nil) throws(Failure) {
        guard let offer = incident.plan, incident.stage == .awaitingApproval else {
            throw Failure(
                "nothing waits for an answer: expected the incident \(incident.id) to be awaiting_approval, found "
                    + harmless("\(incident.stage.rawValue) (\(incident.note))"))
        }
        let plan = offer.plan.digest
        if let beginning {
            guard beginning.count >= 4, beginning.allSatisfy(\.isHexDigit) else {
                throw Failure(
                    "--plan: expected at least four digits of the plan's hash, found \"\(harmless(beginning))\"",
                    exit: ExitCode.usage)
            }
            guard plan.description.hasPrefix(beginning.lowercased()) else {
                throw Failure(
                    "the plan is another one now: expected \(beginning), found \(plan.brief); look at it: "
                        + "kintsugi incident show \(incident.id)")
            }
        }
        self.incident = incident.id
        generation = incident.generation
        self.plan = plan
        // What Risk judged is what people agree to.
        state = incident.verdict.flatMap { $0.plan == plan ? $0.state : nil } ?? offer.state
    }

    /// A person's answer to it, with the proof that it is theirs.
    func answered(
        _ answer: Approval.Answer, id: UUID, by person: String, feedback: String?, at now: Int64, with key: PersonKey
    ) -> Approval {
        key.signed(
            Approval(
                id: id, answer, incident: incident, generation: generation, plan: plan, state: state, person: person,
                proof: Approval.Proof(.signature, []), given: now, feedback: feedback))
    }
}

extension Operator {
    func answer(
        _ answer: Approval.Answer, _ invocation: Invocation, _ places: Places
    ) throws(Failure) -> Int32 {
        let question = try PlanInQuestion(
            try incidentNamed(invocation, places), beginning: invocation.text("plan"))
        let file = invocation.text("key") ?? LocalPerson.keyFile(data: places.data)
        let key: PersonKey
        do { key = try PersonKey(file: file) } catch { throw Failure(harmless("\(error)")) }
        let approval = question.answered(
            answer, id: freshID(), by: signer(invocation),
            feedback: invocation.text("text") ?? invocation.text("feedback"),
            at: WallTime.now.nanoseconds, with: key)
        let receipt = try risk(places) { try await $0.answer(approval) }
        terminal.write(
            invocation.has("json") ? json(receipt) : ApprovalText.text(receipt, question, terminal.paint))
        return receipt.counts ? ExitCode.success : ExitCode.failure
    }

    /// `keys person NAME` writes NAME.key.
    private func signer(_ invocation: Invocation) -> String {
        if let name = invocation.text("as") { return name }
        guard let file = invocation.text("key") else { return LocalPerson.name }
        let name = file.split(separator: "/").last.map(String.init) ?? file
        return name.hasSuffix(".key") ? String(name.dropLast(4)) : name
    }
}

/// What became of an answer, for a person.
enum ApprovalText {
    static func text(_ receipt: ApprovalReceipt, _ question: PlanInQuestion, _ paint: Paint) -> String {
        let person = receipt.person ?? "nobody, as far as it is proved"
        let counts = receipt.counts ? paint("counts", .green) : paint("does not count", .red)
        return "The answer \(counts): \(harmless(receipt.text))\n"
            + harmless("  person    \(person)") + "\n"
            + "  plan      \(question.plan.brief) of \(harmless(question.incident)), generation \(question.generation)\n"
            + harmless("  approval  \(IncidentWords.approval(receipt.standing))") + "\n"
    }
}
