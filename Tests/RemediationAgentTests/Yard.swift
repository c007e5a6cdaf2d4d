import Contracts
import Glibc
import Host
import Remedies
import Signals
import Store
import Synchronization

@testable import RemediationAgent

/// The world that plans change, with doors that store each use with its effect, and a Risk that permits everything once.
final class Yard: Sendable {
    struct State: Sendable {
        var now = Int64.seconds(1_906_711_200)
        var counts: [(role: String, count: Int)] = [("orders", 1), ("inventory", 1), ("carrier", 1)]
        /// By capability: what was answered.
        var uses: [(capability: [UInt8], answer: DoorAnswer)] = []
        var effects = 0
        /// The role whose door fails the first order for it.
        var failing: String?
        /// The role after whose step it gets worse.
        var worse: String?
        /// Calls to the outside until the process that makes them dies: before the effect, or between it and its answer.
        var callsLeft: Int?
        var diesAfterEffect = false
        var isDead = false
    }

    struct Dead: Error {}

    private let state = Mutex(State())

    init(failing: String? = nil, worse: String? = nil) {
        state.withLock {
            $0.failing = failing
            $0.worse = worse
        }
    }

    var counts: [Int] { state.withLock { $0.counts.map(\.count) } }
    var effects: Int { state.withLock { $0.effects } }
    var hasDied: Bool { state.withLock { $0.isDead } }

    func arm(after calls: Int, afterEffect: Bool) {
        state.withLock {
            $0.callsLeft = calls
            $0.diesAfterEffect = afterEffect
        }
    }

    /// Somebody else takes over; nobody dies any more.
    func revive() {
        state.withLock {
            $0.isDead = false
            $0.callsLeft = nil
        }
    }

    private func digest(_ role: String, _ state: State) -> Digest {
        ClusterState.digest(of: role, wanted: state.counts.first { $0.role == role }?.count ?? 0, configuration: "c")
    }

    /// Does something for a process that may die over it.
    private func call<Value>(_ body: (inout State) -> Value) throws -> Value {
        try state.withLock { state in
            guard !state.isDead else { throw Dead() }
            state.now += .seconds(1)
            if let left = state.callsLeft {
                state.callsLeft = left - 1
                if left <= 0 {
                    state.isDead = true
                    guard state.diesAfterEffect else { throw Dead() }
                    _ = body(&state)
                    throw Dead()
                }
            }
            return body(&state)
        }
    }

    private static func act(_ order: DoorOrder, _ state: inout State) -> DoorAnswer {
        if let known = state.uses.first(where: { $0.capability == order.capability.bytes }) { return known.answer }
        var answer = DoorAnswer(.done, "as asked")
        let role = order.order.target
        if state.failing == role {
            state.failing = nil
            answer = DoorAnswer(.failed, "not today")
        }
        if let place = state.counts.firstIndex(where: { $0.role == role }),
            let count = order.order.arguments.first.flatMap({ Int($0.value) })
        {
            state.counts[place].count = count
            state.effects += 1
        }
        state.uses.append((order.capability.bytes, answer))
        return answer
    }

    var outside: Outside {
        Outside(
            now: { self.state.withLock { $0.now } },
            search: { _ in nil },
            world: { _, _ in
                let state = self.state.withLock { $0 }
                return PlanningWorld(
                    roles: state.counts.map { role in
                        var status = RoleStatus(role: role.role, wanted: role.count)
                        status.configuration = "c"
                        return status
                    }, now: state.now)
            },
            state: { order in try self.call { self.digest(order.target, $0) } },
            permit: { question in
                try self.call { state in
                    PermitAnswer(
                        capabilities: question.plan.steps.indices.map {
                            SignedCapability(bytes: Array("\(question.step) \($0)".utf8))
                        }, expires: state.now + .seconds(3_600))
                }
            },
            act: { order, _ in try self.call { Self.act(order, &$0) } },
            gate: { role, _ in try self.call { $0.worse != role } })
    }

    /// More workers for these roles, one after the other.
    func plan(_ roles: [String]) -> PlanSummary {
        let state = state.withLock { $0 }
        return PlanSummary(
            incident: "I-1", generation: 1, category: "Resource_Limit", confidence: 0.95,
            steps: roles.map { role in
                func order(_ count: Int) -> ActionOrder {
                    ActionOrder(
                        .scale, door: "supervisor", target: role, arguments: [ActionArgument("count", "\(count)")])
                }
                return PlanStep(
                    order(3), state: digest(role, state), blast: BlastRadius(roles: [role], capacity: 0),
                    reversibility: .whole, inverse: PlanInverse(order(1), "back to one"))
            }, substance: Digest(of: []), text: "more workers")
    }
}

/// A process of the agent, as far as it matters: its actor over the store in a folder.
struct Shift {
    let store: Store
    let agent: RemediationAgent

    init(_ folder: String, _ outside: Outside) async throws {
        var plan = StorePlan(file: "\(folder)/remediation.sqlite", migrations: Tables.migrations)
        plan.metrics = Metrics()
        store = try await Store.open(plan)
        // Who writes is told by the lease, which the one before may just be giving up.
        for await state in store.states() where state == .writer { break }
        agent = RemediationAgent(
            config: "\(folder)/config", store, outside, metrics: Metrics(), log: Log(descriptor: -1))
        try await agent.activate()
    }

    /// Its end, whatever it was about to do.
    func end() async {
        await agent.retire()
        await store.close()
    }

    /// Asks as Triage does, until the work is done or whoever does it has died.
    func ask(_ question: ExecutionQuestion, in yard: Yard) async throws -> ExecutionReport? {
        while !yard.hasDied {
            if case .done(let report) = try await agent.execute(question) { return report }
            await Task.yield()
        }
        return nil
    }
}
