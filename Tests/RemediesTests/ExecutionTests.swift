import Contracts
import Remedies
import Testing

/// A world of one door: what is in force, what it has on disk of the capabilities that came, and who dies when.
private struct World {
    var counts: [(target: String, count: Int)] = [("orders", 1), ("inventory", 1), ("carrier", 1)]
    /// By capability: the first answer.
    var uses: [(capability: [UInt8], answer: DoorAnswer)] = []
    var effects = 0
    /// The step whose door says no, and what it says.
    var refusing: (target: String, outcome: DoorAnswer.Outcome)?
    var now = Int64.seconds(1_900_000_000)
    /// Whether it got worse after a step.
    var worseAfter: Int?

    func state(_ target: String) -> Digest {
        ClusterState.digest(of: target, wanted: counts.first { $0.target == target }?.count ?? 0, configuration: "c")
    }

    mutating func act(_ order: DoorOrder) -> DoorAnswer {
        if let known = uses.first(where: { $0.capability == order.capability.bytes }) { return known.answer }
        var answer = DoorAnswer(.done, "as asked")
        if let refusing, refusing.target == order.order.target {
            answer = DoorAnswer(refusing.outcome, "not here")
        }
        if answer.outcome == .done || answer.outcome == .failed,
            let place = counts.firstIndex(where: { $0.target == order.order.target }),
            let count = order.order.arguments.first.flatMap({ Int($0.value) })
        {
            counts[place].count = count
            effects += 1
        }
        uses.append((order.capability.bytes, answer))
        return answer
    }

    /// One capability for each step, the same for the same plan.
    func permit(_ plan: PlanSummary, _ name: String) -> PermitAnswer {
        PermitAnswer(
            capabilities: plan.steps.indices.map { SignedCapability(bytes: Array("\(name) \($0)".utf8)) },
            expires: now + .seconds(120))
    }

    func plan(_ targets: [String]) -> PlanSummary {
        PlanSummary(
            incident: "I-1", generation: 1, category: "Resource_Limit", confidence: 0.9,
            steps: targets.map { target in
                PlanStep(
                    ActionOrder(.scale, door: "supervisor", target: target, arguments: [ActionArgument("count", "2")]),
                    state: state(target), blast: BlastRadius(roles: [target], capacity: 0.5), reversibility: .whole,
                    inverse: PlanInverse(
                        ActionOrder(
                            .scale, door: "supervisor", target: target, arguments: [ActionArgument("count", "1")]),
                        "back to one"))
            }, substance: Digest(of: []), text: "more")
    }

    /// Does what is to be done, once; nil where nothing is.
    mutating func serve(_ execution: Execution) -> ExecutionEvent? {
        switch execution.errand {
        case nil: return nil
        case .permission(.forth, let plan): return .permitted(permit(plan, "forth"))
        case .permission(.back(let attempt), let plan): return .permitted(permit(plan, "back \(attempt)"))
        case .act(let step, let order): return .did(step: step, act(order))
        case .gate(let step, _): return .gate(step: step, holds: step != worseAfter)
        case .survey(let steps, let notBefore):
            now = max(now, notBefore)
            return .surveyed(
                steps.map { SurveyedState(step: $0, state: state(execution.plan.steps[$0].order.target)) })
        }
    }

    /// Until nothing is to be done. Each event is lost the first time where `forgets` says so: the process died before it
    /// was on disk, and does the same again.
    mutating func run(_ execution: inout Execution, forgets: (Int) -> Bool = { _ in false }) {
        var number = 0
        while let event = serve(execution) {
            number += 1
            now += .seconds(1)
            if forgets(number) { continue }
            _ = execution.take(event, at: now)
            if number > 200 { return }
        }
    }

    var figures: [Int] { counts.map(\.count) }
}

@Suite("Carrying a plan out, and taking it back")
struct ExecutionTests {
    private static let targets = ["orders", "inventory", "carrier"]

    @Test("a plan that nothing speaks against is in force as a whole, and each step took effect once")
    func itIsDone() {
        var world = World()
        var execution = Execution("I-1/4", world.plan(Self.targets), at: world.now)
        world.run(&execution)
        #expect(execution.report?.outcome == .done)
        #expect(world.figures == [2, 2, 2])
        #expect(world.effects == 3)
        #expect(execution.report?.steps.map(\.outcome) == [.done, .done, .done])
    }

    @Test("whoever dies between any two steps goes on: the world is the same, and nothing happens twice")
    func itSurvivesDeaths() throws {
        var tried = 0
        for count in 1...3 {
            for death in 1...12 {
                for (refused, worse) in [(nil, nil), ("carrier", nil), ("inventory", nil), (nil, 0), (nil, 1)]
                    as [(String?, Int?)]
                {
                    var calm = World()
                    calm.refusing = refused.map { ($0, .failed) }
                    calm.worseAfter = worse
                    var world = calm
                    let plan = world.plan(Array(Self.targets.prefix(count)))
                    var quiet = Execution("I-1/4", plan, at: world.now)
                    calm.run(&quiet)
                    // Dropped and read again from its bytes before each event, and one of them lost.
                    var execution = Execution("I-1/4", plan, at: world.now)
                    var number = 0
                    while let event = world.serve(execution) {
                        number += 1
                        world.now += .seconds(1)
                        execution = try Packed.decode(Execution.self, from: Packed.encode(execution))
                        if number == death { continue }
                        _ = execution.take(event, at: world.now)
                    }
                    tried += number
                    #expect(execution.report?.outcome == quiet.report?.outcome, "\(count) \(death)")
                    #expect(world.figures == calm.figures)
                    #expect(world.effects == calm.effects)
                }
            }
        }
        #expect(tried > 200)
    }

