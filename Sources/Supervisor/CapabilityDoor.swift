import ActionDoors
import Contracts
import Signals
import Supervision

/// The supervisor's door for agents: what comes without a capability for exactly this does nothing.
///
/// What a crash interrupted is finished by a repetition, as long as the capability holds and the state is none but that
/// before or after the step:
///
/// | action | what is done |
/// |---|---|
/// | `scale` | the same again: so many workers are so many workers |
/// | `restart`, `roll` | the processes are replaced that were to be and still run; none of them twice |
/// | else | nothing: the answer is `unknown`, for good |
final class CapabilityDoor {
    typealias Reply = (DoorAnswer) -> Void
    typealias Work = LedgerDoor<ControlRequest>.Work

    /// What the supervisor sees of the role that an order is about.
    struct Sight {
        /// Of the role now; nil for a role that there is not.
        var state: Digest?
        /// With that number of workers instead.
        var stateWith: (_ wanted: Int) -> Digest
        /// Its processes.
        var processes: [CapabilityLedger.SlotSpawn]
    }

    private let door: LedgerDoor<ControlRequest>

    init(role: String, data: String, metrics: Metrics = .standard, log: Log = .standard, now: @escaping () -> Int64) {
        door = LedgerDoor(role: role, data: data, metrics: metrics, log: log, now: now)
    }

    /// Takes an order; the work that it makes, or nil where it is answered or waits.
    func take(_ asked: DoorOrder, sight: Sight, reply: @escaping Reply) -> Work? {
        let request: ControlRequest
        do { request = try DoorOrders.request(for: asked.order) } catch {
            door.refuse(asked, error.description, reply)
            return nil
        }
        return door.take(
            asked, as: request, state: sight.state, before: Self.targets(request, sight),
            resume: { Self.resumption(of: request, $0, $1, sight) }, reply: reply)
    }

    private static func resumption(
        of request: ControlRequest, _ capability: Capability, _ entry: CapabilityLedger.Entry, _ sight: Sight
    ) -> LedgerDoor<ControlRequest>.Resumption {
        switch request {
        case .scale(_, let count) where sight.state == capability.state || sight.state == sight.stateWith(count):
            return .left([request])
        case .restart(let role, _, let rolling) where sight.state == capability.state:
            let left = entry.before.filter { sight.processes.contains($0) }
            if left.isEmpty { return .over(.done, "all processes were replaced before a crash") }
            return .left(left.map { .restart(role: role, slot: $0.slot.number, rolling: rolling) })
        default: return .over(.unknown, "it was begun before a crash, and the state is another by now")
        }
    }

    /// A part of the work has ended; what is to be done next, or nil where all of it has been answered.
    func ended(_ id: UUID, _ answer: ControlAnswer) -> ControlRequest? {
        switch answer {
        case .status: return nil
        case .refused(let reason):
            door.failed(id, reason)
            return nil
        case .done(let note): return door.done(id, note)
        }
    }

    /// The processes that a restart is to replace.
    private static func targets(_ request: ControlRequest, _ sight: Sight) -> [CapabilityLedger.SlotSpawn] {
        guard case .restart(_, let number, _) = request else { return [] }
        return sight.processes.filter { number == nil || $0.slot.number == number }
    }
}
