import Bus
import Contracts
import Definitions
import Remedies
import Settings
import Signals
import Store
import Worker

/// The remediation agent: it makes plans of diagnoses, and carries out the one that it is told to. It isolates what is under
/// way; each plan goes on by itself, and what must be known before the next thing is done is on disk first.
actor RemediationAgent {
    private let config: String
    private let store: Store
    private let outside: Outside
    private let log: Log
    private let steps: OwnSteps
    private let metrics: Metrics
    private var runbooks: [Runbook] = []
    private var mistakes: [Mistake] = []
    private(set) var isActive = false
    private var running: [(id: String, task: Task<Void, Never>)] = []

    /// How often an ended step of work that takes long is looked at.
    private static let pace = Duration.milliseconds(20)
    private static let slowPace = Duration.seconds(1)

    init(config: String, _ store: Store, _ outside: Outside, metrics: Metrics, log: Log) {
        self.config = config
        self.store = store
        self.outside = outside
        self.log = log
        self.metrics = metrics
        steps = OwnSteps(agent: "remediation", metrics)
        let found = Definitions.runbooks(in: "\(config)/runbooks")
        runbooks = found.runbooks
        mistakes = found.mistakes
        if !mistakes.isEmpty {
            log.error("a runbook was refused", ["mistakes": .text(mistakes.map(\.description).joined(separator: "\n"))])
        }
    }

    /// The lease is ours: what was under way goes on.
    func activate() async throws {
        let open = try await store.write { try Tables.open($0) }
        isActive = true
        log.info(
            "this replica is the active one",
            ["runbooks": .integer(runbooks.count), "under way": .integer(open.count)])
        for execution in open { drive(execution.id) }
    }

    /// Gives up what is under way; who comes next goes on with it.
    func retire() {
        isActive = false
        for one in running { one.task.cancel() }
        running = []
    }

    func standing() -> (runbooks: [Runbook], mistakes: [String]) { (runbooks, mistakes.map(\.description)) }

    // MARK: planning

    /// What could be done; the first answer to a step is the one it gets for ever.
    func plan(_ question: PlanQuestion) async throws -> PlanAnswer {
        try await steps.step("plan", isAnswer: { _ in false }) {
            if let known = try await store.write({ try Tables.answer(toStep: question.step, $0) }) { return known }
            if let text = await outside.search(question) { return .underway(text: text) }
            let world = await outside.world(question, Planning.questions(question, runbooks))
            if let deploying = world.deploying { return .underway(text: deploying) }
            let known = runbooks
            let answer = Planning.answer(question, known, world)
            let offers = if case .offers(let found) = answer { found } else { [PlanOffer]() }
            let final = try await store.write { context -> PlanAnswer in
                if let known = try Tables.answer(toStep: question.step, context) { return known }
                try Tables.keep(PlanGrounds(question, world, known), answer, context)
                return answer
            }
            log.info(
                "planned",
                [
                    "incident": .text(question.incident), "offers": .integer(offers.count),
                    "first": .text(offers.first?.origin ?? "none"),
                ])
            return final
        }
    }

    /// What the plans of a step were made from.
    func grounds(of step: String) async throws -> [UInt8]? {
        guard let grounds = try await store.read({ try Tables.grounds(of: step, $0) }) else { return nil }
        return try Packed.encode(grounds)
    }

    /// The state now of all that a plan touches.
    func state(of plan: PlanSummary) async throws -> Digest {
        var states: [Digest] = []
        for step in plan.steps { states.append(try await outside.state(step.order)) }
        return Planning.state(states)
    }

    // MARK: carrying out

    func execute(_ question: ExecutionQuestion) async throws -> ExecutionAnswer {
        let now = outside.now()
        let (execution, isNew) = try await store.write { context -> (Execution, Bool) in
            if let known = try Tables.execution(question.execution, context) { return (known, false) }
            let begun = Execution(question.execution, question.plan, at: now)
            try Tables.keep(begun, context)
            return (begun, true)
        }
        if isNew {
            log.info("carrying out", ["incident": .text(question.plan.incident), "plan": .text(question.plan.text)])
        }
        drive(execution.id)
        return execution.answer
    }

    func undo(_ question: ExecutionQuestion) async throws -> ExecutionAnswer {
        let execution = try await change(question, .undo)
        return execution.answerToUndo
    }

    func halt(_ question: ExecutionQuestion) async throws -> ExecutionAnswer {
        let execution = try await change(question, .halt)
        return execution.answer
    }

    private func change(_ question: ExecutionQuestion, _ event: ExecutionEvent) async throws -> Execution {
        let now = outside.now()
        let execution = try await store.write { context -> Execution in
            guard var known = try Tables.execution(question.execution, context) else {
                let halted = Execution(halted: question.execution, question.plan, at: now)
                try Tables.keep(halted, context)
                return halted
            }
            if known.take(event, at: now) { try Tables.keep(known, context) }
            return known
        }
        drive(execution.id)
        return execution
    }

    func executions(of incident: String?) async throws -> [Execution] {
        try await store.read { try Tables.executions(of: incident, limit: 100, $0) }
    }

    /// Lets an execution go on, if nobody does so already.
    private func drive(_ id: String) {
        guard isActive, !running.contains(where: { $0.id == id }) else { return }
        // Not of the call that it followed from: that one's deadline is not the plan's.
        let task = Task.detached { [self] in
            await run(id)
            await ended(id)
        }
        running.append((id, task))
    }

    private func ended(_ id: String) async {
        running.removeAll { $0.id == id }
        // What was asked in the very moment of the end.
        if let known = try? await store.write({ try Tables.execution(id, $0) }), known.errand != nil { drive(id) }
    }

    private nonisolated func run(_ id: String) async {
        while !Task.isCancelled {
            do {
                guard let execution = try await store.write({ try Tables.execution(id, $0) }),
                    let errand = execution.errand
                else { return }
                let event = try await carryOut(errand, execution)
                try await take(event, id)
            } catch {
                log.limited(
                    "execution", .warning, "a step of a plan is tried again",
                    ["execution": .text(id), "why": "\(error)"])
                // A cancelled sleep ends the loop.
                do { try await Task.sleep(for: Self.slowPace) } catch { return }
            }
        }
    }

    private nonisolated func take(_ event: ExecutionEvent, _ id: String) async throws {
        let now = outside.now()
        let phase = try await store.write { context -> String? in
            guard var known = try Tables.execution(id, context), known.take(event, at: now) else { return nil }
            try Tables.keep(known, context)
            return known.report?.text ?? "\(known.phase)"
        }
        if let phase { log.info("a plan goes on", ["execution": .text(id), "phase": .text(phase)]) }
    }

    /// Does what is to be done now. Whatever is asked is asked under an id that follows from what is on disk.
    private nonisolated func carryOut(_ errand: ExecutionErrand, _ execution: Execution) async throws -> ExecutionEvent
    {
        let began = Moment.now
        let deadline = execution.phaseSince + Self.patience(errand, execution)
        defer { steps.count("\(errand.name)", "ok", took: Moment.now.since(began)) }
        switch errand {
        case .permission(let purpose, let plan):
            return try await trying(until: deadline) {
                let question = PermitQuestion(
                    step: "\(execution.id)/\(purpose.name)/\(execution.phaseSince)", plan: plan,
                    state: try await self.state(of: plan))
                return .permitted(try await self.outside.permit(question))
            }
        case .act(let step, let order):
            let kept = try await store.read { try Tables.offer(execution.plan.digest, $0) }
            return try await trying(until: deadline) { .did(step: step, try await self.outside.act(order, kept)) }
        case .gate(let step, let since):
            // What goes through the forge has passed the gate of its deploy.
            if execution.plan.steps[step].order.door == "forge" { return .gate(step: step, holds: true) }
            return .gate(
                step: step, holds: try await outside.gate(execution.plan.steps[step].order.target, since))
        case .survey(let numbers, let notBefore):
            let rest = notBefore - outside.now()
            if rest > 0 { try await Task.sleep(for: .nanoseconds(rest)) }
            return try await trying(until: max(deadline, notBefore + .seconds(30))) {
                var states: [SurveyedState] = []
                for number in numbers {
                    guard let order = execution.plan.steps[number].inverse?.order else { continue }
                    states.append(SurveyedState(step: number, state: try await self.outside.state(order)))
                }
                return .surveyed(states)
            }
        }
    }

    /// Tries until it works, or says that it is late. A halt that comes meanwhile is heard when the answer is there.
    private nonisolated func trying(
        until deadline: Int64, _ body: @escaping @Sendable () async throws -> ExecutionEvent
    ) async throws -> ExecutionEvent {
        var pause = Self.pace
        while true {
            do { return try await body() } catch {
                guard outside.now() < deadline else { return .late }
                log.limited(
                    "try", .warning, "a door or an agent did not answer; it is asked again", ["why": "\(error)"])
                try await Task.sleep(for: pause)
                pause = min(pause * 2, Self.slowPace)
            }
        }
    }

    private static func patience(_ errand: ExecutionErrand, _ execution: Execution) -> Int64 {
        switch errand {
        case .permission, .survey, .gate: .seconds(30)
        case .act(_, let order):
            switch order.order.action {
            case .codeRevert, .patch: .seconds(1_800)
            case .configuration, .rollback, .roll: .seconds(180)
            default: .seconds(90)
            }
        }
    }
}

extension ExecutionErrand {
    var name: String {
        switch self {
        case .permission: "permit"
        case .act: "act"
        case .gate: "gate"
        case .survey: "survey"
        }
    }
}

extension ExecutionErrand.PermitPurpose {
    var name: String {
        switch self {
        case .forth: "forth"
        case .back(let attempt): "back-\(attempt)"
        }
    }
}
