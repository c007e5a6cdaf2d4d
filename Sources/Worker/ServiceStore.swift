public import Bus
import Contracts
import Distributed
import Host
public import Store

/// Opens a service's file so that all processes of its role share it: one writes, the others send it their writes over
/// the bus.
public enum ServiceStore {
    /// The actor's name under which the writer takes the writes of others.
    public static let desk = "store"

    /// Where a role's file stands in the data directory.
    public static func file(of role: String, data: String) -> String { "\(data)/\(role).sqlite" }

    /// The file of this process's role.
    public static func open(
        _ worker: WorkerContext, migrations: [Migration], limits: StoreLimits = StoreLimits()
    ) async throws -> Store {
        let role = worker.birth.slot.role
        let file = file(of: role, data: worker.birth.data)
        let bus = worker.bus
        var plan = StorePlan(file: file, migrations: migrations)
        plan.limits = limits
        plan.metrics = worker.metrics
        plan.holder = worker.birth.slot.description
        plan.forward = { try await forward($0, file: file, role: role, bus: bus) }
        let store = try await Store.open(plan)
        bus.serve(as: desk, $StoreDesk<BusSystem>.self) { StoreDeskActor(store, actorSystem: $0) }
        return store
    }

    /// Sends writes to the process that has the lease of the file.
    public static func forward(
        _ writes: [ForwardedWrite], file: String, role: String, bus: BusSystem
    ) async throws -> [ForwardedAnswer] {
        guard let holder = Lease.holderName(of: file).flatMap(SlotName.init) else {
            throw StoreError.notTheWriter(file: file)
        }
        let writer = try $StoreDesk<BusSystem>.resolve(id: BusID(role: role, actor: desk, slot: holder), using: bus)
        // Whether the write took effect is known by its id: asking again is harmless, waiting long is not.
        return try await withCallOptions(patience: .seconds(2)) {
            try Packed.decode([ForwardedAnswer].self, from: try await writer.apply(try Packed.encode(writes)))
        }
    }
}

/// Takes the writes of the other processes of the role. It isolates nothing: the store's own thread orders them.
distributed actor StoreDeskActor: StoreDesk {
    typealias ActorSystem = BusSystem
    private let store: Store

    init(_ store: Store, actorSystem: BusSystem) {
        self.store = store
        self.actorSystem = actorSystem
    }

    distributed func apply(_ writes: [UInt8]) async throws -> [UInt8] {
        let writes = try Packed.decode([ForwardedWrite].self, from: writes)
        return try Packed.encode(try await store.apply(writes))
    }
}
