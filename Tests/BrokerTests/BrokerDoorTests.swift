import Bus
import Capabilities
import Contracts
import Doorkeeping
import Glibc
import Host
import Routing
import Signals
import Synchronization
import Testing

@testable import ActionDoors
@testable import Broker

/// The broker's door over a real hub, in a folder of its own, with the key of Risk.
private final class Gate {
    let folder: String
    let key: SigningKey
    let metrics = Metrics()
    let hub: BrokerHub
    private(set) var door: BrokerDoor
    private let told = Told()

    final class Told: Sendable {
        let notices = Mutex<[ChangeNotice]>([])
    }

    static let access = AccessList([
        ("broker", AccessList.Entry()), ("echo", AccessList.Entry()), ("supervisor", AccessList.Entry()),
    ])

    init() async throws {
        let folder = try TemporaryFolder.make()
        self.folder = folder
        key = try IssuerKeys.ownOrMade(data: folder)
        hub = BrokerHub(
            BrokerConfiguration(
                endpoints: BusEndpoints(run: folder),
                admission: AdmissionRules(accepts: { _, _ in false }, keys: []), access: Self.access, generation: 1),
            log: Log(descriptor: -1))
        try await hub.start()
        door = Self.door(hub, folder, metrics, told)
    }

    deinit { TemporaryFolder.remove(folder) }

    private static func door(_ hub: BrokerHub, _ folder: String, _ metrics: Metrics, _ told: Told) -> BrokerDoor {
        let table = DoorTable.broker(roles: hub.configuration.access.roles.map(\.name))
        return BrokerDoor(table, hub, data: folder, metrics: metrics, log: Log(descriptor: -1)) { notice in
            told.notices.withLock { $0.append(notice) }
        }
    }

    /// The next broker's door: only the record is left.
    func restart() async {
        await hub.pause("echo", false)
        door = Self.door(hub, folder, metrics, told)
    }

    var notices: [ChangeNotice] { told.notices.withLock { $0 } }

    func isPaused() async -> Bool { await hub.report().roles.first { $0.role == "echo" }?.isPaused ?? false }

    static func pause(_ isPaused: Bool, target: String = "echo") -> ActionOrder {
        ActionOrder(
            .pauseQueue, door: "broker", target: target, arguments: [ActionArgument("paused", "\(isPaused)")])
    }

    static let drain = ActionOrder(.drainQueue, door: "broker", target: "echo")

    /// An order that is permitted where the pause stands so.
    func permitted(_ order: ActionOrder, whilePaused: Bool = false, age: Int64 = 0) throws -> DoorOrder {
        let settings = order.action == .pauseQueue ? [ActionArgument("paused", "\(whilePaused)")] : []
        let step = PlanStep(
            order, state: DoorState.digest(order.action, door: "broker", target: order.target, settings: settings),
            blast: BlastRadius(roles: ["echo"], capacity: 1), reversibility: .whole)
        let plan = PlanSummary(
            incident: "I-7", generation: 1, category: "Resource_Limit", confidence: 0.9, steps: [step],
            substance: Digest(of: []))
        let terms = CapabilityIssue.Terms(
            issuer: "risk", key: IssuerKey(issuer: "risk", publicKey: key.publicKey).name, plan: plan.digest,
            grounds: .policy, now: WallTime.now.nanoseconds - age, lifetime: .seconds(120))
        let signed = try CapabilityIssue.capabilities(for: plan, terms, sign: key.sign)
        return DoorOrder(order: order, plan: plan.digest, step: 0, capability: signed[0])
    }

    func does(_ order: DoorOrder) async -> DoorAnswer { await door.perform(order, caller: "remediation@local.1") }

    func settings() async throws -> [ActionArgument] {
        try await door.sight(of: .pauseQueue, target: "echo").settings
    }
}

