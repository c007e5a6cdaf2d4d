import Contracts
import Routing
import Synchronization

/// A message from an outbox: it goes again until it is answered, and its receiver's inbox makes that harmless.
public struct Delivery: Sendable {
    /// The role that receives it.
    public var role: String
    /// What kind of message it is: the name under which the receiver registered.
    public var type: String
    public var body: [UInt8]
    /// How many workers died with it in hand so far; the outbox row keeps the count.
    public var deaths: Int

    public init(role: String, type: String, body: [UInt8], deaths: Int = 0) {
        self.role = role
        self.type = type
        self.body = body
        self.deaths = deaths
    }
}

/// A message that came in.
public struct InboundDelivery: Sendable {
    public let type: String
    public let body: [UInt8]
    /// The authenticated slot that sent it.
    public let sender: String
}

extension BusSystem {
    /// Hands a message to one worker of the role and returns its answer. `onDeath` hears of every worker that dies
    /// with it in hand, before the call ends, so that the count outlives this process and the broker.
    public func deliver(
        _ delivery: Delivery, onDeath: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws -> [UInt8] {
        var header = Header(.call)
        header.delivery = true
        header.role = delivery.role
        header.method = delivery.type
        header.deaths = UInt8(clamping: delivery.deaths)
        let answer = try await exchange(header, delivery.body, deaths: header.deaths) { continuation in
            .delivery(continuation, onDeath: onDeath)
        }
        return try value(answer)
    }

    /// Takes messages of a type. The handler returns when its effect is durable; what it returns is the answer.
    public func onDelivery(
        _ type: String, _ handler: @escaping @Sendable (InboundDelivery) async throws -> [UInt8]
    ) {
        table.withLock { $0.deliveries[type] = handler }
    }

    func receiveDelivery(_ call: InboundCall) {
        guard let handler = table.withLock({ $0.deliveries[call.header.method] }) else {
            answer(call, Answer(.noSuchMethod, text: "no receiver of \(call.header.method)"))
            return running.leave()
        }
        let ticket = RunningCalls.Ticket()
        let task = Task { [self] in
            await serve(call) {
                do {
                    let delivery = InboundDelivery(
                        type: call.header.method, body: try packed(call), sender: call.header.sender)
                    answer(call, Answer(.value, try await handler(delivery)))
                } catch { answer(call, registry.answer(for: error)) }
            }
            running.end(ticket, call.key)
        }
        running.list(ticket, call.key, task, deadline: call.deadline)
    }
}
