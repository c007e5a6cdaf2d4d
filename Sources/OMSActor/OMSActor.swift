import ActionDoors
import Bus
import Contracts
import Distributed
import Signals
import Store
import Worker

/// The orders service, for its own doors and for the other processes of the cluster.
///
/// It isolates nothing that lasts: orders live in the store, whose one writer puts all changes in a row, and every
/// replica reads for itself. As an actor it is what others can name, and ask how the service is.
distributed actor OMSActor: ServiceDesk, ActionDesk {
    typealias ActorSystem = BusSystem
    private let store: Store
    private let writes: OrderWrites
    private let agents: StoreDoor

    init(_ store: Store, _ writes: OrderWrites, _ agents: StoreDoor, actorSystem: BusSystem) {
        self.agents = agents
        self.store = store
        self.writes = writes
        self.actorSystem = actorSystem
    }

    /// Puts an order on disk, with the message that reserves its stock.
    distributed func place(_ placement: Placement) async throws -> PlacementOutcome {
        try await writes.place(placement)
    }

    /// False where there is no such order, or none any more.
    distributed func delete(_ id: String) async throws -> Bool { try await writes.delete(Deletion(id: id)) }

    /// Nil where another customer has the id.
    distributed func add(_ customer: Customer) async throws -> Customer? {
        var customer = customer
        if customer.id.isEmpty { customer.id = newIdentifier() }
        return try await writes.addCustomer(customer)
    }

    distributed func order(_ id: String) async throws -> StoredOrder? {
        try await store.read { try OrderTables.order(id, $0) }
    }

    distributed func list(_ search: OrderSearch) async throws -> OrderPage {
        try await store.read { try OrderTables.list(search, $0) }
    }

    /// The latest orders, and how many of the latest thousands stand how.
    distributed func latest(_ limit: Int) async throws -> LatestOrders {
        try await store.read { try OrderTables.latest(limit, $0) }
    }

    distributed func customer(_ id: String) async throws -> Customer? {
        try await store.read { try OrderTables.customer(id, $0) }
    }

    distributed func health() async throws -> ServiceHealth { try await store.serviceHealth() }

    distributed func sight(of action: ActionClass, target: String) async throws -> DoorSight {
        try await agents.sight(of: action, target: target)
    }

    distributed func perform(_ order: DoorOrder) async throws -> DoorAnswer {
        try await agents.perform(order, caller: CallContext.current.caller)
    }
}
