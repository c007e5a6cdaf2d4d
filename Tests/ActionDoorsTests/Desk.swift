import Capabilities
import Contracts
import Doorkeeping
import Glibc
import Host
import Signals
import Store
import Synchronization
import Testing

@testable import ActionDoors

/// The door of the orders service over a real file, with the key of Risk.
final class Desk: Sendable {
    static let operatorSlot = "operator@local.1"

    let folder: String
    let key: SigningKey
    let metrics = Metrics()
    private let told = Mutex<[ChangeNotice]>([])

    init() throws {
        folder = try TemporaryFolder.make()
        key = try IssuerKeys.ownOrMade(data: folder)
    }

    deinit { TemporaryFolder.remove(folder) }

    var notices: [ChangeNotice] { told.withLock { $0 } }

    var plan: StorePlan {
        var plan = StorePlan(file: "\(folder)/orders.sqlite", migrations: [DoorRows.migration(1)])
        plan.metrics = Metrics()
        return plan
    }

    func door(_ store: Store) -> StoreDoor {
        StoreDoor(.orders, store, data: folder, metrics: metrics, log: Log(descriptor: -1)) { notice in
            self.told.withLock { $0.append(notice) }
        }
    }

    /// The only replica, which writes.
    func open() async throws -> (store: Store, door: StoreDoor) {
        let store = try await Store.open(plan)
        return (store, door(store))
    }

    static func order(_ action: ActionClass, _ target: String, _ words: (String, String)...) -> ActionOrder {
        ActionOrder(action, door: "orders", target: target, arguments: words.map { ActionArgument($0.0, $0.1) })
    }

    /// The state that stands for these settings of an order's action; those of an untouched door where none are named.
    static func state(_ order: ActionOrder, _ settings: [ActionArgument]? = nil) -> Digest {
        DoorState.digest(
            order.action, door: order.door, target: order.target, settings: settings ?? DoorTable.usual(order.action))
    }

    /// An order with a capability that permits it, for a state.
    func permitted(
        _ order: ActionOrder, in state: Digest? = nil, incident: String = "I-1", age: Int64 = 0,
        by key: SigningKey? = nil
    ) throws -> DoorOrder {
        let step = PlanStep(
            order, state: state ?? Self.state(order), blast: BlastRadius(roles: [order.target], capacity: 0),
            reversibility: .whole)
        let plan = PlanSummary(
            incident: incident, generation: 1, category: "Resource_Limit", confidence: 0.9, steps: [step],
            substance: Digest(of: []))
        let key = key ?? self.key
        let terms = CapabilityIssue.Terms(
            issuer: "risk", key: IssuerKey(issuer: "risk", publicKey: key.publicKey).name, plan: plan.digest,
            grounds: .policy, now: WallTime.now.nanoseconds - age, lifetime: .seconds(120))
        let signed = try CapabilityIssue.capabilities(for: plan, terms, sign: key.sign)
        return DoorOrder(order: order, plan: plan.digest, step: 0, capability: signed[0])
    }

    func count(_ outcome: String) -> Int {
        metrics.counter("orders.capabilities", help: "", labels: ["outcome": outcome]).value
    }
}

extension StoreDoor {
    func does(_ order: DoorOrder) async throws -> DoorAnswer {
        try await perform(order, caller: Desk.operatorSlot)
    }

    func refusal(_ order: DoorOrder) async throws -> String {
        let answer = try await does(order)
        #expect(answer.outcome == .refused)
        return answer.text
    }

    func settings(_ action: ActionClass, _ target: String) async throws -> [ActionArgument] {
        try await sight(of: action, target: target).settings
    }
}

/// Waits until something holds; false after ten seconds.
func eventually(_ condition: () async throws -> Bool) async rethrows -> Bool {
    for _ in 0..<1_000 {
        if try await condition() { return true }
        // Polls for a condition with a deadline.
        try? await Task.sleep(for: .milliseconds(10))
    }
    return false
}
