public import Distributed

/// The smallest contract: an actor that answers. It measures the bus and is what the tests kill.
@Resolvable
public protocol Echo: DistributedActor where ActorSystem: DistributedActorSystem<any Codable> {
    /// The same bytes back.
    distributed func echo(_ bytes: [UInt8]) async throws -> [UInt8]
    /// The slot that answers, its process and the caller as the broker names it.
    distributed func whoami() async throws -> EchoIdentity
    /// Adds to a sum that lives as long as the actor, and answers with it.
    distributed func add(_ number: Int, after milliseconds: Int) async throws -> Int
    /// Throws what it is asked to.
    distributed func fail(_ error: EchoError) async throws
    /// Ends the process by a fault of its own.
    distributed func crash() async throws
    /// Blocks every thread of the pool for so long.
    distributed func block(milliseconds: Int) async throws
}

/// Who answered a call.
public struct EchoIdentity: Codable, Sendable, Equatable {
    public var slot: String
    public var pid: Int32
    public var caller: String

    public init(slot: String, pid: Int32, caller: String) {
        self.slot = slot
        self.pid = pid
        self.caller = caller
    }
}

/// An error that crosses the bus with its type.
public enum EchoError: Error, Codable, Sendable, Equatable {
    case refused(reason: String, code: Int)
}
