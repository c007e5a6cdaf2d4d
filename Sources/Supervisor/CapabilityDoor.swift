import Capabilities
import Contracts
import Host
import Signals
import Supervision

/// The supervisor's door for agents: what comes without a capability for exactly this does nothing.
///
/// A use is on disk before its effect, its result after it, and a repetition gets that result. A use without a result is
/// either still under way, then who repeats waits too; or a supervisor died in between. Then a repetition finishes it, as
/// long as the capability holds and the state is none but that before or after the step:
///
/// | action | what is done |
/// |---|---|
/// | `scale` | the same again: so many workers are so many workers |
/// | `restart`, `roll` | the processes are replaced that were to be and still run; none of them twice |
/// | else | nothing: the answer is `unknown`, for good |
final class CapabilityDoor {
    typealias Reply = (DoorAnswer) -> Void

    /// What the supervisor sees of the role that an order is about.
    struct Sight {
        /// Of the role now; nil for a role that there is not.
        var state: Digest?
        /// With that number of workers instead.
        var stateWith: (_ wanted: Int) -> Digest
        /// Its processes.
        var processes: [CapabilityLedger.SlotSpawn]
    }

    /// What is to be done now, in this order.
    struct Work: Equatable {
        var id: UUID
        var requests: [ControlRequest]
        /// For whose sake, for those who look for causes.
        var author: String
    }

    private let role: String
    private let data: String
    private let now: () -> Int64
    /// nil where it cannot be opened: then nothing is accepted, and the supervisor works on.
    private var ledger: CapabilityLedger?
    private let metrics: Metrics
    private let log: Log
    /// Who waits for what is under way.
    private var waiting: [(id: UUID, replies: [Reply], notes: [String], rest: [ControlRequest])] = []

    init(role: String, data: String, metrics: Metrics = .standard, log: Log = .standard, now: @escaping () -> Int64) {
        self.role = role
        self.data = data
        self.now = now
        self.metrics = metrics
        self.log = log
        _ = opened()
    }

    /// The record, opened now if it could not be before.
    private func opened() -> CapabilityLedger? {
        if let ledger { return ledger }
        do throws(SystemFault) {
            let ledger = try CapabilityLedger(data: data, now: now())
            self.ledger = ledger
            if ledger.distrustedBefore != nil {
                log.error(
                    "the record of used capabilities is damaged: those that were issued before now are refused",
                    ["file": .text(CapabilityLedger.path(data: data))])
            }
        } catch {
            log.limited(
                "ledger", .error, "the record of used capabilities cannot be opened: agents' orders are refused",
                ["why": "\(error)"])
        }
        return ledger
    }

    /// Takes an order; the work that it makes, or nil where it is answered or waits.
    func take(_ asked: DoorOrder, sight: Sight, reply: @escaping Reply) -> Work? {
        let request: ControlRequest
        do { request = try DoorOrders.request(for: asked.order) } catch {
            refuse(asked, error.description, reply)
            return nil
        }
        guard let ledger = opened() else {
            refuse(asked, "the record of used capabilities cannot be opened; ask again when the disk is well", reply)
            return nil
        }
        let use = CapabilityUse(signed: asked.capability, order: asked.order, plan: asked.plan)
        let earlier = CapabilityCheck.identifier(of: asked.capability).flatMap { ledger.entry($0) }
        let known = DoorKnowledge(
            door: role, now: now(), state: sight.state, standing: nil, issuers: IssuerKeys.read(data: data),
            earlier: earlier?.use)
        switch CapabilityCheck.decide(use, known, verify: SigningKey.verify) {
        case .refuse(let refusal):
            refuse(asked, refusal.description, reply)
            return nil
        case .again(let result):
            count("again")
            reply(
                (try? Packed.decode(DoorAnswer.self, from: result)) ?? DoorAnswer(.unknown, "its result is unreadable"))
            return nil
        case .underway(let capability, _):
            count("underway")
            return goOn(capability, request, earlier, sight, reply)
        case .accept(let capability, let store):
            return begin(asked, ledger, capability, store, request, sight, reply)
        }
    }

