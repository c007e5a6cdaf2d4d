import Contracts
import Testing

@testable import Supervision

@Suite struct DeployTests {
    static let old = Release(commit: "old", configuration: "/old")
    static let new = Release(commit: "new", configuration: "/new")

    static func plan(_ change: (inout ClusterPlan) -> Void = { _ in }) -> ClusterPlan {
        var plan = ClusterPlan(roles: [role("a"), role("b", after: ["a"], replicas: 2), role("c")])
        change(&plan)
        return plan
    }

    static func order(_ touched: [String]) -> DeployOrder {
        DeployOrder(release: new, author: "somebody", text: "another value", touched: touched)
    }

    static func stage(_ word: GateWord? = .holds("10 events")) throws -> Stage {
        var stage = try Stage(plan(), release: old)
        stage.word = word
        stage.begin()
        _ = stage.take()
        return stage
    }

    @Test func onlyTheRolesThatAChangeReachesAreRolledOneWorkerAtATime() throws {
        var stage = try Self.stage()
        stage.handle(.deploy(Self.order(["roles/b.yaml"]), Self.plan(), ticket: 7))
        #expect(
            stage.take() == [
                "start b.3 new", "term b.1", "start b.1 new", "term b.2", "start b.2 new", "term b.3",
            ])
        #expect(stage.answers[7] == nil)
        stage.wait(.seconds(5))
        #expect(stage.answers[7] == .done(note: "deployed new"))
        #expect(stage.outcomes == ["new done: 1 steps"])
        #expect(stage.tree.release == Self.new)
        #expect(stage.tree.slots.map(\.release) == ["old", "new", "new", "old"])
    }

    @Test func onlyTheRolesWhoseExecutableDiffersAreRolledForOtherPrograms() throws {
        var stage = try Self.stage()
        let executable = try #require(Self.plan().role(named: "c")?.executable)
        let plan = Self.plan { plan in
            for index in plan.roles.indices where plan.roles[index].name != "c" {
                plan.roles[index].executable = "Other"
            }
        }
        var order = Self.order([])
        order.executables = [executable]
        #expect(Reach.roles(touched: [], executables: [executable], old: plan, new: plan) == ["c"])
        #expect(Reach.roles(touched: ["roles/a.yaml"], executables: ["Other"], old: plan, new: plan) == ["a", "b"])
        #expect(Reach.roles(touched: [], executables: [], old: plan, new: plan).isEmpty)
        stage.handle(.deploy(order, Self.plan(), ticket: 1))
        stage.wait(.seconds(30))
        #expect(stage.outcomes.count == 1 && stage.outcomes[0].hasPrefix("new done"))
        #expect(stage.tree.slots.filter { $0.name.role == "c" }.allSatisfy { $0.release == "new" })
    }

    @Test func aRoleThatWasNotReachedIsBornWithTheNewReleaseFromThenOn() throws {
        var stage = try Self.stage()
        stage.handle(.deploy(Self.order(["roles/b.yaml"]), Self.plan(), ticket: 1))
        stage.wait(.seconds(5))
        _ = stage.take()
        stage.die("c.1", .signal(9, core: false))
        #expect(stage.take() == ["start c.1 new"])
    }

    @Test func whatDoesNotBecomeReadyTouchesNoWorkerThatRuns() throws {
        var stage = try Self.stage()
        stage.brokenReleases = ["b@new"]
        stage.handle(.deploy(Self.order(["roles/b.yaml"]), Self.plan(), ticket: 1))
        stage.wait(.seconds(60))
        #expect(!stage.take().contains { $0.hasPrefix("term b.1") || $0.hasPrefix("term b.2") })
        guard case .refused = stage.answers[1] else { return #expect(Bool(false), "\(stage.answers)") }
        #expect(stage.outcomes.count == 1 && stage.outcomes[0].hasPrefix("new takenBack"))
        #expect(stage.tree.release == Self.old)
        #expect(stage.tree.slots.allSatisfy { $0.release == "old" && $0.machine.isReady })
    }

    @Test func whatFailsAtTheSecondRoleIsTakenBackAtTheFirst() throws {
        var stage = try Self.stage()
        stage.brokenReleases = ["c@new"]
        stage.handle(.deploy(Self.order(["roles/a.yaml", "roles/c.yaml"]), Self.plan(), ticket: 1))
        stage.wait(.seconds(60))
        #expect(stage.outcomes.count == 1 && stage.outcomes[0].hasPrefix("new takenBack: c:"))
        #expect(stage.tree.slots.map(\.release) == ["old", "old", "old", "old"])
        #expect(stage.tree.slots.allSatisfy { $0.machine.isReady })
    }

    @Test func aWorkerThatDiesOfItsOwnFaultWithinTheWatchTakesTheDeployBack() throws {
        var stage = try Self.stage()
        stage.handle(.deploy(Self.order(["roles/a.yaml"]), Self.plan(), ticket: 1))
        stage.wait(.seconds(2))
        stage.die("a.1", .signal(11, core: false))
        stage.wait(.seconds(30))
        #expect(stage.outcomes.count == 1 && stage.outcomes[0].hasPrefix("new takenBack: a:"))
        #expect(stage.tree.slot(SlotName(role: "a", host: "local", number: 1)!)?.release == "old")
    }

    @Test func aWorkerThatIsKilledFromOutsideWithinTheWatchTakesNothingBack() throws {
        var stage = try Self.stage()
        stage.handle(.deploy(Self.order(["roles/a.yaml"]), Self.plan(), ticket: 1))
        stage.wait(.seconds(2))
        stage.die("a.1", .signal(9, core: false))
        stage.wait(.seconds(30))
        #expect(stage.outcomes == ["new done: 1 steps"])
    }

    @Test func whatTheObjectivesDoNotBearIsTakenBack() throws {
        var stage = try Self.stage(.fails("availability: 40 of 50 failed"))
        stage.handle(.deploy(Self.order(["roles/a.yaml"]), Self.plan(), ticket: 1))
        stage.wait(.seconds(30))
        #expect(stage.outcomes == ["new takenBack: availability: 40 of 50 failed"])
        #expect(stage.tree.slots.allSatisfy { $0.release == "old" })
    }

    @Test func whereNobodySpeaksForTheObjectivesADeployWaitsAndGoesOn() throws {
        var stage = try Self.stage(nil)
        stage.handle(.deploy(Self.order(["roles/a.yaml"]), Self.plan(), ticket: 1))
        stage.wait(.seconds(8))
        #expect(stage.outcomes.isEmpty)
        stage.wait(.seconds(2))
        #expect(stage.outcomes == ["new done: 1 steps"])
    }

    @Test func aRoleIsStartedAndAnotherIsRetiredAndAThirdGetsMoreWorkers() throws {
        var stage = try Self.stage()
        let plan = Self.plan { plan in
            plan.roles = [role("a", replicas: 3), role("b", after: ["a"], replicas: 2), role("d", after: ["b"])]
        }
        stage.handle(.deploy(Self.order(["cluster.yaml"]), plan, ticket: 1))
        stage.wait(.seconds(60))
        #expect(stage.outcomes == ["new done: 3 steps"])
        #expect(stage.states == ["a.1 ready", "a.2 ready", "a.3 ready", "b.1 ready", "b.2 ready", "d.1 ready"])
    }

    @Test func aSecondDeployWaitsForTheFirst() throws {
        var stage = try Self.stage()
        stage.handle(.deploy(Self.order(["roles/a.yaml"]), Self.plan(), ticket: 1))
        stage.handle(.deploy(Self.order(["roles/a.yaml"]), Self.plan(), ticket: 2))
        #expect(stage.answers[2] == .refused(reason: "new is being deployed; wait until that has ended"))
    }

    @Test func aListenerThatIsBoundCannotMove() throws {
        var before = Self.plan()
        before.listeners = [ListenerPlan(name: "door", port: 80)]
        var stage = try Stage(before, release: Self.old)
        stage.begin()
        var after = before
        after.listeners[0].port = 81
        stage.handle(.deploy(Self.order(["cluster.yaml"]), after, ticket: 1))
        #expect(stage.outcomes.count == 1 && stage.outcomes[0].hasPrefix("new refused: listener \"door\""))
    }

    /// The world as the guardian has it goes over to a new supervisor after so many events, again and again.
    @Test(arguments: [[], ["c@new"]] as [Set<String>])
    func aSupervisorThatDiesAtAnyMomentChangesNothingInHowADeployEnds(broken: Set<String>) throws {
        for death in 0..<40 {
            var stage = try Self.stage()
            stage.brokenReleases = broken
            stage.handle(.deploy(Self.order(["roles/a.yaml", "roles/b.yaml", "roles/c.yaml"]), Self.plan(), ticket: 1))
            stage.wait(.milliseconds(500 * death))
            stage = try Self.next(stage, Self.plan())
            stage.wait(.seconds(120))
            let release = broken.isEmpty ? "new" : "old"
            #expect(stage.tree.deploying == nil)
            #expect(stage.tree.release.commit == release, "after \(death)")
            #expect(stage.tree.slots.allSatisfy { $0.machine.isReady }, "after \(death): \(stage.states)")
            let running = stage.living.count
            #expect(running == 4, "after \(death): \(stage.living)")
        }
    }

    /// What the next supervisor makes of the guardian's table and memo.
    static func next(_ before: Stage, _ plan: ClusterPlan) throws -> Stage {
        let memo = before.remembered ?? TreeMemo()
        let release = memo.release ?? old
        var stage = try Stage(
            plan, release: release, memo: memo, lastSpawn: before.living.map(\.spawn).max() ?? 0)
        stage.now = before.now
        stage.word = before.word
        stage.brokenReleases = before.brokenReleases
        stage.living = before.living
        stage.remembered = memo
        if let deploy = memo.deploy { stage.tree.resume(deploy, plan) }
        for process in before.living {
            let slot = before.tree.slot(process.slot)
            stage.handle(
                .adopted(
                    Adoption(
                        slot: process.slot, spawn: process.spawn, pid: Int32(process.spawn), since: before.now,
                        isReady: slot?.machine.isReady ?? true, memo: SlotMemo(release: slot?.release))))
        }
        stage.handle(.begin)
        return stage
    }
}

