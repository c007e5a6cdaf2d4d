public import Contracts

/// Makes plans: a pure function of the question, the runbooks and what was seen of the world.
public enum Planning {
    /// So many hypotheses are looked at, the likeliest first.
    public static let mostHypotheses = 5
    static let mostOffers = 5
    /// A change may be noticed so long before it is on record: clocks, and what is measured once a second.
    public static let slack = Int64.seconds(10)
    /// What is less likely than this, for itself or beside the likeliest, is nothing to act on: a person sees more in it.
    static let leastConfidence = 0.1
    static let leastShare = 0.25

    /// What may be acted on, the likeliest first.
    private static func likely(_ diagnosis: Diagnosis) -> ArraySlice<Diagnosis.Hypothesis> {
        let best = diagnosis.hypotheses.first?.confidence ?? 0
        let least = best < leastConfidence ? 0 : max(leastConfidence, best * leastShare)
        return diagnosis.hypotheses.filter { $0.confidence >= least }.prefix(mostHypotheses)
    }

    /// The plans that could help, the best first, each of them another than those that were tried.
    public static func offers(_ question: PlanQuestion, _ runbooks: [Runbook], _ world: PlanningWorld) -> [PlanOffer] {
        var found: [(worth: Double, offer: PlanOffer)] = []
        for hypothesis in likely(question.diagnosis) {
            for runbook in runbooks {
                let candidate = Case(question: question, hypothesis: hypothesis, runbook: runbook, world: world)
                guard let offer = candidate.offer else { continue }
                let orders = offer.plan.steps.map(\.order.digest)
                let wasTried = question.earlier.contains { earlier in orders.contains { earlier.orders.contains($0) } }
                guard !wasTried,
                    !found.contains(where: { $0.offer.plan.steps.map(\.order) == offer.plan.steps.map(\.order) })
                else { continue }
                found.append((candidate.worth, offer))
            }
        }
        let ordered = found.enumerated().sorted { ($1.element.worth, $0.offset) < ($0.element.worth, $1.offset) }
        return ordered.prefix(mostOffers).map(\.element.offer)
    }

    /// The plans that could help, or why there are none.
    public static func answer(_ question: PlanQuestion, _ runbooks: [Runbook], _ world: PlanningWorld) -> PlanAnswer {
        let offers = offers(question, runbooks, world)
        return offers.isEmpty ? .none(text: nothing(question, runbooks, world)) : .offers(offers)
    }

    private static func nothing(_ question: PlanQuestion, _ runbooks: [Runbook], _ world: PlanningWorld) -> String {
        guard let best = question.diagnosis.hypotheses.first else { return "the diagnosis names no cause" }
        let reach = runbooks.filter { $0.when.categories.contains(best.category) }
        guard !reach.isEmpty else { return "no runbook is for \(best.category)" }
        if world.roles.isEmpty { return "the supervisor could not be asked, so nothing can be planned" }
        return "none of \(reach.count) runbooks for \(best.category) fits \(best.node), or all were tried"
    }

    /// What must be asked of doors before plans can be made: action and target, each once.
    public static func questions(_ question: PlanQuestion, _ runbooks: [Runbook]) -> [ActionOrder] {
        var wanted: [ActionOrder] = []
        for hypothesis in likely(question.diagnosis) {
            for runbook in runbooks where runbook.when.categories.contains(hypothesis.category) {
                for step in runbook.steps where step.door != "supervisor" && step.door != "forge" {
                    let order = ActionOrder(
                        step.action, door: name(step.door, hypothesis), target: name(step.target, hypothesis))
                    if !wanted.contains(order) { wanted.append(order) }
                }
            }
        }
        return wanted
    }

    static func name(_ text: String, _ hypothesis: Diagnosis.Hypothesis) -> String {
        text == "$culprit" ? hypothesis.node : text
    }

