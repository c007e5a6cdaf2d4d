public import Contracts

/// A plan that is being carried out, or taken back: all that must be on disk before the next thing is done.
///
/// | phase | what is done | goes on to |
/// |---|---|---|
/// | permission | Risk is asked for the capabilities | the first step; ended, where it is refused |
/// | step n | the door is asked; what takes it back is on disk | the gate behind it; survey, where it fails |
/// | gate n | whether the symptoms have grown is watched | step n + 1, ended as done; survey, where they have |
/// | survey | the doors' states are looked at | permission to take back; ended, where nothing has to be |
/// | permission to take back | Risk is asked | the last step that may have taken effect |
/// | back n | the door is asked for the inverse | the step before; survey again, a few times; ended as stuck |
/// | ended | nothing | survey, when all of it is to be taken back |
///
/// A halt waits for the answer to the step in hand: what was asked of a door may still be on its way there. Where no answer
/// comes, the way back begins only when the capability has lost its force. A halt before the first question begins nothing. Each answer belongs to one phase; in any other it changes nothing.
public struct Execution: Codable, Sendable, Equatable {
    /// Where it stands; steps are counted from 0.
    public enum Phase: Codable, Sendable, Equatable {
        case permission
        case step(Int)
        case gate(Int)
        case survey
        case permissionBack
        case back(Int)
        case ended
    }

    /// The id of the step of the incident's life that began it.
    public let id: String
    public let plan: PlanSummary
    public private(set) var phase: Phase
    /// Nanoseconds since 1970.
    public let began: Int64
    public private(set) var phaseSince: Int64
    public private(set) var capabilities: [SignedCapability] = []
    public private(set) var capabilitiesExpire: Int64 = 0
    /// Steps that took effect, or may have: the inverse of each is due when it is taken back.
    public private(set) var reached = 0
    /// What takes it back, once the states were looked at; each of its steps is the inverse of one of `origins`.
    public private(set) var way: PlanSummary?
    public private(set) var origins: [Int] = []
    public private(set) var wayCapabilities: [SignedCapability] = []
    public private(set) var wayExpires: Int64 = 0
    /// Before then a question that is still on its way could take effect: nothing is taken back.
    public private(set) var notBefore: Int64 = 0
    /// How often the way back was begun.
    public private(set) var attempts = 0
    public private(set) var isHalted = false
    public private(set) var steps: [StepReport]
    /// Why it turned back.
    public private(set) var cause = ""
    /// What came of carrying it out, and of taking it back later.
    public private(set) var report: ExecutionReport?
    public private(set) var undone: ExecutionReport?

    static let mostAttempts = 3
    /// Clocks of two hosts may be so far apart.
    static let clockTolerance = Int64.seconds(5)

    /// Begins a plan.
    public init(_ id: String, _ plan: PlanSummary, at now: Int64) {
        self.id = id
        self.plan = plan
        began = now
        phaseSince = now
        phase = .permission
        steps = plan.steps.indices.map { StepReport(step: $0, outcome: .notBegun, text: "") }
        if plan.steps.isEmpty { end(.refused, "the plan has no step", now) }
    }

    /// One that is halted before it began: what comes late begins nothing.
    public init(halted id: String, _ plan: PlanSummary, at now: Int64) {
        self.init(id, plan, at: now)
        isHalted = true
        if report == nil { end(.refused, "halted before it began", now) }
    }

    /// What it is at the moment, for whoever asks.
    public var answer: ExecutionAnswer {
        if let report { return .done(report) }
        return .underway(text: "\(phase)")
    }

    /// What taking it back has come to.
    public var answerToUndo: ExecutionAnswer {
        if let undone { return .done(undone) }
        guard report?.outcome == .done else {
            return .done(
                ExecutionReport(
                    .refused, steps: steps, text: "there is nothing to take back", began: began, ended: phaseSince))
        }
        return .underway(text: "\(phase)")
    }

    // MARK: transitions

    private mutating func go(_ next: Phase, _ now: Int64) {
        phase = next
        phaseSince = now
    }

    private mutating func end(_ outcome: ExecutionReport.Outcome, _ text: String, _ now: Int64) {
        let result = ExecutionReport(outcome, steps: steps, text: text, began: began, ended: now)
        if report == nil { report = result } else { undone = result }
        go(.ended, now)
    }

    private mutating func turnBack(_ why: String, _ now: Int64) {
        if cause.isEmpty { cause = why }
        go(.survey, now)
    }

