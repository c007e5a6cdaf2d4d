public import Contracts
public import Store

extension Store {
    /// How the service behind this store is.
    public func serviceHealth() async throws -> ServiceHealth {
        let health = health
        let (outbox, dead) = try await read { connection in
            (
                try connection.first("SELECT count(*) FROM outbox") { try $0.value(0, as: Int.self) } ?? 0,
                try connection.first("SELECT count(*) FROM dead_letters WHERE state = 'waiting'") {
                    try $0.value(0, as: Int.self)
                } ?? 0
            )
        }
        return ServiceHealth(
            writes: state == .writer, refusing: health.refusing?.description, damaged: health.damaged?.description,
            outbox: outbox, deadLetters: dead)
    }
}
