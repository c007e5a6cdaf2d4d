import Contracts
import Remedies
import Testing

@Suite("Plans follow from a diagnosis, the runbooks and what was seen")
struct PlanningTests {
    private static let blamed = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

    private static func hypothesis(
        _ node: String, _ category: String, _ confidence: Double, commit: String? = nil
    ) -> Diagnosis.Hypothesis {
        Diagnosis.Hypothesis(
            node: node, category: category, score: confidence * 10, confidence: confidence, supporting: [],
            opposing: [],
            change: commit.map {
                ChangeNotice(
                    id: "c", kind: .configuration, nodes: [node], text: "a smaller number", commit: $0, author: "ana",
                    at: 90)
            })
    }

    private static func question(
        _ hypotheses: [Diagnosis.Hypothesis], earlier: [EarlierPlan] = [], history: [PastOutcome] = []
    ) -> PlanQuestion {
        PlanQuestion(
            step: "I-1/3", incident: "I-1", generation: 1,
            diagnosis: Diagnosis(
                suspects: [.init(node: "orders", metric: "process.memory.usage", onset: nil, score: 3, shares: [])],
                hypotheses: hypotheses, onset: 100), earlier: earlier, history: history)
    }

    private static func fact(
        _ commit: String, roles: [String] = ["orders"], at: Int64 = 90, diff: String? = "- 1\n+ 2\n"
    )
        -> ForgeFact
    {
        ForgeFact(
            commit: commit, kind: .configuration, at: at, author: "ana", title: "a smaller number",
            touched: ["config/roles/orders.yaml"], roles: roles, diff: diff, state: Digest(of: [1]),
            stateAfter: Digest(of: [2]))
    }

    private static let world: PlanningWorld = {
        var role = RoleStatus(role: "orders", wanted: 2)
        role.configuration = "c"
        return PlanningWorld(
            roles: [role],
            doors: [
                SeenDoor(
                    action: .breaker,
                    sight: DoorSight(door: "orders", target: "carrier", settings: [ActionArgument("to", "auto")]))
            ], commits: [fact(blamed)], now: 200)
    }()

    private static let revert = Runbook(
        name: "put-back", about: "It is put back.",
        when: .init(categories: ["Config_Error"], change: .configuration),
        steps: [
            .init(.configuration, door: "forge", target: "$culprit", inverse: .revert, capacity: 0.5, text: "revert")
        ],
        worth: 0.9)
    private static let scale = Runbook(
        name: "more", about: "More of it.", when: .init(categories: ["Resource_Limit"], mostWorkers: 3),
        steps: [
            .init(
                .scale, door: "supervisor", target: "$culprit", arguments: [ActionArgument("count", "$workers+1")],
                inverse: .previous, text: "$culprit gets one more")
        ], worth: 0.5)
    private static let restart = Runbook(
        name: "again", about: "Again.", when: .init(categories: ["Resource_Limit", "Config_Error"]),
        steps: [.init(.restart, door: "supervisor", target: "$culprit", inverse: .nothing, text: "restart")], worth: 0.3
    )
    private static let breaker = Runbook(
        name: "alone", about: "Left alone.", when: .init(categories: ["External_Dependency"], change: .none),
        steps: [
            .init(
                .breaker, door: "orders", target: "carrier", arguments: [ActionArgument("to", "open")],
                inverse: .previous, text: "open")
        ])

    @Test("the change that the diagnosis blames is reverted, with the state before and the way back")
    func revertsTheBlamedChange() throws {
        let offers = Planning.offers(
            Self.question([Self.hypothesis("orders", "Config_Error", 0.9, commit: Self.blamed)]),
            [Self.restart, Self.revert], Self.world)
        let step = try #require(offers.first?.plan.steps.first)
        #expect(offers.map(\.origin) == ["put-back", "again"])
        #expect(step.order.arguments == [ActionArgument("revert", Self.blamed)])
        #expect(step.state == Digest(of: [1]))
        #expect(step.inverse?.order?.arguments == [ActionArgument("restore", Self.blamed)])
        #expect(step.reverts?.commit == Self.blamed)
        #expect(offers.first?.diff == "- 1\n+ 2\n")
    }

