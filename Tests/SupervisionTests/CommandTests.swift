import Contracts
import Testing

@testable import Supervision

@Suite("Commands to the tree")
struct CommandTests {
    static func started(_ roles: RolePlan...) throws -> Stage {
        var stage = try Stage(ClusterPlan(roles: roles))
        stage.begin()
        _ = stage.take()
        return stage
    }

    @Test("scaling up starts new slots and answers when they are ready")
    func scaleUp() throws {
        var stage = try Self.started(role("a"))
        stage.mute = ["a"]
        stage.handle(.command(.scale(role: "a", count: 3), ticket: 1))
        #expect(stage.take() == ["start a.2", "start a.3"])
        stage.becomeReady("a.2")
        #expect(stage.answers[1] == nil)
        stage.becomeReady("a.3")
        #expect(stage.answers[1] == .done(note: "a has 3 ready workers"))
        #expect(stage.remembered?.wanted == [.init(role: "a", count: 3)])
    }

    @Test("scaling down drains the highest slots and answers when they are gone")
    func scaleDown() throws {
        var stage = try Self.started(role("a", replicas: 3))
        stage.handle(.command(.scale(role: "a", count: 1), ticket: 1))
        #expect(stage.take() == ["term a.2", "term a.3"])
        #expect(stage.states == ["a.1 ready"])
        #expect(stage.answers[1] == .done(note: "a has 1 ready worker"))
        stage.handle(.command(.scale(role: "a", count: 0), ticket: 2))
        #expect(stage.states.isEmpty && stage.answers[2] == .done(note: "a has 0 ready workers"))
    }

    @Test("a slot that is draining can be wanted again")
    func scaleBack() throws {
        var stage = try Self.started(role("a", replicas: 2))
        stage.stubborn = ["a"]
        stage.handle(.command(.scale(role: "a", count: 1), ticket: 1))
        stage.handle(.command(.scale(role: "a", count: 2), ticket: 2))
        stage.wait(.seconds(10))
        #expect(stage.states == ["a.1 ready", "a.2 ready"])
        #expect(stage.take() == ["term a.2", "kill a.2", "start a.2"])
    }

    @Test("a role of which there can be only one is not scaled up")
    func onlyOne() throws {
        var broker = role("broker")
        broker.replacement = .stopFirst
        var stage = try Self.started(broker)
        stage.handle(.command(.scale(role: "broker", count: 2), ticket: 1))
        #expect(stage.answers[1] == .refused(reason: "of broker there can be only one at a time"))
    }

    @Test("a roll never has fewer ready workers than the role wants, with one replica too", arguments: [1, 3])
    func roll(_ replicas: Int) throws {
        var stage = try Self.started(role("a", replicas: replicas))
        let old = stage.tree.slots.map(\.spawn)
        stage.mute = ["a"]
        stage.handle(.command(.restart(role: "a", slot: nil, rolling: true), ticket: 1))
        var fewest = Int.max
        for _ in 1...20 where stage.answers[1] == nil {
            fewest = min(fewest, stage.tree.slots.filter(\.machine.isReady).count)
            for slot in stage.tree.slots where slot.machine.stateName == "starting" {
                stage.becomeReady("a.\(slot.name.number)")
            }
        }
        #expect(fewest >= replicas)
        #expect(stage.tree.slots.map(\.name.number) == Array(1...replicas))
        #expect(stage.tree.slots.allSatisfy { !old.contains($0.spawn) && $0.machine.isReady })
        let workers = replicas == 1 ? "1 worker" : "3 workers"
        #expect(stage.answers[1] == .done(note: "rolled \(workers), one at a time"))
    }

    @Test("a roll whose new worker does not become ready keeps all the old ones")
    func rollAborts() throws {
        var stage = try Self.started(role("a", replicas: 2))
        let old = stage.tree.slots
        stage.broken = ["a"]
        stage.handle(.command(.restart(role: "a", slot: nil, rolling: true), ticket: 1))
        stage.wait(.seconds(5))
        #expect(stage.tree.slots == old)
        guard case .refused(let reason) = stage.answers[1] else {
            Issue.record("expected a refusal, found \(String(describing: stage.answers[1]))")
            return
        }
        #expect(reason.contains("the old ones were kept"))
    }

