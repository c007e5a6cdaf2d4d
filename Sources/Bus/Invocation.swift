import Contracts
public import Distributed
import Routing

/// Collects the arguments of an outgoing call into one packed list.
public struct BusInvocationEncoder: DistributedTargetInvocationEncoder {
    public typealias SerializationRequirement = any Codable
    private var arguments = PackedListBuilder()

    /// The packed list of the arguments.
    var body: [UInt8] { arguments.bytes }

    /// Generic methods are no part of any contract: the only type to record is the stub's own, and the receiver has
    /// that from the contract that it serves, not from the wire.
    public mutating func recordGenericSubstitution<T>(_ type: T.Type) throws {}
    public mutating func recordArgument<Value: Codable>(_ argument: RemoteCallArgument<Value>) throws {
        try arguments.append(argument.value)
    }
    public mutating func recordReturnType<R: Codable>(_ type: R.Type) throws {}
    public mutating func recordErrorType<E: Error>(_ type: E.Type) throws {}
    public mutating func doneRecording() throws {}
}

/// Hands the arguments of an incoming call to the runtime, one after the other.
public struct BusInvocationDecoder: DistributedTargetInvocationDecoder {
    public typealias SerializationRequirement = any Codable
    private var arguments: PackedList

    /// The stub's type, over which its functions are generic; nil for an actor's own.
    private let stub: (any Any.Type)?

    init(_ body: [UInt8], stub: (any Any.Type)?, system: BusSystem) throws {
        self.stub = stub
        arguments = try PackedList(body, userInfo: [.actorSystemKey: system])
    }

    public mutating func decodeGenericSubstitutions() throws -> [any Any.Type] { stub.map { [$0] } ?? [] }
    public mutating func decodeNextArgument<Argument: Codable>() throws -> Argument {
        do { return try arguments.next(Argument.self) } catch {
            throw BusError.badArguments("\(error)")
        }
    }
    public mutating func decodeErrorType() throws -> (any Any.Type)? { nil }
    public mutating func decodeReturnType() throws -> (any Any.Type)? { nil }
}

/// Turns what a method returned or threw into the reply.
public struct BusResultHandler: DistributedTargetInvocationResultHandler, Sendable {
    public typealias SerializationRequirement = any Codable
    let answer: @Sendable (Answer) -> Void
    let registry: ErrorRegistry

    public func onReturn<Success: Codable>(value: Success) async throws {
        // A value that does not encode is answered all the same: nobody is left to wait for a deadline.
        do { answer(Answer(.value, try Packed.encode(value))) } catch {
            answer(Answer(.failed, text: "the result of type \(Success.self) does not encode: \(error)"))
        }
    }
    public func onReturnVoid() async throws { answer(Answer(.value, [0xF6])) }
    public func onThrow<Err: Error>(error: Err) async throws { answer(registry.answer(for: error)) }
}

/// The end of a call as it travels: a status and a body.
struct Answer: Sendable {
    var status: ReplyStatus
    var body: [UInt8]
    var content: ContentKind
    var deaths: UInt8 = 0
    var number: UInt64 = 0

    init(_ status: ReplyStatus, _ body: [UInt8]) {
        self.status = status
        self.body = body
        content = .packed
    }
    init(_ status: ReplyStatus, text: String) {
        self.status = status
        body = Array(text.utf8)
        content = .opaque
    }
}
