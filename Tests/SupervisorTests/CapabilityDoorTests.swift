import ActionDoors
import Capabilities
import Contracts
import Glibc
import Host
import Signals
import Testing

@testable import Supervisor

/// The supervisor's door for agents in a folder of its own, with the key of Risk, and a clock and a cluster as a test sets
/// them.
private final class Gate {
    let folder: String
    let key: SigningKey
    var wanted = 2
    var processes: [CapabilityLedger.SlotSpawn] = []
    private(set) var door: CapabilityDoor
    private(set) var answers: [DoorAnswer] = []
    let metrics = Metrics()
    private let clock: Clock

    final class Clock { var now = Int64.seconds(1_000_000) }

    init() throws {
        let folder = try TemporaryFolder.make()
        self.folder = folder
        key = try IssuerKeys.ownOrMade(data: folder)
        let clock = Clock()
        self.clock = clock
        door = CapabilityDoor(
            role: "supervisor", data: folder, metrics: metrics, log: Log(descriptor: -1), now: { clock.now })
        processes = [try spawn(1, 10), try spawn(2, 11)]
    }

    deinit { TemporaryFolder.remove(folder) }

    func spawn(_ slot: Int, _ number: UInt64) throws -> CapabilityLedger.SlotSpawn {
        CapabilityLedger.SlotSpawn(slot: try #require(SlotName("orders@local.\(slot)")), spawn: number)
    }

    func state(_ wanted: Int) -> Digest { ClusterState.digest(of: "orders", wanted: wanted, configuration: "c") }

    func pass(seconds: Int64) { clock.now += .seconds(seconds) }

    /// The next supervisor, as after a crash: only what is on disk is left.
    func restart() {
        let clock = clock
        door = CapabilityDoor(
            role: "supervisor", data: folder, metrics: metrics, log: Log(descriptor: -1), now: { clock.now })
    }

    static let restart = ActionOrder(.restart, door: "supervisor", target: "orders")
    static let scale = ActionOrder(
        .scale, door: "supervisor", target: "orders", arguments: [ActionArgument("count", "3")])

    func plan(_ order: ActionOrder) -> PlanSummary {
        let step = PlanStep(
            order, state: state(2), blast: BlastRadius(roles: ["orders"], capacity: 0.5), reversibility: .whole)
        return PlanSummary(
            incident: "I-1", generation: 1, category: "Resource_Limit", confidence: 0.9, steps: [step],
            substance: Digest(of: []))
    }

    /// An order with a capability that permits it.
    func order(_ order: ActionOrder = Gate.restart, by key: SigningKey? = nil) throws -> DoorOrder {
        let plan = plan(order)
        let key = key ?? self.key
        let terms = CapabilityIssue.Terms(
            issuer: "risk", key: IssuerKey(issuer: "risk", publicKey: key.publicKey).name, plan: plan.digest,
            grounds: .policy, now: clock.now, lifetime: .seconds(120))
        let signed = try CapabilityIssue.capabilities(for: plan, terms, sign: key.sign)
        return DoorOrder(order: order, plan: plan.digest, step: 0, capability: signed[0])
    }

    func take(_ order: DoorOrder) -> CapabilityDoor.Work? {
        let sight = CapabilityDoor.Sight(
            state: order.order.target == "orders" ? state(wanted) : nil, stateWith: { self.state($0) },
            processes: processes)
        return door.take(order, sight: sight) { self.answers.append($0) }
    }

    /// The answer to an order that makes no work.
    func refusal(_ order: DoorOrder) throws -> String {
        let before = answers.count
        #expect(take(order) == nil)
        let answer = try #require(answers.count == before + 1 ? answers.last : nil)
        #expect(answer.outcome == .refused)
        return answer.text
    }

    func count(_ outcome: String) -> Int {
        metrics.counter("supervisor.capabilities", help: "", labels: ["outcome": outcome]).value
    }
}

@Suite("The supervisor's door for agents")
struct CapabilityDoorTests {
    @Test func `an order with its capability becomes a command, and its end the answer`() throws {
        let gate = try Gate()
        let work = try #require(gate.take(try gate.order()))
        #expect(work.requests == [.restart(role: "orders", slot: nil, rolling: false)])
        #expect(work.author.contains("I-1") && gate.answers.isEmpty)
        #expect(gate.door.ended(work.id, .done(note: "restarted")) == nil)
        #expect(gate.answers == [DoorAnswer(.done, "restarted")])
    }