    @Test("when a later worker of a roll does not come up, the rest is kept and the spare stands in until it does")
    func spareStandsIn() throws {
        var stage = try Self.started(role("a", replicas: 2))
        stage.mute = ["a"]
        stage.handle(.command(.restart(role: "a", slot: nil, rolling: true), ticket: 1))
        stage.broken = ["a"]
        stage.becomeReady("a.3")
        #expect(stage.answers[1] != nil)
        #expect(stage.states.suffix(2) == ["a.2 ready", "a.3 ready"])
        stage.broken = []
        stage.mute = []
        stage.wait(.seconds(70))
        #expect(stage.states == ["a.1 ready", "a.2 ready"])
    }

    @Test("a role that can exist only once is rolled by stopping first")
    func stopFirst() throws {
        var broker = role("broker")
        broker.replacement = .stopFirst
        var stage = try Self.started(broker)
        stage.handle(.command(.restart(role: "broker", slot: nil, rolling: true), ticket: 1))
        #expect(stage.take() == ["term broker.1", "start broker.1"])
        #expect(stage.answers[1] == .done(note: "rolled 1 worker, one at a time"))
    }

    @Test("commands to different roles do not wait for each other, and a second roll of one is refused")
    func lanes() throws {
        var stage = try Self.started(role("a"), role("b"))
        stage.mute = ["a"]
        stage.handle(.command(.restart(role: "a", slot: nil, rolling: true), ticket: 1))
        stage.handle(.command(.restart(role: "a", slot: nil, rolling: true), ticket: 2))
        stage.handle(.command(.scale(role: "a", count: 2), ticket: 3))
        stage.handle(.command(.restart(role: "b", slot: nil, rolling: false), ticket: 4))
        #expect(stage.answers[1] == nil)
        #expect(stage.answers[2] == .refused(reason: "a is being rolled already"))
        #expect(stage.answers[3] == .refused(reason: "a is being rolled; wait until that has finished"))
        #expect(stage.answers[4] == .done(note: "restarted b@local.1"))
    }

    @Test("a restart answers when the new worker is ready, or with the reason why it is not")
    func restart() throws {
        var stage = try Self.started(role("a", replicas: 2))
        stage.handle(.command(.restart(role: "a", slot: 2, rolling: false), ticket: 1))
        #expect(stage.take() == ["term a.2", "start a.2"])
        #expect(stage.answers[1] == .done(note: "restarted a@local.2"))
        stage.broken = ["a"]
        stage.handle(.command(.restart(role: "a", slot: 2, rolling: false), ticket: 2))
        #expect(
            stage.answers[2] == .refused(reason: "a@local.2 died: exited with code 1 before it was ready"))
    }

    @Test("a signal goes to the living workers that are meant")
    func kill() throws {
        var stage = try Self.started(role("a", replicas: 2))
        stage.handle(.command(.kill(role: "a", slot: 2, signal: 9), ticket: 1))
        #expect(stage.take() == ["kill a.2", "start a.2"])
        #expect(stage.answers[1] == .done(note: "sent signal 9 (KILL) to 1 worker of a"))
    }

    @Test(
        "a command that names what is not there is refused with what is",
        arguments: [
            (ControlRequest.scale(role: "z", count: 1), "there is no role \"z\"; the roles are a"),
            (.restart(role: "a", slot: 9, rolling: false), "a has no slot 9; its slots are 1"),
            (.scale(role: "a", count: -1), "a role can have 0 to 1000 workers, not -1"),
            (.kill(role: "a", slot: nil, signal: 0), "there is no signal 0"),
        ])
    func refused(_ request: ControlRequest, _ reason: String) throws {
        var stage = try Self.started(role("a"))
        stage.handle(.command(request, ticket: 1))
        #expect(stage.answers[1] == .refused(reason: reason))
    }

    @Test("a shutdown answers what was under way, and refuses what comes after")
    func shutdown() throws {
        var stage = try Self.started(role("a"))
        stage.mute = ["a"]
        stage.stubborn = ["a"]
        stage.handle(.command(.restart(role: "a", slot: nil, rolling: true), ticket: 1))
        stage.handle(.command(.shutdown, ticket: 2))
        stage.handle(.command(.scale(role: "a", count: 5), ticket: 3))
        #expect(stage.answers[1] == .refused(reason: "the cluster is being stopped"))
        #expect(stage.answers[3] == .refused(reason: "the cluster is being stopped"))
        #expect(stage.answers[2] == nil)
        stage.wait(.seconds(11))
        #expect(stage.answers[2] == .done(note: "the cluster has stopped"))
    }
}
