import Capabilities
import Contracts
import Forge
import Host
import Remedies
import Signals
import Store

/// The forge's door: a pull request is made, checked, merged and deployed, if a capability permits exactly that.
///
/// A use is on disk before its effect, its result after it. Every part of the effect has a name that follows from the order (the
/// pull request's key, the merge of its commit, the deploy of that), so who finds a use without a result does it again, and
/// what was done already is found done.
actor ForgeDoor {
    static let name = "forge"

    private let data: String
    private let store: Store
    private let forge: any Forge
    private let workshop: Workshop
    private let pipeline: Pipeline
    private let deployer: Deployer
    private let log: Log
    private let now: @Sendable () -> Int64
    private var underway: [(id: UUID, task: Task<DoorAnswer, Never>)] = []

    init(
        data: String, _ store: Store, _ forge: any Forge, _ workshop: Workshop, _ pipeline: Pipeline,
        _ deployer: Deployer, log: Log,
        now: @escaping @Sendable () -> Int64
    ) {
        self.data = data
        self.store = store
        self.forge = forge
        self.workshop = workshop
        self.pipeline = pipeline
        self.deployer = deployer
        self.log = log
        self.now = now
    }

    /// The state of what an order would change.
    func state(_ order: ActionOrder) async throws -> Digest { try await workshop.state(order) }

    func perform(_ asked: DoorOrder, _ kept: Tables.KeptOffer?) async throws -> DoorAnswer {
        let use = CapabilityUse(signed: asked.capability, order: asked.order, plan: asked.plan)
        let id = CapabilityCheck.identifier(of: asked.capability)
        let earlier = if let id { try await store.write { try Tables.use(id, $0) } } else { StoredUse?.none }
        let known = DoorKnowledge(
            door: Self.name, now: now(), state: try await workshop.state(asked.order), standing: nil,
            issuers: IssuerKeys.read(data: data), earlier: earlier)
        switch CapabilityCheck.decide(use, known, verify: SigningKey.verify) {
        case .refuse(let refusal):
            log.warning("an order was refused at the forge", ["why": .text(refusal.description)])
            return DoorAnswer(.refused, refusal.description)
        case .again(let result):
            return (try? Packed.decode(DoorAnswer.self, from: result))
                ?? DoorAnswer(.unknown, "its result is unreadable")
        case .underway(let capability, let stored): return await carryOut(asked, capability, stored, kept)
        case .accept(let capability, let stored):
            guard asked.step == capability.step else {
                return DoorAnswer(
                    .refused, "the capability is for step \(capability.step), asked for was \(asked.step)")
            }
            let now = now()
            try await store.write { try Tables.keep(stored, asked: asked, at: now, $0) }
            log.info(
                "an agent's order is carried out",
                [
                    "order": .text("\(asked.order.action.rawValue) of \(asked.order.target)"),
                    "incident": .text(capability.incident),
                ])
            return await carryOut(asked, capability, stored, kept)
        }
    }

    /// Once for all who ask at the same time.
    private func carryOut(
        _ asked: DoorOrder, _ capability: Capability, _ stored: StoredUse, _ kept: Tables.KeptOffer?
    ) async -> DoorAnswer {
        if let running = underway.first(where: { $0.id == capability.id }) { return await running.task.value }
        let task = Task.detached { [self] in
            let answer = await effect(asked, capability, kept)
            var done = stored
            done.result = try? Packed.encode(answer)
            let final = done
            let time = now()
            do { try await store.write { try Tables.keep(final, asked: asked, at: time, $0) } } catch {
                log.error(
                    "the result of an order is not on record; it is found done if it is asked again",
                    ["why": "\(error)"])
            }
            return answer
        }
        underway.append((capability.id, task))
        let answer = await task.value
        underway.removeAll { $0.id == capability.id }
        return answer
    }

    /// What checks say of a commit: each with what is wrong, or nil where nothing is.
    private nonisolated func objections(to head: String) async throws(ForgeFault) -> [(name: String, mistake: String?)]
    {
        var found = await workshop.objections(to: head)
        // What cannot be read need not be built.
        guard found.allSatisfy({ $0.mistake == nil }), try await workshop.changesSources(head) else { return found }
        switch try await pipeline.outcome(of: head) {
        case .proven: found.append(("pipeline", nil))
        case .failed(let why): found.append(("pipeline", why))
        case .underway(let text): found.append(("pipeline", "nobody waited for it: \(text)"))
        case .needless: break
        }
        return found
    }

    private nonisolated func effect(
        _ asked: DoorOrder, _ capability: Capability, _ kept: Tables.KeptOffer?
    ) async -> DoorAnswer {
        do throws(ForgeFault) {
            let words = PullWords(asked: asked, capability: capability, kept: kept)
            guard let proposal = try await workshop.proposal(asked.order, words, key: words.key) else {
                return DoorAnswer(.done, "main has it so already")
            }
            var pull = try await forge.propose(proposal)
            if pull.state == .closed { return DoorAnswer(.failed, "pull request #\(pull.number) was closed") }
            if pull.state == .open {
                for (name, mistake) in try await objections(to: pull.head) {
                    _ = try await forge.check(
                        pull.number,
                        PullCheck(
                            name: name, state: mistake == nil ? .passed : .failed, text: mistake ?? "", head: pull.head,
                            at: capability.issued))
                    guard let mistake else { continue }
                    _ = try await forge.close(pull.number, by: "remediation", why: mistake, at: now())
                    return DoorAnswer(.failed, "pull request #\(pull.number) is not right: \(mistake)")
                }
                pull = try await forge.merge(pull.number, by: "remediation", head: pull.head, at: capability.issued)
            }
            // What was merged elsewhere is fetched before it can be deployed.
            await deployer.follow()
            guard let merged = pull.merged else {
                return DoorAnswer(.unknown, "pull request #\(pull.number) has no merge")
            }
            let outcome = await deployer.outcome(of: merged)
            let text = "pull request #\(pull.number), merged as \(merged.prefix(10)): \(outcome.text)"
            return DoorAnswer(outcome.isDone ? .done : .failed, text)
        } catch {
            log.warning("the forge could not do it", ["why": "\(error)"])
            return DoorAnswer(error.isPassing ? .unknown : .failed, error.description)
        }
    }
}