    private func begin(
        _ asked: DoorOrder, _ ledger: CapabilityLedger, _ capability: Capability, _ store: StoredUse,
        _ request: ControlRequest, _ sight: Sight, _ reply: @escaping Reply
    ) -> Work? {
        guard asked.step == capability.step else {
            refuse(asked, "the capability is for step \(capability.step), asked for was \(asked.step)", reply)
            return nil
        }
        if let limit = ledger.distrustedBefore, capability.issued <= limit {
            refuse(asked, "the record of used capabilities is damaged; ask Risk for another", reply)
            return nil
        }
        let entry = CapabilityLedger.Entry(
            use: store, order: asked.order, expires: capability.expires, before: Self.targets(request, sight))
        do { try ledger.keep(entry) } catch {
            refuse(asked, "the use cannot be put on record: \(error)", reply)
            return nil
        }
        count("accepted")
        log.info(
            "an agent's order is carried out",
            [
                "order": .text("\(asked.order.action.rawValue) of \(asked.order.target)"),
                "incident": .text(capability.incident),
            ])
        waiting.append((capability.id, [reply], [], []))
        return Work(id: capability.id, requests: [request], author: Self.author(capability))
    }

    /// The first use has no result yet.
    private func goOn(
        _ capability: Capability, _ request: ControlRequest, _ earlier: CapabilityLedger.Entry?, _ sight: Sight,
        _ reply: @escaping Reply
    ) -> Work? {
        if let place = waiting.firstIndex(where: { $0.id == capability.id }) {
            waiting[place].replies.append(reply)
            return nil
        }
        waiting.append((capability.id, [reply], [], []))
        let requests: [ControlRequest]
        switch request {
        case _ where now() >= capability.expires:
            return conclude(capability.id, .unknown, "it was begun before a crash, and the capability has expired")
        case .scale(_, let count) where sight.state == capability.state || sight.state == sight.stateWith(count):
            requests = [request]
        case .restart(let role, _, let rolling) where sight.state == capability.state:
            let left = (earlier?.before ?? []).filter { sight.processes.contains($0) }
            if left.isEmpty { return conclude(capability.id, .done, "all processes were replaced before a crash") }
            requests = left.map { .restart(role: role, slot: $0.slot.number, rolling: rolling) }
        default:
            return conclude(capability.id, .unknown, "it was begun before a crash, and the state is another by now")
        }
        log.warning("an order that a crash interrupted is finished", ["incident": .text(capability.incident)])
        if let place = waiting.firstIndex(where: { $0.id == capability.id }) {
            waiting[place].rest = Array(requests.dropFirst())
        }
        return Work(id: capability.id, requests: requests, author: Self.author(capability))
    }

    /// A part of the work has ended; what is to be done next, or nil where all of it has been answered.
    func ended(_ id: UUID, _ answer: ControlAnswer) -> ControlRequest? {
        guard let place = waiting.firstIndex(where: { $0.id == id }) else { return nil }
        switch answer {
        case .status: return nil
        case .refused(let reason):
            _ = conclude(id, .failed, reason)
            return nil
        case .done(let note):
            waiting[place].notes.append(note)
            if !waiting[place].rest.isEmpty { return waiting[place].rest.removeFirst() }
            _ = conclude(id, .done, waiting[place].notes.joined(separator: "; "))
            return nil
        }
    }

    /// Stores the result and answers everyone who waits.
    private func conclude(_ id: UUID, _ outcome: DoorAnswer.Outcome, _ text: String) -> Work? {
        let answer = DoorAnswer(outcome, text)
        if let ledger, var entry = ledger.entry(id) {
            do {
                entry.use.result = try Packed.encode(answer)
                try ledger.keep(entry)
            } catch {
                // It was done: who repeats it after a crash gets it finished, not doubled.
                log.error("the result of an agent's order cannot be put on record", ["why": "\(error)"])
            }
        }
        let replies = waiting.filter { $0.id == id }.flatMap(\.replies)
        waiting.removeAll { $0.id == id }
        for reply in replies { reply(answer) }
        return nil
    }

    private func refuse(_ asked: DoorOrder, _ reason: String, _ reply: Reply) {
        count("refused")
        log.limited(
            "refused order", .warning, "an agent's order was refused",
            ["order": .text("\(asked.order.action.rawValue) of \(asked.order.target)"), "why": .text(reason)])
        reply(DoorAnswer(.refused, reason))
    }

    private func count(_ outcome: String) {
        metrics.counter(
            "supervisor.capabilities", help: "Orders of agents, by what became of them", labels: ["outcome": outcome]
        ).increment()
    }

    /// The processes that a restart is to replace.
    private static func targets(_ request: ControlRequest, _ sight: Sight) -> [CapabilityLedger.SlotSpawn] {
        guard case .restart(_, let number, _) = request else { return [] }
        return sight.processes.filter { number == nil || $0.slot.number == number }
    }

    private static func author(_ capability: Capability) -> String {
        "the plan \(capability.plan.brief) for incident \(capability.incident)"
    }
}