    /// The state of all that a plan touches: that of each of its steps' targets now, in their order.
    public static func state(_ states: [Digest]) -> Digest {
        Digest("kintsugi plan state 1", of: states.flatMap { Array($0.bytes) })
    }
}

/// One hypothesis and one runbook.
private struct Case {
    let question: PlanQuestion
    let hypothesis: Diagnosis.Hypothesis
    let runbook: Runbook
    let world: PlanningWorld

    /// The commit that is blamed: that of the diagnosis, or the latest before the onset that reaches the culprit.
    var commit: ForgeFact? {
        if let named = hypothesis.change?.commit, let fact = world.commits.first(where: { $0.commit == named }) {
            return fact
        }
        let end = question.diagnosis.onset.map { $0 + Planning.slack } ?? world.now
        let possible = world.commits.filter {
            $0.at <= end && ($0.roles.isEmpty || $0.roles.contains(hypothesis.node))
        }
        // Of code the one with the most against it; the latest of those that are alike.
        guard hypothesis.category == "Code_Bug",
            let most = possible.filter({ $0.kind == .code }).map(\.suspicion).max(), most > 0
        else { return possible.first }
        return possible.first { $0.kind == .code && $0.suspicion == most }
    }

    /// The change counts as blamed only where the diagnosis says that somebody changed something.
    private var blamed: ForgeFact? {
        switch hypothesis.category {
        case "Config_Error", "Code_Bug", "Permission_Issue": commit
        default: hypothesis.change?.commit == nil ? nil : commit
        }
    }

    private var resource: String? {
        question.diagnosis.suspects.first { $0.node == hypothesis.node }?.metric
    }

    /// How promising: how sure the diagnosis is, what the runbook is worth, and what helped before.
    var worth: Double {
        var worth = hypothesis.confidence * runbook.worth
        for past in question.history where past.similarity >= 0.5 {
            let isSame = past.actions.contains { action in
                runbook.steps.contains { $0.action == action.action } && action.target == hypothesis.node
            }
            guard isSame, let helped = past.helped else { continue }
            worth *= helped ? 1 + past.similarity / 2 : 1 - past.similarity / 2
        }
        return worth
    }

    var offer: PlanOffer? {
        let blamed = blamed
        let condition = runbook.when
        guard
            condition.covers(
                category: hypothesis.category, role: hypothesis.node, change: blamed?.kind, resource: resource),
            hypothesis.confidence >= condition.leastConfidence
        else { return nil }
        if let most = condition.mostWorkers {
            guard let workers = wanted(hypothesis.node), workers <= most else { return nil }
        }
        var states = States(world: world)
        var steps: [PlanStep] = []
        var before: [Digest] = []
        var diff = ""
        for step in runbook.steps {
            guard let made = make(step, blamed, &states) else { return nil }
            steps.append(made.step)
            before.append(made.before)
            diff += made.diff
        }
        guard !steps.isEmpty else { return nil }
        return finished(steps, before, diff, blamed)
    }

    private func finished(_ steps: [PlanStep], _ before: [Digest], _ diff: String, _ blamed: ForgeFact?) -> PlanOffer {
        let expectation = Expectation(
            nodes: [hypothesis.node], objectives: runbook.objectives, ended: [], since: 0,
            settleSeconds: runbook.settleSeconds, deadlineSeconds: runbook.deadlineSeconds)
        var writer = PackedWriter()
        writer.data(runbook.digest.bytes)
        writer.text(diff)
        for name in expectation.nodes + expectation.objectives { writer.text(name) }
        writer.double(expectation.settleSeconds)
        writer.double(expectation.deadlineSeconds)
        let percent = Int((hypothesis.confidence * 100).rounded())
        var text =
            "\(runbook.about) It is believed (\(percent) %) that \(hypothesis.node) suffers a \(hypothesis.category)"
        if let blamed {
            text += " since \(blamed.commit.prefix(10)) (\(blamed.title))"
            if let reason = blamed.reason { text += ": \(reason)" }
        }
        let plan = PlanSummary(
            incident: question.incident, generation: question.generation, category: hypothesis.category,
            confidence: hypothesis.confidence, steps: steps,
            substance: Digest("kintsugi plan substance 1", of: writer.bytes), text: text)
        return PlanOffer(
            plan: plan, state: Planning.state(before), origin: runbook.name, diff: diff, expectation: expectation)
    }

