import Capabilities
public import Contracts
import Host
public import Signals

/// The door of a process without a store: what comes without a capability for exactly this does nothing.
///
/// A use is on disk before its effect, its result after it, and a repetition gets that result. A use without a result is
/// either still under way, then who repeats waits too; or a process died in between, and whoever serves the door says how
/// that goes on. It carries nothing out: it gives out requests, and hears how they ended.
public final class LedgerDoor<Request: Sendable> {
    /// Hears the answer, once.
    public typealias Reply = (DoorAnswer) -> Void

    /// What is to be done now, in this order.
    public struct Work {
        public var id: UUID
        public var requests: [Request]
        /// For whose sake, for those who look for causes.
        public var author: String
    }

    /// How what a crash interrupted goes on.
    public enum Resumption {
        /// These are left to be done.
        case left([Request])
        /// It is over, with this answer for good.
        case over(DoorAnswer.Outcome, String)
    }

    private let role: String
    private let data: String
    private let now: () -> Int64
    /// nil where it cannot be opened: then nothing is accepted, and the process works on.
    private var ledger: CapabilityLedger?
    private let metrics: Metrics
    private let log: Log
    /// Who waits for what is under way.
    private var waiting: [(id: UUID, replies: [Reply], notes: [String], rest: [Request])] = []

    /// The door of a role.
    public init(role: String, data: String, metrics: Metrics, log: Log, now: @escaping () -> Int64) {
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
            let ledger = try CapabilityLedger(of: role, data: data, now: now())
            self.ledger = ledger
            if ledger.distrustedBefore != nil {
                log.error(
                    "the record of used capabilities is damaged: those that were issued before now are refused",
                    ["file": .text(CapabilityLedger.path(of: role, data: data))])
            }
        } catch {
            log.limited(
                "ledger", .error, "the record of used capabilities cannot be opened: agents' orders are refused",
                ["why": "\(error)"])
        }
        return ledger
    }

    /// Takes an order that was understood as a request; the work that it makes, or nil where it is answered or waits.
    ///
    /// `state` is that of what the order would change, nil where there is no such thing; `before` the processes that the
    /// request replaces.
    public func take(
        _ asked: DoorOrder, as request: Request, state: Digest?, before: [CapabilityLedger.SlotSpawn] = [],
        resume: (Capability, CapabilityLedger.Entry) -> Resumption, reply: @escaping Reply
    ) -> Work? {
        guard let ledger = opened() else {
            refuse(asked, "the record of used capabilities cannot be opened; ask again when the disk is well", reply)
            return nil
        }
        let use = CapabilityUse(signed: asked.capability, order: asked.order, plan: asked.plan)
        let earlier = CapabilityCheck.identifier(of: asked.capability).flatMap { ledger.entry($0) }
        let known = DoorKnowledge(
            door: role, now: now(), state: state, standing: nil, issuers: IssuerKeys.read(data: data),
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
        case .underway(let capability, let use):
            count("underway")
            let entry =
                earlier
                ?? CapabilityLedger.Entry(use: use, order: asked.order, expires: capability.expires, before: [])
            return goOn(capability, entry, resume, reply)
        case .accept(let capability, let store):
            let entry = CapabilityLedger.Entry(
                use: store, order: asked.order, expires: capability.expires, before: before)
            return begin(asked, ledger, capability, entry, request, reply)
        }
    }

    private func begin(
        _ asked: DoorOrder, _ ledger: CapabilityLedger, _ capability: Capability, _ entry: CapabilityLedger.Entry,
        _ request: Request, _ reply: @escaping Reply
    ) -> Work? {
        guard asked.step == capability.step else {
            refuse(asked, "the capability is for step \(capability.step), asked for was \(asked.step)", reply)
            return nil
        }
        if let limit = ledger.distrustedBefore, capability.issued <= limit {
            refuse(asked, "the record of used capabilities is damaged; ask Risk for another", reply)
            return nil
        }
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
        return Work(id: capability.id, requests: [request], author: capability.author)
    }

    /// The first use has no result yet.
    private func goOn(
        _ capability: Capability, _ entry: CapabilityLedger.Entry,
        _ resume: (Capability, CapabilityLedger.Entry) -> Resumption, _ reply: @escaping Reply
    ) -> Work? {
        if let place = waiting.firstIndex(where: { $0.id == capability.id }) {
            waiting[place].replies.append(reply)
            return nil
        }
        waiting.append((capability.id, [reply], [], []))
        guard now() < capability.expires else {
            return conclude(capability.id, .unknown, "it was begun before a crash, and the capability has expired")
        }
        switch resume(capability, entry) {
        case .over(let outcome, let text): return conclude(capability.id, outcome, text)
        case .left(let requests):
            log.warning("an order that a crash interrupted is finished", ["incident": .text(capability.incident)])
            if let place = waiting.firstIndex(where: { $0.id == capability.id }) {
                waiting[place].rest = Array(requests.dropFirst())
            }
            return Work(id: capability.id, requests: requests, author: capability.author)
        }
    }

    /// A part of the work is done; what is to be done next, or nil where all of it has been answered.
    public func done(_ id: UUID, _ note: String) -> Request? {
        guard let place = waiting.firstIndex(where: { $0.id == id }) else { return nil }
        waiting[place].notes.append(note)
        if !waiting[place].rest.isEmpty { return waiting[place].rest.removeFirst() }
        _ = conclude(id, .done, waiting[place].notes.joined(separator: "; "))
        return nil
    }

    /// The work came to no good end, and what is left of it is not done.
    public func failed(_ id: UUID, _ reason: String) {
        guard waiting.contains(where: { $0.id == id }) else { return }
        _ = conclude(id, .failed, reason)
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

    /// Does nothing, and says why.
    public func refuse(_ asked: DoorOrder, _ reason: String, _ reply: Reply) {
        count("refused")
        log.refused(asked.order, reason)
        reply(DoorAnswer(.refused, reason))
    }

    private func count(_ outcome: String) { metrics.countCapability(door: role, outcome) }
}

extension Capability {
    /// For whose sake something was changed by it.
    var author: String { "the plan \(plan.brief) for incident \(incident)" }
}

extension Metrics {
    func countCapability(door: String, _ outcome: String) {
        counter(
            "\(door).capabilities", help: "Orders of agents, by what became of them", labels: ["outcome": outcome]
        ).increment()
    }
}

extension Log {
    func refused(_ order: ActionOrder, _ reason: String) {
        limited(
            "refused order", .warning, "an agent's order was refused",
            ["order": .text("\(order.action.rawValue) of \(order.target)"), "why": .text(reason)])
    }
}
