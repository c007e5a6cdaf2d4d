import ActionDoors
import Bus
import Contracts
import Distributed
import Signals
import Store
import Worker

/// The inventory service, for its own doors and for the other processes of the cluster.
///
/// It isolates nothing that lasts: stock lives in the store, whose one writer puts all changes in a row, and every
/// replica reads for itself. As an actor it is what others can name, and ask how the service is.
distributed actor IMSActor: ServiceDesk, ActionDesk {
    typealias ActorSystem = BusSystem
    private let store: Store
    private let writes: InventoryWrites
    private let agents: StoreDoor

    init(_ store: Store, _ writes: InventoryWrites, _ agents: StoreDoor, actorSystem: BusSystem) {
        self.agents = agents
        self.store = store
        self.writes = writes
        self.actorSystem = actorSystem
    }

    /// Nil where another product has the SKU.
    distributed func add(_ product: NewProduct) async throws -> StoredProduct? { try await writes.addProduct(product) }

    distributed func restock(_ wish: RestockWish) async throws -> RestockOutcome { try await writes.restock(wish) }

    distributed func product(_ sku: String) async throws -> StoredProduct? {
        try await store.read { try InventoryTables.product(sku, $0) }
    }

    distributed func list(limit: Int, after: String?) async throws -> ProductPage {
        try await store.read { try InventoryTables.list(limit: limit, after: after, $0) }
    }

    distributed func stock(_ sku: String) async throws -> Stock? {
        try await store.read { try InventoryTables.stock(sku, $0) }
    }

    /// For each product whether there is enough of it, in the order in which they were first asked for.
    distributed func check(_ question: StockQuestion) async throws -> [StockAnswer.Word] {
        let wanted = question.wanted
        return try await store.read { connection in
            try wanted.map { item in
                let stock = try InventoryTables.stock(item.sku, connection)
                let isEnough = stock.map { $0.quantity >= item.quantity } ?? false
                return StockAnswer.Word(sku: item.sku, availability: isEnough ? .available : .unavailable)
            }
        }
    }

    distributed func health() async throws -> ServiceHealth { try await store.serviceHealth() }

    distributed func sight(of action: ActionClass, target: String) async throws -> DoorSight {
        try await agents.sight(of: action, target: target)
    }

    distributed func perform(_ order: DoorOrder) async throws -> DoorAnswer {
        try await agents.perform(order, caller: CallContext.current.caller)
    }
}

extension StockQuestion {
    /// One for each product: an order that names one twice wants both.
    var wanted: [RequestedItem] {
        items.reduce(into: [RequestedItem]()) { wanted, item in
            if let place = wanted.firstIndex(where: { $0.sku == item.sku }) {
                wanted[place].quantity += item.quantity
            } else {
                wanted.append(item)
            }
        }
    }
}