@Suite("The broker's door for agents")
struct BrokerDoorTests {
    @Test func `an order with its capability pauses the role, and another resumes it`() async throws {
        let gate = try await Gate()
        #expect(try await gate.settings() == [ActionArgument("paused", "false")])
        let answer = await gate.does(try gate.permitted(Gate.pause(true)))
        #expect(answer == DoorAnswer(.done, "calls to echo wait"))
        #expect(await gate.isPaused())
        #expect(try await gate.settings() == [ActionArgument("paused", "true")])
        #expect(gate.notices.map(\.nodes) == [["echo"]] && gate.notices[0].author.contains("I-7"))
        let drained = await gate.does(try gate.permitted(Gate.drain))
        #expect(drained == DoorAnswer(.done, "0 calls that waited for echo were sent away"))
        #expect(await gate.does(try gate.permitted(Gate.pause(false), whilePaused: true)).outcome == .done)
        #expect(await !gate.isPaused())
        await gate.hub.stop()
    }

    @Test func `used again it gets the first answer, and the role stays as it is, also after a crash`() async throws {
        let gate = try await Gate()
        let order = try gate.permitted(Gate.pause(true))
        let first = await gate.does(order)
        _ = await gate.does(try gate.permitted(Gate.pause(false), whilePaused: true))
        #expect(await gate.does(order) == first)
        #expect(await !gate.isPaused())
        await gate.restart()
        #expect(await gate.does(order) == first)
        #expect(await !gate.isPaused())
        await gate.hub.stop()
    }

    @Test func `a pause is gone with the broker, and its door says so`() async throws {
        let gate = try await Gate()
        _ = await gate.does(try gate.permitted(Gate.pause(true)))
        await gate.restart()
        #expect(try await gate.settings() == [ActionArgument("paused", "false")])
        // What was planned for the paused state is for another state now.
        let answer = await gate.does(try gate.permitted(Gate.pause(false), whilePaused: true))
        #expect(answer.outcome == .refused && answer.text.contains("state"))
        await gate.hub.stop()
    }

    @Test func `late, for another state, by another caller, about itself: refused`() async throws {
        let gate = try await Gate()
        let order = try gate.permitted(Gate.pause(true))
        #expect(await gate.door.perform(order, caller: "triage@local.1").text.contains("expected a caller"))
        #expect(await gate.does(try gate.permitted(Gate.pause(true), whilePaused: true)).text.contains("state"))
        #expect(await gate.does(try gate.permitted(Gate.pause(true), age: .seconds(121))).text.contains("expired"))
        for target in ["broker", "supervisor", "nobody"] {
            let answer = await gate.does(try gate.permitted(Gate.pause(true, target: target)))
            #expect(answer.outcome == .refused && answer.text.contains("expected"))
        }
        #expect(await !gate.isPaused() && gate.notices.isEmpty)
        #expect(await gate.does(order).outcome == .done)
        await gate.hub.stop()
    }

    @Test func `of two orders for one state that come together, one is refused`() async throws {
        let gate = try await Gate()
        let door = gate.door
        let orders = try [gate.permitted(Gate.pause(true)), gate.permitted(Gate.pause(true), age: .seconds(1))]
        let outcomes = await withTaskGroup(of: DoorAnswer.Outcome.self) { group in
            for order in orders {
                group.addTask { await door.perform(order, caller: "remediation@local.1").outcome }
            }
            return await group.reduce(into: [DoorAnswer.Outcome]()) { $0.append($1) }
        }
        #expect(outcomes.count { $0 == .done } == 1 && outcomes.count { $0 == .refused } == 1)
        await gate.hub.stop()
    }

    @Test(arguments: [true, false])
    func `what a crash interrupted is set again, and a drain is not known`(_ isPause: Bool) async throws {
        let gate = try await Gate()
        let order = try gate.permitted(isPause ? Gate.pause(true) : Gate.drain)
        let answer = await gate.does(order)
        #expect(answer.outcome == .done)
        // The second line was not on disk yet: only the use is.
        let path = CapabilityLedger.path(of: "broker", data: gate.folder)
        let lines = try #require(ProcessFiles.text(path)).split(separator: "\n")
        #expect(lines.count == 2)
        try WholeFile.write("\(lines[0])\n", to: path)
        await gate.restart()
        #expect(await gate.does(order).outcome == (isPause ? .done : .unknown))
        #expect(await gate.isPaused() == isPause)
        #expect(await gate.does(order).outcome == (isPause ? .done : .unknown))
        await gate.hub.stop()
    }
}
