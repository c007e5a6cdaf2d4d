import Bus
import Contracts
import Remedies
import Signals
import Supervision
import Worker

/// Whom the agent asks, on the bus.
struct Neighbours: Sendable {
    let bus: BusSystem
    let log: Log

    private static let patience = Duration.seconds(2)
    /// A roll of many workers is waited for in one call, and asked for again where that is not enough.
    private static let work = Duration.seconds(60)
    /// How long a step is watched before the next one.
    private static let watch = Int64.seconds(2)

    private func supervisor() throws -> $SupervisorDesk<BusSystem> {
        try $SupervisorDesk<BusSystem>.resolve(id: BusID(role: "supervisor"), using: bus)
    }

    func status() async throws -> ClusterStatus {
        try await withCallOptions(patience: Self.patience, idempotent: true) { try await supervisor().status() }
    }

    func deploy(_ order: DeployOrder) async throws -> ControlAnswer {
        try await withCallOptions(patience: Self.patience) { try await supervisor().deploy(order) }
    }

    /// How long after the gate took a deploy back it is left to show whether that helped.
    private static let afterGate = Int64.seconds(40)

    /// The roles as the supervisor has them (none where it does not answer), and what a plan has to wait for.
    func cluster(now: Int64) async -> (roles: [RoleStatus], deploying: String?) {
        do {
            let status = try await status()
            let deploys = status.deploys ?? []
            if let deploy = deploys.first(where: { $0.outcome == .underway }) {
                return (status.roles ?? [], "\(deploy.release.brief) is being deployed")
            }
            let back = deploys.first { $0.outcome == .takenBack && now - ($0.ended ?? 0) < Self.afterGate }
            return (status.roles ?? [], back.map { "\($0.release.brief) has just been taken back by the gate" })
        } catch {
            log.limited("roles", .warning, "the supervisor does not say what runs", ["why": "\(error)"])
            return ([], nil)
        }
    }

    /// What doors see; without those that do not answer.
    func sights(_ orders: [ActionOrder]) async -> [SeenDoor] {
        await withTaskGroup(of: (Int, SeenDoor?).self) { group in
            for (place, order) in orders.enumerated() {
                group.addTask {
                    let sight = try? await sight(order)
                    return (place, sight.map { SeenDoor(action: order.action, sight: $0) })
                }
            }
            var found: [(Int, SeenDoor)] = []
            for await (place, seen) in group { if let seen { found.append((place, seen)) } }
            return found.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private func sight(_ order: ActionOrder) async throws -> DoorSight {
        let desk = try $ActionDesk<BusSystem>.resolve(id: BusID(role: order.door), using: bus)
        return try await withCallOptions(patience: Self.patience, idempotent: true) {
            try await desk.sight(of: order.action, target: order.target)
        }
    }

    /// The state of what an order would change.
    func state(_ order: ActionOrder) async throws -> Digest {
        guard order.door == "supervisor" else { return try await sight(order).state(for: order.action) }
        guard let state = try await status().state(of: order.target) else {
            throw BusError.unavailable("the supervisor has no role \(order.target)")
        }
        return state
    }

    func permit(_ question: PermitQuestion) async throws -> PermitAnswer {
        let risk = try $RiskDesk<BusSystem>.resolve(id: BusID(role: "risk"), using: bus)
        return try await withCallOptions(patience: .seconds(5), idempotent: true) { try await risk.permit(question) }
    }

    func act(_ order: DoorOrder) async throws -> DoorAnswer {
        try await withCallOptions(patience: Self.work, idempotent: true) {
            if order.order.door == "supervisor" { return try await supervisor().act(order) }
            let desk = try $ActionDesk<BusSystem>.resolve(id: BusID(role: order.order.door), using: bus)
            return try await desk.perform(order)
        }
    }

    /// Tells Triage; whether it was heard.
    func raise(_ alert: RaisedAlert) async -> Bool {
        do {
            let triage = try $TriageDesk<BusSystem>.resolve(id: BusID(role: "triage"), using: bus)
            _ = try await withCallOptions(patience: Self.patience, idempotent: true) { try await triage.raise([alert]) }
            return true
        } catch {
            log.limited("raise", .warning, "triage was not told", ["alert": .text(alert.text), "why": "\(error)"])
            return false
        }
    }

    /// Whether nothing grew worse since a step: no worker of the role failed, and no objective that was well fails at once.
    func gate(_ role: String, since: Int64, now: @Sendable () -> Int64) async -> Bool {
        let before = await objectives()
        while now() < since + Self.watch {
            if let status = try? await status(),
                status.slots.contains(where: { $0.role == role && $0.state == "failed" })
            {
                return false
            }
            // A cancelled sleep ends the watch early; whoever takes over watches anew.
            do { try await Task.sleep(for: .milliseconds(200)) } catch { break }
        }
        guard let before, let after = await objectives() else { return true }
        if case .fails(let why) = DeployGate.word(before: before, since: before, now: after) {
            log.warning("it got worse after a step", ["why": .text(why)])
            return false
        }
        return true
    }

    private func objectives() async -> [ObjectiveReport]? {
        guard let telemetry = try? $TelemetryDesk<BusSystem>.resolve(id: BusID(role: "telemetry"), using: bus) else {
            return nil
        }
        return try? await withCallOptions(patience: Self.patience, idempotent: true) {
            try await telemetry.objectives()
        }.objectives
    }
}