    @Test func `used twice, it gets the first answer, before its end and after it, and after a crash`() throws {
        let gate = try Gate()
        let order = try gate.order()
        let work = try #require(gate.take(order))
        #expect(gate.take(order) == nil && gate.answers.isEmpty)
        _ = gate.door.ended(work.id, .done(note: "restarted"))
        #expect(gate.answers == [DoorAnswer(.done, "restarted"), DoorAnswer(.done, "restarted")])
        // Whatever time and state have become by then.
        gate.pass(seconds: 500)
        gate.wanted = 7
        #expect(gate.take(order) == nil && gate.answers.count == 3)
        gate.restart()
        #expect(gate.take(order) == nil)
        #expect(gate.answers.count == 4 && gate.answers.allSatisfy { $0 == DoorAnswer(.done, "restarted") })
        #expect(gate.count("accepted") == 1 && gate.count("again") == 2 && gate.count("underway") == 1)
    }

    @Test func `with one byte changed it is refused, whichever byte`() throws {
        let gate = try Gate()
        let order = try gate.order()
        for index in order.capability.bytes.indices {
            var altered = order
            altered.capability.bytes[index] ^= 1
            _ = try gate.refusal(altered)
        }
        #expect(gate.count("refused") == order.capability.bytes.count)
        #expect(gate.take(order) != nil)
    }

    @Test func `late, for another plan, another order, another state, another step, by another key: refused`() throws {
        let gate = try Gate()
        let order = try gate.order()
        var other = order
        other.plan = Digest(of: [9])
        #expect(try gate.refusal(other).contains("plan"))
        other = order
        other.order = Gate.scale
        #expect(try gate.refusal(other).contains("order"))
        other = order
        other.step = 1
        #expect(try gate.refusal(other).contains("step"))
        #expect(try gate.refusal(gate.order(by: SigningKey.make())).contains("key"))
        var nobody = order
        nobody.order.target = "nobody"
        #expect(try gate.refusal(nobody).isEmpty == false)
        gate.wanted = 3
        #expect(try gate.refusal(order).contains("state"))
        gate.wanted = 2
        gate.pass(seconds: 120)
        #expect(try gate.refusal(order).contains("expired"))
    }

    @Test func `without a capability, and where Risk never ran, nothing is done`() throws {
        let gate = try Gate()
        var order = try gate.order()
        order.capability = SignedCapability(bytes: [])
        _ = try gate.refusal(order)
        let good = try gate.order()
        unlink(IssuerKeys.publicFile(data: gate.folder))
        #expect(try gate.refusal(good).contains("key"))
    }

    @Test(arguments: [
        ActionOrder(.patch, door: "supervisor", target: "orders"),
        ActionOrder(.scale, door: "supervisor", target: "orders"),
        ActionOrder(.scale, door: "supervisor", target: "orders", arguments: [ActionArgument("count", "many")]),
        ActionOrder(.restart, door: "supervisor", target: "orders", arguments: [ActionArgument("signal", "9")]),
    ])
    func `an order that is no command of the supervisor's is refused`(_ order: ActionOrder) throws {
        let gate = try Gate()
        #expect(try gate.refusal(try gate.order(order)).contains("expected"))
    }

    @Test func `what a crash interrupted is finished: only the processes that still run are replaced`() throws {
        let gate = try Gate()
        let order = try gate.order()
        _ = gate.take(order)
        gate.restart()
        gate.processes[0].spawn = 12
        let work = try #require(gate.take(order))
        #expect(work.requests == [.restart(role: "orders", slot: 2, rolling: false)])
        _ = gate.door.ended(work.id, .done(note: "restarted orders@local.2"))
        #expect(gate.answers == [DoorAnswer(.done, "restarted orders@local.2")])
    }