    /// Takes what happened; whether it changed anything.
    public mutating func take(_ event: ExecutionEvent, at now: Int64) -> Bool {
        let known = self
        switch (event, phase) {
        case (.permitted(let answer), .permission): permitted(answer, now)
        case (.did(let step, let answer), .step(let number)) where step == number: did(number, answer, now)
        case (.gate(let step, let holds), .gate(let number)) where step == number: passed(number, holds, now)
        case (.halt, _): halt(now)
        case (.undo, .ended): undo(now)
        case (.surveyed(let states), .survey): surveyed(states, now)
        case (.permitted(let answer), .permissionBack): permittedBack(answer, now)
        case (.did(let step, let answer), .back(let number)) where step == number: didBack(number, answer, now)
        case (.late, _): late(now)
        default: return false
        }
        return self != known
    }

    private mutating func permitted(_ answer: PermitAnswer, _ now: Int64) {
        guard answer.capabilities.count == plan.steps.count else {
            let why = answer.refusal ?? "Risk gave no capability for each step"
            return reached == 0 ? end(.refused, why, now) : turnBack(why, now)
        }
        capabilities = answer.capabilities
        capabilitiesExpire = answer.expires
        begin(reached, now)
    }

    /// The next step, if its permission still holds. From now on it may have taken effect.
    private mutating func begin(_ step: Int, _ now: Int64) {
        guard now < capabilitiesExpire else {
            capabilities = []
            return go(.permission, now)
        }
        reached = max(reached, step + 1)
        steps[step].began = now
        go(.step(step), now)
    }

    private mutating func did(_ step: Int, _ answer: DoorAnswer, _ now: Int64) {
        steps[step].text = answer.text
        steps[step].ended = now
        switch answer.outcome {
        case .done:
            steps[step].outcome = .done
            if isHalted { turnBack("halted", now) } else { go(.gate(step), now) }
        case .refused:
            steps[step].outcome = .failed
            // Nothing was done: what lies before it is taken back.
            reached = step
            if step == 0 { end(.refused, answer.text, now) } else { turnBack(answer.text, now) }
        case .failed, .unknown:
            steps[step].outcome = .failed
            turnBack(answer.text, now)
        }
    }

    private mutating func passed(_ step: Int, _ holds: Bool, _ now: Int64) {
        guard holds else { return turnBack("it got worse after step \(step + 1)", now) }
        if step + 1 < plan.steps.count { begin(step + 1, now) } else { end(.done, "as planned", now) }
    }

    private mutating func halt(_ now: Int64) {
        guard report == nil, !isHalted else { return }
        isHalted = true
        switch phase {
        case .permission where reached == 0: end(.refused, "halted before anything took effect", now)
        case .permission, .gate: turnBack("halted", now)
        case .step, .survey, .permissionBack, .back, .ended: break
        }
    }

    private mutating func undo(_ now: Int64) {
        guard report?.outcome == .done, undone == nil else { return }
        cause = "it did not help"
        go(.survey, now)
    }
}

/// What happens to an execution.
public enum ExecutionEvent: Codable, Sendable, Equatable {
    /// Risk's answer to the permission that is asked for.
    case permitted(PermitAnswer)
    /// The door's answer to a step, or to the inverse of one.
    case did(step: Int, DoorAnswer)
    /// Whether the symptoms have not grown since a step.
    case gate(step: Int, holds: Bool)
    /// The state of each role whose step has to be taken back, as its door sees it: by the number of the step.
    case surveyed([SurveyedState])
    case halt
    case undo
    /// What is being done takes longer than it may.
    case late
}

/// The state at a door now.
public struct SurveyedState: Codable, Sendable, Equatable {
    public var step: Int
    public var state: Digest

    public init(step: Int, state: Digest) {
        self.step = step
        self.state = state
    }
}

// MARK: - The way back

extension Execution {
    /// The steps that have to be taken back, the last first: those that may have taken effect and have an inverse.
    public var due: [Int] {
        (0..<reached).reversed().filter { number in
            plan.steps[number].inverse?.order != nil && steps[number].outcome != .undone
        }
    }

