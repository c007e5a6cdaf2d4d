import ActionDoors
import Contracts
import Distributed
import Service
import Store
import Web

/// The orders service's routes.
struct Doors: Sendable {
    let desk: OMSActor
    let shedder: LoadShedder

    static let client: Access = ["customer", "operator"]

    var sign: ServiceDoor.Sign {
        ServiceDoor.Sign(
            title: "Orders", version: "1", about: "Takes orders, and tells what became of them.",
            addresses: ["http://127.0.0.1:8081"])
    }

    var routes: [Route] {
        [placeOrder, latestOrders, listOrders, showOrder, deleteOrder, addCustomer, showCustomer]
    }

    private var placeOrder: Route {
        Route(
            .post, "/orders", "Places an order", roles: Self.client, idempotencyKey: true, beginsAtOnce: true,
            takes: OrderRequest.shape,
            answers: [
                .created(OrderReceipt.shape, "The order is on disk."), .notFound("No such customer."),
                .conflict("The Idempotency-Key came before with another order, or its order was deleted since."),
            ]
        ) { request, order in
            try shedder.admit(isSynthetic: Synthetic.isSynthetic(skus: order.items.lazy.map(\.sku)))
            let placement = Placement(
                id: newIdentifier(), customer: order.customer.description, items: order.items,
                caller: request.caller?.name ?? "", key: request.idempotencyKey)
            switch try await answering({ try await desk.place(placement) }) {
            case .placed(let id): return .created(OrderReceipt(id: id))
            case .noCustomer:
                throw Problem(
                    404, "No customer has this id: create it with POST /customers first.",
                    errors: [Fault(field: "/customer_id", detail: "expected a known customer, found \(order.customer)")]
                )
            case .keyUsed:
                throw Problem.conflict(
                    "This Idempotency-Key came before with another order: use a new key for a new order.")
            case .keyOver:
                throw Problem.conflict(
                    "The order of this Idempotency-Key was deleted since: use a new key for a new order.")
            }
        }
    }

    private var latestOrders: Route {
        Route(
            .get, "/latest-orders", "Shows the latest orders of all customers", roles: ["operator"],
            asks: Parameters { $0.query("limit", .integer(1...100), otherwise: 20) }, answers: [.ok(LatestOrders.shape)]
        ) { _, limit in
            .ok(try await answering { try await desk.latest(limit) })
        }
    }

    private var listOrders: Route {
        Route(
            .get, "/orders", "Lists a customer's orders, the newest first", roles: Self.client,
            asks: OrderSearch.parameters, answers: [.ok(OrderPage.shape)]
        ) { _, search in
            .ok(try await answering { try await desk.list(search) })
        }
    }

    private var showOrder: Route {
        Route(
            .get, "/orders/{id}", "Shows an order", roles: Self.client, asks: .path("id", .uuid, "Which order."),
            answers: [.ok(OrderView.shape), .notFound("No such order, or it was deleted.")]
        ) { _, id in
            guard let order = try await answering({ try await desk.order(id.description) }) else { throw noOrder }
            return .ok(OrderView(order: order))
        }
    }

    private var deleteOrder: Route {
        Route(
            .delete, "/orders/{id}", "Deletes an order: its stock goes back, its delivery is cancelled",
            roles: Self.client, asks: .path("id", .uuid, "Which order."),
            answers: [.noContent("It is deleted."), .notFound("No such order, or it was deleted before.")]
        ) { _, id in
            guard try await answering({ try await desk.delete(id.description) }) else { throw noOrder }
            return .noContent
        }
    }

    private var addCustomer: Route {
        Route(
            .post, "/customers", "Adds a customer", roles: Self.client, takes: Customer.request,
            answers: [.created(Customer.shape), .conflict("Another customer has this id.")]
        ) { _, customer in
            guard let stored = try await answering({ try await desk.add(customer) }) else {
                throw Problem(
                    409, "Another customer has this id: leave it out, and one is made.",
                    errors: [Fault(field: "/id", detail: "expected an id that is free, found \(customer.id)")])
            }
            return .created(stored)
        }
    }

    private var showCustomer: Route {
        Route(
            .get, "/customers/{id}", "Shows a customer", roles: Self.client,
            asks: .path("id", .uuid, "Which customer."),
            answers: [.ok(Customer.shape), .notFound("No such customer.")]
        ) { _, id in
            guard let customer = try await answering({ try await desk.customer(id.description) }) else {
                throw Problem.notFound("No customer has this id: create it with POST /customers.")
            }
            return .ok(customer)
        }
    }

    private var noOrder: Problem {
        .notFound("No order has this id: list those of a customer at GET /orders?customer_id=…")
    }
}
