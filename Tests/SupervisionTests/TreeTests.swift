import Contracts
import Testing

@testable import Supervision

@Suite("The tree")
struct TreeTests {
    static let chain = ClusterPlan(roles: [
        role("web", after: ["service"], replicas: 2), role("service", after: ["broker"]), role("broker"),
    ])

    static func started(_ plan: ClusterPlan = chain) throws -> Stage {
        var stage = try Stage(plan)
        stage.begin()
        _ = stage.take()
        return stage
    }

    @Test("roles start after what they need, whatever the order in the plan")
    func startOrder() throws {
        var stage = try Stage(Self.chain)
        stage.begin()
        #expect(stage.take() == ["start broker.1", "start service.1", "start web.1", "start web.2"])
    }

    @Test("a role does not start before one worker of what it needs is ready")
    func waitsForNeeds() throws {
        var stage = try Stage(Self.chain)
        stage.mute = ["service"]
        stage.begin()
        #expect(stage.take() == ["start broker.1", "start service.1"])
        stage.becomeReady("service.1")
        #expect(stage.take() == ["start web.1", "start web.2"])
    }

    @Test("roles stop in reverse, each when those that need it are gone")
    func stopOrder() throws {
        var stage = try Self.started()
        stage.stubborn = ["web"]
        stage.handle(.command(.shutdown, ticket: 1))
        #expect(stage.take() == ["term web.1", "term web.2"])
        stage.wait(.seconds(10))
        #expect(
            stage.take() == ["kill web.1", "kill web.2", "term service.1", "term broker.1", "stopped"])
        #expect(stage.answers[1] == .done(note: "the cluster has stopped"))
    }

    @Test("a start in progress can be stopped, and so can a slot that waits or has failed")
    func stopAnything() throws {
        var stage = try Stage(ClusterPlan(roles: [role("slow"), role("bad")]))
        stage.mute = ["slow"]
        stage.broken = ["bad"]
        stage.begin()
        stage.handle(.command(.shutdown, ticket: 1))
        #expect(stage.take().last == "stopped")
        #expect(stage.tree.nextDeadline == nil)
    }

    @Test("the broker's death restarts the broker alone")
    func brokerAlone() throws {
        var stage = try Self.started()
        stage.die("broker.1", .signal(9, core: false))
        #expect(stage.take() == ["start broker.1"])
        #expect(stage.states == ["broker.1 ready", "service.1 ready", "web.1 ready", "web.2 ready"])
    }

    @Test("a worker that waits for the broker is not blamed for being late")
    func postponed() throws {
        var stage = try Self.started()
        stage.mute = ["broker", "service"]
        stage.die("broker.1", .signal(11, core: true))
        stage.die("service.1", .signal(9, core: false))
        stage.wait(.seconds(9))
        let service = try #require(SlotName("service@local.1"))
        let before = try #require(stage.tree.slot(service)).spawn
        stage.wait(.seconds(12))
        #expect(stage.tree.slot(service)?.spawn == before)
        #expect(stage.tree.slot(service)?.machine.stateName == "starting")
    }

    @Test("a replica that crashes in a loop fails alone; its role is given up with its last worker")
    func failsAlone() throws {
        var stage = try Self.started()
        func crash(_ stage: inout Stage, _ name: String) {
            for _ in 1...6 {
                stage.die(name, .signal(11, core: true))
                stage.wait(.seconds(3))
            }
        }
        crash(&stage, "web.1")
        #expect(stage.states == ["broker.1 ready", "service.1 ready", "web.1 failed", "web.2 ready"])
        #expect(!stage.take().contains("given up web"))
        crash(&stage, "web.2")
        #expect(stage.take().contains("given up web"))
        #expect(stage.states.prefix(2) == ["broker.1 ready", "service.1 ready"])
        stage.wait(.seconds(60))
        #expect(stage.take().contains("back web"))
        #expect(stage.states.suffix(2) == ["web.1 ready", "web.2 ready"])
    }

    @Test("under rest-for-one, what comes after a role that was given up stops, and starts again after it")
    func restForOne() throws {
        let plan = ClusterPlan(
            groups: [GroupPlan(name: "core", strategy: .restForOne)],
            roles: [role("a", group: "core"), role("b", group: "core"), role("c", group: "core"), role("other")])
        var stage = try Stage(plan)
        stage.begin()
        #expect(stage.take() == ["start a.1", "start other.1", "start b.1", "start c.1"])
        stage.broken = ["b"]
        stage.die("b.1", .code(1))
        stage.wait(.seconds(20))
        #expect(stage.states == ["a.1 ready", "b.1 failed", "c.1 down", "other.1 ready"])
        stage.broken = []
        stage.wait(.seconds(60))
        #expect(stage.states == ["a.1 ready", "b.1 ready", "c.1 ready", "other.1 ready"])
    }

    @Test("one that says that its configuration is wrong is not hammered")
    func misconfigured() throws {
        var stage = try Self.started()
        stage.die("service.1", .code(78))
        #expect(stage.take() == ["given up service"])
        stage.wait(.seconds(59))
        #expect(stage.take().isEmpty)
        stage.wait(.seconds(2))
        #expect(stage.take() == ["start service.1", "back service"])
    }

    @Test("a hung worker gets ABRT, then KILL, and is replaced; news of an earlier process changes nothing")
    func hung() throws {
        var stage = try Self.started()
        stage.stubborn = ["service"]
        let service = try #require(SlotName("service@local.1"))
        let spawn = try #require(stage.tree.slot(service)).spawn
        stage.handle(.hung(service, spawn: spawn - 1))
        #expect(stage.take().isEmpty)
        stage.handle(.hung(service, spawn: spawn))
        stage.wait(.milliseconds(200))
        #expect(stage.take() == ["abort service.1", "kill service.1", "start service.1"])
        stage.handle(.exited(service, spawn: spawn, .code(1)))
        stage.handle(.becameReady(service, spawn: spawn))
        #expect(stage.take().isEmpty)
    }

    @Test("a worker over its memory limit is killed and replaced")
    func memory() throws {
        var stage = try Self.started()
        let broker = try #require(SlotName("broker@local.1"))
        stage.handle(.overMemory(broker, spawn: 1, bytes: 1 << 30))
        #expect(stage.take() == ["kill broker.1", "start broker.1"])
        #expect(stage.tree.slot(broker)?.machine.lastReason == "used 1024 MiB of memory, above its limit")
    }

    @Test("a new supervisor adopts what runs, hears of deaths, and starts only what is missing")
    func adoption() throws {
        var stage = try Stage(Self.chain, memo: TreeMemo(wanted: [.init(role: "web", count: 3)]), lastSpawn: 20)
        let memo = SlotMemo(restarts: 4, lastReason: "it was tired")
        func found(_ name: String, _ spawn: UInt64, ready: Bool = true, exit: ProcessExit? = nil) throws -> Adoption {
            let slot = try #require(SlotName(name))
            var found = Adoption(
                slot: slot, spawn: spawn, pid: Int32(spawn), since: stage.now, isReady: ready, memo: memo)
            found.exit = exit
            return found
        }
        stage.handle(.adopted(try found("broker@local.1", 11)))
        stage.handle(.adopted(try found("service@local.1", 12, exit: .signal(9, core: false))))
        stage.handle(.adopted(try found("web@local.1", 13)))
        stage.handle(.adopted(try found("web@local.4", 14)))
        stage.handle(.adopted(try found("ghost@local.1", 15)))
        stage.begin()
        // The surplus web.4 leaves once the three that are wanted are ready.
        #expect(
            stage.take() == ["start service.1", "kill ghost.1", "start web.2", "start web.3", "term web.4"])
        let broker = try #require(stage.tree.slots.first)
        #expect(broker.machine.pid == 11 && broker.machine.restarts == 4)
        #expect(Set(stage.tree.slots.map(\.spawn)).count == stage.tree.slots.count)
    }

    @Test("the same events under the same seed give the same effects")
    func deterministic() throws {
        func diary() throws -> [String] {
            var stage = try Self.started()
            stage.broken = ["service"]
            stage.die("service.1", .code(1))
            var waits: [String] = []
            while let next = stage.tree.nextDeadline, waits.count < 5 {
                waits.append("\(next)")
                stage.wait(next.since(stage.now))
            }
            return stage.take() + waits
        }
        #expect(try diary() == diary())
    }

    @Test(
        "a plan that cannot work is refused by name",
        arguments: [
            (ClusterPlan(roles: [role("A")]), PlanFault.badName("A")),
            (ClusterPlan(roles: [role("supervisor")]), .reserved("supervisor")),
            (ClusterPlan(roles: [role("a"), role("a")]), .twice("a")),
            (ClusterPlan(roles: [role("a", after: ["b"])]), .unknown(role: "a", key: "after", name: "b")),
            (ClusterPlan(roles: [role("a", group: "g")]), .unknown(role: "a", key: "group", name: "g")),
            (ClusterPlan(roles: [role("a", replicas: -1)]), .badReplicas(role: "a", found: -1)),
            (ClusterPlan(roles: [role("a", after: ["b"]), role("b", after: ["a"])]), .circle(["a", "b"])),
            (ClusterPlan(host: "", roles: []), .badHost("")),
        ])
    func badPlans(_ plan: ClusterPlan, _ fault: PlanFault) {
        #expect(throws: fault) { try plan.validate() }
    }

    @Test("an orderly stop may take as long as the longest chain of roles")
    func stopsWithin() { #expect(Self.chain.stopsWithin == .seconds(33)) }
}