@Suite struct DeployGateTests {
    static func report(_ good: Double, _ total: Double, burn: Double? = nil) -> ObjectiveReport {
        ObjectiveReport(
            name: "availability", service: "orders", about: "", target: 0.999, windowSeconds: 1, achieved: nil,
            good: good, total: total, budgetLeft: 1, exhaustedAfter: nil,
            windows: [
                .init(
                    longSeconds: 3_600, shortSeconds: 300, threshold: 14.4, longBurn: burn, shortBurn: burn,
                    isFiring: false, formula: "")
            ], missing: [])
    }

    @Test func whatWasWellAndFailsAtOnceFails() {
        let word = DeployGate.word(
            before: [Self.report(100, 100)], since: [Self.report(110, 110)], now: [Self.report(140, 160)])
        #expect(word == .fails("availability: 20 of 50 failed within 5.0 s"))
    }

    @Test func aFewFailuresAreNoneThatFailAtOnce() {
        let word = DeployGate.word(
            before: [Self.report(100, 100)], since: [Self.report(110, 110)], now: [Self.report(206, 210)])
        #expect(word == .holds("100 events were well"))
    }

    @Test func whatFailedBeforeIsNotHeldAgainstTheDeployThatMayMendIt() {
        let word = DeployGate.word(
            before: [Self.report(10, 100, burn: 900)], since: [Self.report(11, 110)], now: [Self.report(12, 160)])
        #expect(word == .unseen("availability was failing before"))
    }

    @Test func withoutTrafficNothingIsSeen() {
        let word = DeployGate.word(
            before: [Self.report(10, 10)], since: [Self.report(10, 10)], now: [Self.report(10, 10)])
        #expect(word == .unseen("no objective had traffic to be judged by"))
    }
}

@Suite struct ReachTests {
    @Test(
        arguments: [
            ("roles/b.yaml", ["b"]), ("roles/README.md", []), ("slo/orders.yaml", []), ("strange", ["a", "b", "c"]),
            ("acl.yaml", []),
        ] as [(String, [String])])
    func aFileReachesWhoReadsIt(path: String, roles: [String]) {
        let plan = DeployTests.plan()
        #expect(Reach.roles(touched: [path], old: plan, new: plan) == roles)
    }

    @Test func aRoleWhosePlanChangesIsReachedButNotByItsNumberAlone() {
        let before = DeployTests.plan()
        let after = DeployTests.plan { plan in
            plan.roles[0].environment["X"] = "1"
            plan.roles[1].replicas = 5
        }
        #expect(Reach.roles(touched: ["cluster.yaml"], old: before, new: after) == ["a"])
    }
}
