import Capabilities
public import Contracts
import Doorkeeping
import Host
import Signals
import Store

/// An order on its way to the process that writes.
struct DoorCall: Codable, Sendable {
    var order: DoorOrder
}

/// What became of an order, and who is to be told of a change.
struct DoorResult: Codable, Sendable {
    enum Kind: String, Codable, Sendable {
        case accepted, again, refused
    }

    var kind: Kind
    var answer: DoorAnswer
    var notice: ChangeNotice?
}

/// What is stored of a use: everything that a repetition is told.
struct DoorRecord: Codable, Sendable {
    var answer: DoorAnswer
    var notice: ChangeNotice?
}

/// One order, in the one transaction that has its decision, its effect and its result.
struct DoorTransaction: Sendable {
    let table: DoorTable
    let data: String

    func run(_ call: DoorCall, _ context: WriteContext) throws -> DoorResult {
        let (asked, order) = (call.order, call.order.order)
        let deed: DoorDeed
        do { deed = try table.deed(of: order) } catch { return refused(error.description) }
        let use = CapabilityUse(signed: asked.capability, order: order, plan: asked.plan)
        let earlier = try CapabilityCheck.identifier(of: asked.capability).flatMap { try DoorRows.use($0, context) }
        let known = DoorKnowledge(
            door: table.door, now: context.now.nanoseconds,
            state: table.state(of: order.action, order.target, try DoorRows.settings(context)), standing: nil,
            issuers: IssuerKeys.read(data: data), earlier: earlier)
        switch CapabilityCheck.decide(use, known, verify: SigningKey.verify) {
        case .refuse(let refusal): return refused(refusal.description)
        case .again(let bytes):
            guard let record = try? Packed.decode(DoorRecord.self, from: bytes) else {
                return DoorResult(kind: .again, answer: DoorAnswer(.unknown, "its result is unreadable"))
            }
            return DoorResult(kind: .again, answer: record.answer, notice: record.notice)
        case .underway:
            // No row is without its result.
            return DoorResult(kind: .again, answer: DoorAnswer(.unknown, "it was begun, and its result is unknown"))
        case .accept(let capability, let store):
            guard asked.step == capability.step else {
                return refused("the capability is for step \(capability.step), asked for was \(asked.step)")
            }
            return try accept(order, deed, capability, store, context)
        }
    }

    private func accept(
        _ order: ActionOrder, _ deed: DoorDeed, _ capability: Capability, _ store: StoredUse, _ context: WriteContext
    ) throws -> DoorResult {
        let count = try carryOut(order, deed, capability, context)
        let text = table.sentence(order, deed, count: count)
        let record = DoorRecord(
            answer: DoorAnswer(.done, text),
            notice: .action(capability, door: table.door, text: text, at: context.now.nanoseconds))
        try DoorRows.forgetUses(
            expiredBefore: context.now.nanoseconds - CapabilityLedger.retention, context)
        try DoorRows.keep(store, result: try Packed.encode(record), expires: capability.expires, context)
        return DoorResult(kind: .accepted, answer: record.answer, notice: record.notice)
    }

    /// How many messages it was about.
    private func carryOut(
        _ order: ActionOrder, _ deed: DoorDeed, _ capability: Capability, _ context: WriteContext
    ) throws -> Int {
        switch deed {
        case .set(let words):
            try DoorRows.set(order, words, context)
            return 0
        case .drain: return try context.drain(target: order.target, reason: "drained by \(capability.author)")
        case .redrive(let limit):
            return try context.redrive(target: order.target, limit: limit, by: capability.author)
        }
    }

    private func refused(_ why: String) -> DoorResult { DoorResult(kind: .refused, answer: DoorAnswer(.refused, why)) }
}

extension ChangeNotice {
    /// What a door did under a capability: told twice, it is one change.
    public static func action(_ capability: Capability, door: String, text: String, at now: Int64) -> ChangeNotice {
        action(
            capability.id, door: door, target: capability.target, text: text, author: capability.author, at: now)
    }

    /// The same by its parts.
    public static func action(
        _ id: UUID, door: String, target: String, text: String, author: String, at now: Int64
    ) -> ChangeNotice {
        ChangeNotice(
            id: "\(door)-\(id)", kind: .action, nodes: door == target || door == "broker" ? [target] : [door, target],
            text: text, author: author, at: now)
    }
}