/// What a pull request says.
struct PullWords: Sendable {
    let asked: DoorOrder
    let capability: Capability
    let kept: Tables.KeptOffer?

    /// The same order under the same plan is one pull request; another capability for it, too.
    var key: String { "\(asked.plan)/\(asked.step)" }

    func proposal(_ change: PullProposal.Change, title: String, base: String) -> PullProposal {
        PullProposal(
            key: key, title: title, text: text, author: "remediation", change: change, base: base,
            incident: capability.incident, plan: "\(asked.plan)", at: kept?.at ?? capability.issued)
    }

    private var text: String {
        var lines = [String]()
        if let kept {
            lines += ["## Why", "", kept.offer.plan.text, ""]
            if let best = kept.diagnosis.hypotheses.first {
                lines += ["| for | against |", "|---|---|"]
                for place in 0..<max(best.supporting.count, best.opposing.count) {
                    let pro = place < best.supporting.count ? best.supporting[place].text : ""
                    let con = place < best.opposing.count ? best.opposing[place].text : ""
                    lines.append("| \(pro) | \(con) |")
                }
                lines += ["", kept.diagnosis.confidenceText, ""]
            }
            lines += ["## Evidence", "", "`kintsugi incident show \(capability.incident)`", ""]
            lines += ["## What changes", "", "```diff", kept.offer.diff, "```", ""]
            let steps = kept.offer.plan.steps
            if asked.step < steps.count, let inverse = steps[asked.step].inverse {
                lines += ["## What takes it back", "", inverse.text, ""]
            }
        } else {
            lines += ["What plan \(asked.plan.brief) did is taken back.", ""]
        }
        lines += [
            "## Permission", "",
            "Capability \(capability.id) of \(capability.issuer): \(capability.grounds) for step \(capability.step + 1) of plan `\(asked.plan)`.",
        ]
        return lines.joined(separator: "\n")
    }
}