    // MARK: - One step

    private func make(
        _ step: Runbook.Step, _ blamed: ForgeFact?, _ states: inout States
    ) -> (step: PlanStep, before: Digest, diff: String)? {
        let target = Planning.name(step.target, hypothesis)
        let door = Planning.name(step.door, hypothesis)
        guard door != "forge" else { return pull(step, target, blamed) }
        var arguments: [ActionArgument] = []
        for argument in step.arguments {
            guard let value = filled(argument.value, target) else { return nil }
            arguments.append(ActionArgument(argument.name, value))
        }
        let order = ActionOrder(step.action, door: door, target: target, arguments: arguments)
        guard let seen = states.see(order) else { return nil }
        // What is so already need not be done.
        guard !seen.isSo else { return nil }
        states.become(order)
        let inverse: PlanInverse? =
            switch step.inverse {
            case .nothing: PlanInverse(nil, "nothing is to be taken back")
            case .previous:
                PlanInverse(
                    ActionOrder(step.action, door: door, target: target, arguments: seen.settings),
                    "as it was: \(words(seen.settings))")
            case .revert, .impossible: nil
            }
        let blast = BlastRadius(
            roles: roles(target, step), capacity: step.capacity, touchesData: step.touchesData)
        let made = PlanStep(
            order, state: seen.state, blast: blast, reversibility: step.inverse == .impossible ? .none : .whole,
            inverse: inverse, text: text(step, target))
        return (made, seen.now, "\(step.action.rawValue) \(target): \(words(seen.settings)) -> \(words(arguments))\n")
    }

    private func pull(
        _ step: Runbook.Step, _ target: String, _ blamed: ForgeFact?
    ) -> (step: PlanStep, before: Digest, diff: String)? {
        guard let blamed else { return nil }
        if step.action == .rollback { return wholeWayBack(step, target, blamed) }
        guard let diff = blamed.diff else { return nil }
        let action: ActionClass = blamed.kind == .code ? .codeRevert : .configuration
        guard step.action == action else { return nil }
        let order = ActionOrder(
            action, door: "forge", target: target, arguments: [ActionArgument("revert", blamed.commit)])
        let inverse = ActionOrder(
            action, door: "forge", target: target, arguments: [ActionArgument("restore", blamed.commit)])
        let reached = blamed.roles.isEmpty ? [target] : blamed.roles
        let made = PlanStep(
            order, state: blamed.state,
            blast: BlastRadius(roles: unique([target] + reached), capacity: step.capacity), reversibility: .whole,
            inverse: PlanInverse(inverse, "the pull request is reverted"),
            reverts: RevertedChange(commit: blamed.commit, at: blamed.at),
            text: "a pull request takes back \(blamed.commit.prefix(10)): \(blamed.title)")
        return (made, blamed.state, diff)
    }

    /// Where a change cannot be taken out by itself: all of the configuration as it was before it.
    private func wholeWayBack(
        _ step: Runbook.Step, _ target: String, _ blamed: ForgeFact
    ) -> (step: PlanStep, before: Digest, diff: String)? {
        guard let before = blamed.before, let main = blamed.main, let diff = blamed.wayBack,
            let state = blamed.wholeState
        else { return nil }
        func order(_ commit: String) -> ActionOrder {
            ActionOrder(.rollback, door: "forge", target: target, arguments: [ActionArgument("to", commit)])
        }
        let made = PlanStep(
            order(before), state: state,
            blast: BlastRadius(roles: unique([target] + world.roles.map(\.role)), capacity: step.capacity),
            reversibility: .whole, inverse: PlanInverse(order(main), "the configuration of \(main.prefix(10)) again"),
            reverts: RevertedChange(commit: blamed.commit, at: blamed.at),
            text: "the configuration goes back to \(before.prefix(10)), before \(blamed.title)")
        return (made, state, diff)
    }