    @Test("where the diagnosis names no commit, the latest before the onset that reaches the culprit is meant")
    func findsTheCommit() throws {
        var world = Self.world
        world.commits = [
            Self.fact(String(repeating: "c", count: 40), at: Int64.seconds(100)),
            Self.fact(String(repeating: "d", count: 40), roles: ["inventory"]),
            Self.fact(String(repeating: "e", count: 40)),
        ]
        let offers = Planning.offers(
            Self.question([Self.hypothesis("orders", "Config_Error", 0.9)]), [Self.revert], world)
        #expect(offers.first?.plan.steps.first?.reverts?.commit == String(repeating: "e", count: 40))
    }

    @Test("what cannot be reverted is not offered")
    func refusesConflicts() {
        var world = Self.world
        world.commits = [Self.fact(Self.blamed, diff: nil)]
        let question = Self.question([Self.hypothesis("orders", "Config_Error", 0.9, commit: Self.blamed)])
        #expect(Planning.offers(question, [Self.revert], world).isEmpty)
    }

    @Test("a number is filled in from what runs, its inverse is what runs, and the state is that of now")
    func scales() throws {
        let offers = Planning.offers(
            Self.question([Self.hypothesis("orders", "Resource_Limit", 0.8)]), [Self.scale], Self.world)
        let step = try #require(offers.first?.plan.steps.first)
        #expect(step.order.arguments == [ActionArgument("count", "3")])
        #expect(step.inverse?.order?.arguments == [ActionArgument("count", "2")])
        #expect(step.state == ClusterState.digest(of: "orders", wanted: 2, configuration: "c"))
        #expect(offers.first?.state == Planning.state([step.state]))
        #expect(step.text == "orders gets one more")
    }

    @Test("a role that has as many workers as the runbook bears is not given more")
    func knowsItsLimit() {
        var world = Self.world
        world.roles[0].wanted = 4
        let question = Self.question([Self.hypothesis("orders", "Resource_Limit", 0.8)])
        #expect(Planning.offers(question, [Self.scale], world).isEmpty)
    }

    @Test("what a door has set already is no plan, and a door that was not seen makes none")
    func asksTheDoor() {
        let question = Self.question([Self.hypothesis("carrier", "External_Dependency", 0.8)])
        #expect(Planning.questions(question, [Self.breaker, Self.scale]).map(\.target) == ["carrier"])
        #expect(Planning.offers(question, [Self.breaker], Self.world).count == 1)
        var open = Self.world
        open.doors[0].sight.settings = [ActionArgument("to", "open")]
        #expect(Planning.offers(question, [Self.breaker], open).isEmpty)
        open.doors = []
        #expect(Planning.offers(question, [Self.breaker], open).isEmpty)
    }

    @Test("what was tried is not offered again, whatever came of it")
    func triesAnother() {
        let question = Self.question([Self.hypothesis("orders", "Resource_Limit", 0.8)])
        let first = Planning.offers(question, [Self.scale, Self.restart], Self.world)
        let tried = EarlierPlan(
            plan: first[0].plan.digest, orders: first[0].plan.steps.map(\.order.digest), fate: .notHelped, text: "")
        let next = Planning.offers(
            Self.question([Self.hypothesis("orders", "Resource_Limit", 0.8)], earlier: [tried]),
            [Self.scale, Self.restart], Self.world)
        #expect(first.map(\.origin) == ["more", "again"])
        #expect(next.map(\.origin) == ["again"])
    }

    @Test("what helped before comes first, what did not comes last")
    func learns() {
        func past(_ action: ActionClass, helped: Bool) -> PastOutcome {
            PastOutcome(
                incident: "I-0", similarity: 1, node: "orders", category: "Resource_Limit", wasRight: true,
                actions: [ActionOrder(action, door: "supervisor", target: "orders")], helped: helped, at: 1)
        }
        let hypotheses = [Self.hypothesis("orders", "Resource_Limit", 0.8)]
        let offers = Planning.offers(
            Self.question(hypotheses, history: [past(.restart, helped: true), past(.scale, helped: false)]),
            [Self.scale, Self.restart], Self.world)
        #expect(offers.map(\.origin) == ["again", "more"])
    }

    @Test("the same question and the same world make the same plan, and another word in a runbook makes another")
    func isPure() {
        let question = Self.question([Self.hypothesis("orders", "Resource_Limit", 0.8)])
        let one = Planning.offers(question, [Self.scale], Self.world)
        #expect(one == Planning.offers(question, [Self.scale], Self.world))
        var other = Self.scale
        other.about = "Much more of it."
        #expect(Planning.offers(question, [other], Self.world).first?.plan.digest != one.first?.plan.digest)
    }
}