    private mutating func surveyed(_ states: [SurveyedState], _ now: Int64) {
        let due = due
        // What has nothing to be taken back is as it was.
        guard !due.isEmpty else { return finishBack(now) }
        var inverses: [PlanStep] = []
        for number in due {
            guard let state = states.first(where: { $0.step == number })?.state,
                let order = plan.steps[number].inverse?.order
            else { return again("the state of \(plan.steps[number].order.target) is not known", now) }
            let done = plan.steps[number]
            inverses.append(
                PlanStep(
                    order, state: state, blast: done.blast, reversibility: done.reversibility,
                    inverse: PlanInverse(done.order, "as it was planned"), text: "take back: \(done.text)"))
        }
        origins = due
        way = PlanSummary(
            incident: plan.incident, generation: plan.generation, category: plan.category, confidence: plan.confidence,
            steps: inverses, substance: plan.digest, text: "take back: \(plan.text)")
        go(.permissionBack, now)
    }

    private mutating func permittedBack(_ answer: PermitAnswer, _ now: Int64) {
        guard let way, answer.capabilities.count == way.steps.count else {
            return again(answer.refusal ?? "Risk gave no capability for the way back", now)
        }
        wayCapabilities = answer.capabilities
        wayExpires = answer.expires
        go(.back(0), now)
    }

    private mutating func didBack(_ number: Int, _ answer: DoorAnswer, _ now: Int64) {
        guard number < origins.count else { return }
        guard answer.outcome == .done else { return again(answer.text, now) }
        steps[origins[number]].outcome = .undone
        steps[origins[number]].text = answer.text
        steps[origins[number]].ended = now
        if number + 1 < origins.count { go(.back(number + 1), now) } else { finishBack(now) }
    }

    private mutating func finishBack(_ now: Int64) {
        let isIrreversible = (0..<reached).contains { number in
            plan.steps[number].inverse == nil && steps[number].outcome != .notBegun
        }
        end(isIrreversible ? .stuck : .undone, cause, now)
    }

    /// The states are looked at anew, a few times; then a person has to.
    private mutating func again(_ why: String, _ now: Int64) {
        attempts += 1
        guard attempts < Self.mostAttempts else {
            for number in due { steps[number].outcome = .stuck }
            return end(.stuck, "\(cause); it could not be taken back: \(why)", now)
        }
        go(.survey, now)
    }

    private mutating func late(_ now: Int64) {
        switch phase {
        case .permission where reached == 0: end(.refused, "Risk did not answer in time", now)
        case .permission: turnBack("Risk did not answer in time", now)
        case .step(let number):
            steps[number].outcome = .failed
            notBefore = capabilitiesExpire + Self.clockTolerance
            turnBack("step \(number + 1) took longer than it may", now)
        case .gate(let number): turnBack("whether step \(number + 1) does harm could not be told in time", now)
        case .back:
            notBefore = max(notBefore, wayExpires + Self.clockTolerance)
            again("it took longer than it may", now)
        case .survey, .permissionBack: again("it took longer than it may", now)
        case .ended: break
        }
    }
}

// MARK: - What is to be done

/// What is done for an execution now. It follows from the record alone: whoever takes it over does the same.
public enum ExecutionErrand: Sendable, Equatable {
    case permission(PermitPurpose, PlanSummary)
    case act(step: Int, DoorOrder)
    /// Watch whether the symptoms grow, from then on.
    case gate(step: Int, since: Int64)
    /// Look at the states of these steps' targets, from then on.
    case survey(steps: [Int], notBefore: Int64)

    /// Under which id Risk is asked.
    public enum PermitPurpose: Sendable, Equatable {
        case forth, back(attempt: Int)
    }
}

extension Execution {
    /// What is to be done now; nil where nothing is.
    public var errand: ExecutionErrand? {
        switch phase {
        case .permission: return .permission(.forth, plan)
        case .step(let number):
            guard number < capabilities.count else { return nil }
            let order = DoorOrder(
                order: plan.steps[number].order, plan: plan.digest, step: number, capability: capabilities[number])
            return .act(step: number, order)
        case .gate(let number): return .gate(step: number, since: phaseSince)
        case .survey: return .survey(steps: due, notBefore: notBefore)
        case .permissionBack: return way.map { .permission(.back(attempt: attempts), $0) }
        case .back(let number):
            guard let way, number < way.steps.count, number < wayCapabilities.count else { return nil }
            let order = DoorOrder(
                order: way.steps[number].order, plan: way.digest, step: number, capability: wayCapabilities[number])
            return .act(step: number, order)
        case .ended: return nil
        }
    }
}
