public import Distributed

/// Messages of one outbox on their way to one role, in the order of the outbox.
public struct DeliveryBatch: Codable, Sendable, Equatable {
    /// The name of the delivery that carries a batch.
    public static let type = "messages"

    public struct Message: Codable, Sendable, Equatable {
        /// The same for every delivery: by it the receiver knows the message again.
        public var id: String
        public var type: String
        public var body: [UInt8]
        /// A W3C `traceparent`: the span that sends it.
        public var trace: String?

        public init(id: String, type: String, body: [UInt8], trace: String? = nil) {
            self.id = id
            self.type = type
            self.body = body
            self.trace = trace
        }
    }

    public var messages: [Message]

    public init(_ messages: [Message]) { self.messages = messages }
}

/// What became of one message of a batch.
public enum DeliveryReceipt: Codable, Sendable, Equatable {
    /// It has taken effect, now or before.
    case taken
    /// The receiver will say the same again: why.
    case refused(String)
    /// Nothing was done, and later it may be.
    case later(String)
}

/// The process that writes a service's file, for the others of its role and for the operator.
@Resolvable
public protocol StoreDesk: DistributedActor where ActorSystem: DistributedActorSystem<any Codable> {
    /// Does writes of another process; both sides are the store's own packed lists.
    distributed func apply(_ writes: [UInt8]) async throws -> [UInt8]
}
