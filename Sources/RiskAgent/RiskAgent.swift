import Capabilities
import Contracts
import Definitions
import Host
import Risk
import Settings
import Signals
import Store
import Worker

/// The risk agent: it judges plans, takes people's answers, and permits. It isolates the policy, the people and the key;
/// what is decided is decided in one transaction with what is kept of it.
actor RiskAgent {
    /// Where its files stand, and how it is called.
    struct Place: Sendable {
        var slot: String
        var data: String
        /// The folder of the configuration.
        var config: String
    }

    private let place: Place
    let store: Store
    private let sources: RiskSources
    private let log: Log
    private let steps: OwnSteps
    private let unproved: Counter
    private let permits: (issued: Counter, refused: Counter)
    private var keeper: PolicyKeeper
    private var people = People()
    private var prior = CalibrationTable()
    /// All lessons, and what they and the prior come to.
    private var lessons: [CalibrationLesson] = []
    private var record = CalibrationTable()
    /// What is wrong with the files beside the policy.
    private var otherMistakes: [String] = []
    private var key: SigningKey?
    private(set) var isActive = false

    init(_ place: Place, _ store: Store, _ sources: RiskSources, metrics: Metrics, log: Log) {
        self.place = place
        self.store = store
        self.sources = sources
        self.log = log
        steps = OwnSteps(agent: "risk", metrics)
        keeper = PolicyKeeper(folder: "\(place.config)/policy")
        unproved = metrics.counter(
            "risk.answers.unproved", help: "Answers to plans that came without a proof that holds")
        permits = (
            metrics.counter("risk.permits", help: "Plans that were to be permitted", labels: ["outcome": "issued"]),
            metrics.counter("risk.permits", help: "Plans that were to be permitted", labels: ["outcome": "refused"])
        )
    }

    // MARK: becoming active, and looking around

    /// The lease is ours: the policy of before is taken over, the key is there, and from now on this replica answers.
    func activate() async throws {
        key = try IssuerKeys.ownOrMade(data: place.data)
        let last = try await store.write { try Tables.lastPolicy($0) }
        // What was seen while standing by is looked at anew: then it is kept, too.
        var fresh = PolicyKeeper(folder: keeper.folder)
        if let last { fresh.restore(last.texts) }
        keeper = fresh
        isActive = true
        await look()
        try await count()
        log.info("this replica is the active one", ["policy": .text(keeper.policy?.version ?? "none")])
    }

    /// Looks at the files; once a second.
    func look() async {
        steps.tell()
        switch keeper.look() {
        case .nothing: break
        case .changed(let texts, let zones, let version):
            log.info("another policy is in force", ["policy": .text(version)])
            if isActive { await keep(texts, zones, version) }
        case .refused:
            log.error(
                "the policy was refused",
                ["in_force": .text(keeper.policy?.version ?? "none"), "mistakes": .text(joined(keeper.mistakes))])
        }
        lookAtPeopleAndRecord()
        // A change of keys by a command.
        if key != nil, let own = try? IssuerKeys.own(data: place.data), own.publicKey != key?.publicKey { key = own }
    }

    private func keep(_ texts: [Tables.PolicyText], _ zones: [KeptFile], _ version: String) async {
        let now = sources.now()
        do {
            try await store.write { context in
                let last = try Tables.lastPolicy(context)
                // The same files under other zones are another policy.
                guard last?.texts != texts || last?.version != version else { return }
                try Tables.keep(texts, zones: zones, version: version, at: now, context)
            }
        } catch { log.error("the policy could not be kept", ["why": "\(error)"]) }
    }

    private func lookAtPeopleAndRecord() {
        let foundPeople = Definitions.people(
            files: ["\(place.config)/people.yaml", LocalPerson.file(data: place.data)])
        // With a mistake, those who were known stay.
        if foundPeople.mistakes.isEmpty { people = foundPeople.people }
        let foundPrior = Definitions.calibration(in: "\(place.config)/calibration")
        if foundPrior.mistakes.isEmpty, foundPrior.table != prior {
            prior = foundPrior.table
            record = Calibration.table(prior: prior, lessons: lessons)
        }
        let mistakes = (foundPeople.mistakes + foundPrior.mistakes).map(\.description)
        if mistakes != otherMistakes, !mistakes.isEmpty {
            log.error("a file was refused", ["mistakes": .text(joined(mistakes))])
        }
        otherMistakes = mistakes
    }

    /// Counts the record anew.
    private func count() async throws {
        lessons = try await store.write { try Tables.lessons($0) }
        record = Calibration.table(prior: prior, lessons: lessons)
    }

    private func joined(_ mistakes: [String]) -> String { mistakes.joined(separator: "\n") }

    private func bench(budgets: [BudgetStanding] = [], standing: IncidentStanding? = nil) -> Bench {
        Bench(
            now: sources.now(), policy: keeper.policy, people: people, calibration: record, budgets: budgets,
            standing: standing)
    }

    // MARK: judging

    /// What may be done with a plan; the first answer to a step is the one it gets for ever.
    func judge(_ question: VerdictQuestion, caller: String) async throws -> Verdict {
        try await steps.step("judge", isAnswer: { $0 is RiskFault }) {
            _ = try Self.role(of: caller, asking: "judge", among: ["triage", "operator"])
            guard question.standing.incident == question.plan.incident else {
                throw RiskFault.badQuestion("expected the standing of the plan's own incident, found another's")
            }
            let digest = Digest("kintsugi question 1", of: try Packed.encode(question))
            if let earlier = try await store.write({ try Judging.earlier(question, digest, $0) }) { return earlier }
            let bench = bench(budgets: await sources.budgets(), standing: question.standing)
            let proposal = try await store.write { context in
                let standing = try Judging.standing(of: question.plan.incident, bench, context)
                return try Judging.proposal(
                    question.plan, state: question.state, asker: question.asker, standing: standing, bench, context)
            }
            let opinion = await sources.outside?(proposal)
            return try await store.write { context in
                // Asked twice at a time: the first to get here has answered for both.
                if let earlier = try Judging.earlier(question, digest, context) { return earlier }
                let verdict = RiskJudge.verdict(on: proposal, under: bench.policy, outside: opinion)
                let kept = KeptVerdict(step: question.step, proposal: proposal, verdict: verdict)
                try Tables.keep(kept, question: digest, context)
                return verdict
            }
        }
    }

    // MARK: people

    /// A person's answer. Without a proof that holds it is nobody's, and is not kept.
    func answer(_ approval: Approval) async throws -> ApprovalReceipt {
        try await steps.step("answer", isAnswer: { $0 is RiskFault }) {
            let bench = bench()
            let question = ApprovalQuestion(
                incident: approval.incident, generation: approval.generation, plan: approval.plan)
            do throws(ProofFault) {
                _ = try people.prove(approval, verify: SigningKey.verify)
            } catch {
                unproved.increment()
                log.limited(
                    "unproved", .warning, "an answer came without a proof that holds",
                    ["person": .text(approval.person), "incident": .text(approval.incident), "why": "\(error)"])
                let standing = try await store.write { try Judging.approval(question, bench, $0) }
                return ApprovalReceipt(counts: false, person: nil, text: error.description, standing: standing)
            }
            return try await store.write { try Self.take(approval, question, bench, $0) }
        }
    }

    private static func take(
        _ approval: Approval, _ question: ApprovalQuestion, _ bench: Bench, _ context: WriteContext
    ) throws -> ApprovalReceipt {
        func receipt(_ counts: Bool, _ text: String) throws -> ApprovalReceipt {
            ApprovalReceipt(
                counts: counts, person: approval.person, text: text,
                standing: try Judging.approval(question, bench, context))
        }
        guard let kept = try Judging.verdict(for: question, context) else {
            return try receipt(false, "no verdict on this plan is waiting for anybody; look at the plan as it is now")
        }
        if let earlier = try Tables.answer(approval.id, context) {
            guard earlier.statement == approval.statement else {
                return try receipt(false, "under this id another answer was given before; give each an id of its own")
            }
        } else {
            try Tables.keep(approval, fault: nil, at: bench.now, context)
        }
        let weighed = try Judging.weigh(
            kept, verdict: kept.verdict, state: kept.verdict.state, bench, context)
        guard let fault = weighed.answers.first(where: { $0.id == approval.id })?.fault else {
            return try receipt(true, approval.answer == .approve ? "it counts" : "the plan is rejected")
        }
        return try receipt(false, "it does not count: \(Words.text(fault))")
    }

    /// How the approval of a judged plan stands.
    func approval(_ question: ApprovalQuestion) async throws -> ApprovalStanding {
        let bench = bench()
        return try await store.write { try Judging.approval(question, bench, $0) }
    }

    // MARK: permitting

    /// One capability for each step, where the verdict or people allow it now.
    func permit(_ question: PermitQuestion, caller: String) async throws -> PermitAnswer {
        try await steps.step("permit", isAnswer: { $0 is RiskFault }) {
            let role = try Self.role(of: caller, asking: "permit", among: Permitting.actors)
            guard let key else { throw RiskFault.nobodyActive(why: "this replica has no key yet") }
            let budgets = await sources.budgets()
            let bench = bench(budgets: budgets, standing: await sources.standing(question.plan.incident))
            var asked = Permitting.Case(
                question: question, digest: Digest("kintsugi question 1", of: try Packed.encode(question)), role: role,
                opinion: nil, key: key)
            if let outside = sources.outside {
                let proposal = try await store.write { context in
                    let standing = try Judging.standing(of: question.plan.incident, bench, context)
                    let asker = try Tables.latestVerdict(of: question.plan.incident, context)?.proposal.circumstances
                        .asker
                    return try Judging.proposal(
                        question.plan, state: question.state, asker: asker ?? Asker(.agent, role), standing: standing,
                        bench, context)
                }
                asked.opinion = await outside(proposal)
            }
            let final = asked
            let answer = try await store.write { try Permitting.answer(final, bench, $0) }
            (answer.refusal == nil ? permits.issued : permits.refused).increment()
            if let refusal = answer.refusal {
                log.info(
                    "nothing was permitted", ["incident": .text(question.plan.incident), "why": .text(refusal)])
            }
            return answer
        }
    }

    // MARK: the record

    /// How a diagnosis turned out.
    func learn(_ lesson: CalibrationLesson, caller: String) async throws {
        try await steps.step("learn", isAnswer: { $0 is RiskFault }) {
            _ = try Self.role(of: caller, asking: "learn", among: ["triage", "operator"])
            guard Calibration.twentieth(lesson.record.confidence) != nil else {
                throw RiskFault.badQuestion(
                    "expected a confidence from 0 to 1, found \(lesson.record.confidence); tell it again")
            }
            let now = sources.now()
            try await store.write { try Tables.keep(lesson, at: now, $0) }
            try await count()
        }
    }

    func verdicts(_ query: VerdictQuery) async throws -> [KeptVerdict] {
        try await store.read { try Tables.verdicts(query, $0) }
    }

    /// How this replica is; one that stands by knows its files alone.
    func standing(active: String?) async throws -> RiskStanding {
        var standing = RiskStanding(
            slot: place.slot, isActive: isActive, active: active, policy: keeper.policy?.version,
            mistakes: keeper.mistakes + otherMistakes,
            publicKey: IssuerKeys.read(data: place.data).first.map { Words.base64($0.publicKey) } ?? "",
            calibration: isActive ? record : prior, waiting: 0, capabilitiesIssued: 0)
        guard isActive else { return standing }
        let bench = bench()
        let (waiting, issued) = try await store.write { context in
            let since = bench.now - 8 * 24 * Judging.hour
            let waiting = try Tables.waiting(since: since, context).count { kept in
                let plan = kept.proposal.plan
                let question = ApprovalQuestion(
                    incident: plan.incident, generation: plan.generation, plan: kept.verdict.plan)
                return try Judging.approval(question, bench, context).outcome == .waiting
            }
            return (waiting, try Tables.issued(context))
        }
        standing.waiting = waiting
        standing.capabilitiesIssued = issued
        return standing
    }

    // MARK: who asks

    /// The authenticated caller's role, where it may ask this.
    private static func role(of caller: String, asking question: String, among allowed: [String]) throws -> String {
        guard let role = SlotName(caller)?.role, allowed.contains(role) else {
            throw RiskFault.notForYou(question: question, caller: caller, allowed: allowed)
        }
        return role
    }
}