    @Test("a step that is refused takes back what was before it, and nothing else")
    func aRefusalTurnsBack() {
        var world = World()
        world.refusing = ("carrier", .refused)
        var execution = Execution("I-1/4", world.plan(Self.targets), at: world.now)
        world.run(&execution)
        #expect(execution.report?.outcome == .undone)
        #expect(world.figures == [1, 1, 1])
        #expect(world.effects == 4)
        #expect(execution.report?.steps.map(\.outcome) == [.undone, .undone, .failed])
    }

    @Test("the first step refused is a plan refused: nothing took effect")
    func theFirstRefused() {
        var world = World()
        world.refusing = ("orders", .refused)
        var execution = Execution("I-1/4", world.plan(Self.targets), at: world.now)
        world.run(&execution)
        #expect(execution.report?.outcome == .refused)
        #expect(world.effects == 0)
    }

    @Test("what got worse behind a step is taken back in reverse order")
    func itGotWorse() {
        var world = World()
        world.worseAfter = 1
        var execution = Execution("I-1/4", world.plan(Self.targets), at: world.now)
        world.run(&execution)
        #expect(execution.report?.outcome == .undone)
        #expect(execution.way?.steps.map(\.order.target) == ["inventory", "orders"])
        #expect(world.figures == [1, 1, 1])
    }

    @Test("a halt waits for the answer of the step in hand, and then takes it back")
    func aHaltWaits() {
        var world = World()
        var execution = Execution("I-1/4", world.plan(Self.targets), at: world.now)
        _ = execution.take(.permitted(world.permit(execution.plan, "forth")), at: world.now)
        #expect(execution.phase == .step(0))
        let changed1 = execution.take(.halt, at: world.now)
        #expect(changed1)
        #expect(execution.phase == .step(0))
        world.run(&execution)
        #expect(execution.report?.outcome == .undone)
        #expect(world.figures == [1, 1, 1])
        let changed2 = execution.take(.halt, at: world.now)
        #expect(!changed2)
    }

    @Test("where the door never answers, nothing is taken back before the capability has lost its force")
    func aLateDoor() throws {
        let world = World()
        var execution = Execution("I-1/4", world.plan(Self.targets), at: world.now)
        _ = execution.take(.permitted(world.permit(execution.plan, "forth")), at: world.now)
        _ = execution.take(.late, at: world.now + .seconds(60))
        guard case .survey(let steps, let notBefore) = try #require(execution.errand) else {
            Issue.record("expected a survey, found \(String(describing: execution.errand))")
            return
        }
        #expect(steps == [0])
        #expect(notBefore == world.now + .seconds(125))
    }

    @Test("what comes after a halt begins nothing")
    func aHaltFirst() {
        let world = World()
        let execution = Execution(halted: "I-1/4", world.plan(Self.targets), at: world.now)
        #expect(execution.report?.outcome == .refused)
        #expect(execution.errand == nil)
    }

    @Test("what is done can be taken back later, once; what was never done cannot")
    func undoLater() {
        var world = World()
        var execution = Execution("I-1/4", world.plan(Self.targets), at: world.now)
        let changed3 = execution.take(.undo, at: world.now)
        #expect(!changed3)
        world.run(&execution)
        let changed4 = execution.take(.undo, at: world.now)
        #expect(changed4)
        world.run(&execution)
        #expect(execution.undone?.outcome == .undone)
        #expect(execution.report?.outcome == .done)
        #expect(world.figures == [1, 1, 1])
        let changed5 = execution.take(.undo, at: world.now)
        #expect(!changed5)
    }

    @Test("a door that will not take back is asked a few times, and then a person has to")
    func aStuckDoor() {
        var world = World()
        var execution = Execution("I-1/4", world.plan(["orders"]), at: world.now)
        world.run(&execution)
        world.refusing = ("orders", .refused)
        _ = execution.take(.undo, at: world.now)
        world.run(&execution)
        #expect(execution.undone?.outcome == .stuck)
        #expect(execution.attempts == 3)
        #expect(world.figures == [2, 1, 1])
    }

    @Test("a permission that is lost on the way is asked for again before the next step, and its refusal turns back")
    func aPermissionEnds() {
        var world = World()
        var execution = Execution("I-1/4", world.plan(Self.targets), at: world.now)
        _ = execution.take(.permitted(world.permit(execution.plan, "forth")), at: world.now)
        _ = execution.take(
            .did(
                step: 0,
                world.act(
                    DoorOrder(
                        order: execution.plan.steps[0].order, plan: execution.plan.digest, step: 0,
                        capability: execution.capabilities[0]))), at: world.now)
        world.now += .seconds(300)
        _ = execution.take(.gate(step: 0, holds: true), at: world.now)
        #expect(execution.phase == .permission)
        _ = execution.take(.permitted(PermitAnswer(capabilities: [], refusal: "over", expires: 0)), at: world.now)
        world.run(&execution)
        #expect(execution.report?.outcome == .undone)
        #expect(world.figures == [1, 1, 1])
    }

    @Test("an answer of another phase or step changes nothing")
    func strayAnswers() {
        let world = World()
        let fresh = Execution("I-1/4", world.plan(Self.targets), at: world.now)
        let events: [ExecutionEvent] = [
            .did(step: 0, DoorAnswer(.done, "")), .gate(step: 0, holds: true), .surveyed([]), .undo,
        ]
        for event in events {
            var execution = fresh
            let changed6 = execution.take(event, at: world.now)
            #expect(!changed6)
            #expect(execution == fresh)
        }
        var acting = fresh
        _ = acting.take(.permitted(world.permit(fresh.plan, "forth")), at: world.now)
        let changed7 = acting.take(.did(step: 1, DoorAnswer(.done, "")), at: world.now)
        #expect(!changed7)
    }
}
