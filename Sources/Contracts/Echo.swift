public import Distributed

@Resolvable
public protocol Echo: DistributedActor where ActorSystem: DistributedActorSystem<any Codable> {
    distributed func say(_ text: String) async throws -> String
    distributed func add(_ a: Int, to b: Int) async throws -> Int
}