    @Test func `what a crash interrupted at its end is told as done, and nothing is restarted again`() throws {
        let gate = try Gate()
        let order = try gate.order()
        _ = gate.take(order)
        gate.restart()
        gate.processes = [try gate.spawn(1, 12), try gate.spawn(2, 13)]
        #expect(gate.take(order) == nil && gate.answers.map(\.outcome) == [.done])
    }

    @Test func `parts that are left go one after the other, and a failure ends them`() throws {
        let gate = try Gate()
        let order = try gate.order()
        _ = gate.take(order)
        gate.restart()
        let work = try #require(gate.take(order))
        #expect(work.requests.count == 2)
        #expect(gate.door.ended(work.id, .done(note: "one")) == work.requests[1] && gate.answers.isEmpty)
        #expect(gate.door.ended(work.id, .refused(reason: "it died")) == nil)
        #expect(gate.answers == [DoorAnswer(.failed, "it died")])
    }

    @Test func `a scaling is finished after a crash, and not once somebody else has scaled since`() throws {
        let gate = try Gate()
        let order = try gate.order(Gate.scale)
        _ = gate.take(order)
        gate.restart()
        gate.wanted = 3
        #expect(gate.take(order)?.requests == [.scale(role: "orders", count: 3)])
        gate.restart()
        gate.wanted = 5
        #expect(gate.take(order) == nil && gate.answers.map(\.outcome) == [.unknown])
        gate.wanted = 2
        #expect(gate.take(order) == nil && gate.answers.map(\.outcome) == [.unknown, .unknown])
    }

    @Test func `what a crash interrupted is not finished once the capability has expired`() throws {
        let gate = try Gate()
        let order = try gate.order()
        _ = gate.take(order)
        gate.restart()
        gate.pass(seconds: 121)
        #expect(gate.take(order) == nil && gate.answers.map(\.outcome) == [.unknown])
    }

    @Test func `a torn last line was not begun, and the record goes on behind it`() throws {
        let gate = try Gate()
        let order = try gate.order()
        _ = gate.take(order)
        let path = CapabilityLedger.path(data: gate.folder)
        let whole = try #require(ProcessFiles.text(path))
        for length in [1, 20, whole.utf8.count - 1] {
            try WholeFile.write(String(decoding: whole.utf8.prefix(length), as: UTF8.self), to: path)
            gate.restart()
            let work = try #require(gate.take(order))
            _ = gate.door.ended(work.id, .done(note: "restarted"))
            gate.restart()
            let before = gate.answers.count
            #expect(gate.take(order) == nil && gate.answers.count == before + 1)
        }
    }

    @Test func `a damaged line in the middle may have been any use: what was issued before is refused`() throws {
        let gate = try Gate()
        let order = try gate.order()
        let work = try #require(gate.take(order))
        _ = gate.door.ended(work.id, .done(note: "restarted"))
        let path = CapabilityLedger.path(data: gate.folder)
        var bytes = Array(try #require(ProcessFiles.text(path)).utf8)
        bytes[30] ^= 1
        bytes[bytes.count - 30] ^= 1
        try WholeFile.write(String(decoding: bytes, as: UTF8.self), to: path)
        gate.restart()
        #expect(try gate.refusal(order).contains("damaged"))
        gate.pass(seconds: 1)
        #expect(gate.take(try gate.order()) != nil)
    }

    @Test func `where the record cannot be opened, nothing is accepted, until it can be`() throws {
        let gate = try Gate()
        let path = CapabilityLedger.path(data: gate.folder)
        unlink(path)
        #expect(mkdir(path, 0o700) == 0)
        gate.restart()
        let order = try gate.order()
        #expect(try gate.refusal(order).contains("cannot be opened"))
        rmdir(path)
        #expect(gate.take(order) != nil)
    }

    @Test func `what expired more than a day ago is forgotten at a start`() throws {
        let gate = try Gate()
        let work = try #require(gate.take(try gate.order()))
        _ = gate.door.ended(work.id, .done(note: "restarted"))
        let path = CapabilityLedger.path(data: gate.folder)
        gate.pass(seconds: 86_400)
        gate.restart()
        #expect(ProcessFiles.text(path)?.isEmpty == false)
        gate.pass(seconds: 200)
        gate.restart()
        #expect(ProcessFiles.text(path)?.isEmpty == true)
    }
}
