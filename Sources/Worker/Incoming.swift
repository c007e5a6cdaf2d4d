public import Bus
import Contracts
public import Signals
public import Store

/// Takes the messages that other services deliver: each in one transaction with its effect, and each once.
public struct Incoming: Sendable {
    /// A message, as its handler sees it.
    public struct Message: Sendable {
        public let id: String
        /// The span of the work on it: what it sends belongs below it.
        public let trace: TraceContext
    }

    /// Takes one type of message: changes what it has to, and throws where it will never be able to.
    public struct Handler: Sendable {
        let type: String
        let run: @Sendable (WriteContext, Message, [UInt8]) throws -> Void

        /// Decodes the body of a message of the type and hands it on.
        public init<Value: Decodable & SendableMetatype>(
            _ type: String, _ value: Value.Type,
            _ body: @escaping @Sendable (WriteContext, Message, Value) throws -> Void
        ) {
            self.type = type
            run = { context, message, bytes in try body(context, message, try Packed.decode(value, from: bytes)) }
        }
    }

    /// A batch as the process that writes gets it.
    struct Batch: Codable, Sendable {
        var source: String
        var messages: [DeliveryBatch.Message]
    }

    private let write: WriteCommand<Batch, Bool>

    /// Registers the handlers with the store, so that a process that does not write can pass the messages on.
    public init(_ store: Store, _ handlers: [Handler]) {
        write = store.register("store.messages") { context, batch in
            for message in batch.messages { try Incoming.take(message, of: batch.source, handlers, context) }
            return true
        }
    }

    /// Begins to take deliveries.
    public func start(on bus: BusSystem) {
        bus.onDelivery(DeliveryBatch.type) { delivery in
            let batch = try Packed.decode(DeliveryBatch.self, from: delivery.body)
            let source = SlotName(delivery.sender)?.role ?? delivery.sender
            return try Packed.encode(await take(Batch(source: source, messages: batch.messages)))
        }
    }

    /// All in one transaction; where that fails, each alone, so that one that cannot be taken holds up no other.
    func take(_ batch: Batch) async -> [DeliveryReceipt] {
        let receipt = await receipt(for: batch)
        guard case .refused = receipt, batch.messages.count > 1 else {
            return Array(repeating: receipt, count: batch.messages.count)
        }
        var receipts: [DeliveryReceipt] = []
        for message in batch.messages {
            receipts.append(await self.receipt(for: Batch(source: batch.source, messages: [message])))
        }
        return receipts
    }

    private func receipt(for batch: Batch) async -> DeliveryReceipt {
        do {
            _ = try await write(batch)
            return .taken
        } catch { return StoreError.passes(error) ? .later("\(error)") : .refused("\(error)") }
    }

    private static func take(
        _ message: DeliveryBatch.Message, of source: String, _ handlers: [Handler], _ context: WriteContext
    ) throws {
        guard let handler = handlers.first(where: { $0.type == message.type }) else {
            throw IncomingError.unknownType(message.type)
        }
        var span = Span(
            "process \(message.type)", kind: .consumer,
            parent: message.trace.flatMap { TraceContext(traceparent: $0) })
        span.set("messaging.message.id", .text(message.id))
        defer { Tracer.standard.finish(span) }
        do {
            _ = try context.once(source: source, id: message.id, message: message.body) { context in
                try handler.run(context, Message(id: message.id, trace: span.context), message.body)
                return []
            }
            span.end()
        } catch {
            span.end(.error("\(error)"))
            throw error
        }
    }
}

/// Why a message cannot be taken.
public enum IncomingError: Error, Sendable, Equatable, CustomStringConvertible {
    case unknownType(String)

    public var description: String {
        switch self {
        case .unknownType(let type): "no receiver of \(type) here: is this service older than its sender?"
        }
    }
}