    private func roles(_ target: String, _ step: Runbook.Step) -> [String] {
        unique([target] + step.roles.map { Planning.name($0, hypothesis) })
    }

    private func unique(_ names: [String]) -> [String] {
        var found: [String] = []
        for name in names where !found.contains(name) { found.append(name) }
        return found
    }

    private func text(_ step: Runbook.Step, _ target: String) -> String {
        step.text.split(separator: " ", omittingEmptySubsequences: false)
            .map { $0 == "$culprit" ? Substring(target) : $0 }.joined(separator: " ")
    }

    private func words(_ arguments: [ActionArgument]) -> String {
        arguments.isEmpty ? "nothing set" : arguments.map { "\($0.name) \($0.value)" }.joined(separator: ", ")
    }

    private func wanted(_ role: String) -> Int? { world.roles.first { $0.role == role }?.wanted }

    /// A value with its names filled in; nil where one is not known.
    private func filled(_ value: String, _ target: String) -> String? {
        guard value.hasPrefix("$") else { return value }
        if value == "$culprit" { return hypothesis.node }
        guard value.hasPrefix("$workers"), let workers = wanted(target) else { return nil }
        let rest = value.dropFirst("$workers".count)
        guard let sign = rest.first else { return "\(workers)" }
        guard let number = Int(rest.dropFirst()), (1...16).contains(number) else { return nil }
        switch sign {
        case "+": return "\(workers + number)"
        case "*": return "\(max(workers, 1) * number)"
        default: return nil
        }
    }
}

/// What doors see, and will see after the steps before.
private struct States {
    struct Seen {
        /// What the door must see when the step's turn comes.
        var state: Digest
        /// Now, before any step.
        var now: Digest
        var settings: [ActionArgument]
        var isSo: Bool
    }

    let world: PlanningWorld
    private var done: [ActionOrder] = []

    init(world: PlanningWorld) { self.world = world }

    func see(_ order: ActionOrder) -> Seen? {
        let last = done.last { $0.door == order.door && $0.target == order.target && Self.sets($0, like: order) }
        if order.door == "supervisor" { return supervisor(order, after: last) }
        guard
            let seen = world.doors.first(where: {
                $0.action == order.action && $0.sight.door == order.door && $0.sight.target == order.target
            })
        else { return nil }
        var sight = seen.sight
        let now = sight.state(for: order.action)
        if let last { sight.settings = last.arguments }
        return Seen(
            state: sight.state(for: order.action), now: now, settings: sight.settings,
            isSo: !order.arguments.isEmpty && sight.settings == order.arguments)
    }

    private func supervisor(_ order: ActionOrder, after last: ActionOrder?) -> Seen? {
        guard let role = world.roles.first(where: { $0.role == order.target }), let configuration = role.configuration
        else { return nil }
        let wanted = last.flatMap { $0.action == .scale ? Int($0.arguments.first?.value ?? "") : nil } ?? role.wanted
        let isScale = order.action == .scale
        return Seen(
            state: ClusterState.digest(of: order.target, wanted: wanted, configuration: configuration),
            now: ClusterState.digest(of: order.target, wanted: role.wanted, configuration: configuration),
            settings: isScale ? [ActionArgument("count", "\(wanted)")] : [],
            isSo: isScale && order.arguments == [ActionArgument("count", "\(wanted)")])
    }

    /// The supervisor has one state for all that it does to a role.
    private static func sets(_ earlier: ActionOrder, like order: ActionOrder) -> Bool {
        earlier.door == "supervisor" ? earlier.action == .scale : earlier.action == order.action
    }

    mutating func become(_ order: ActionOrder) { done.append(order) }
}
