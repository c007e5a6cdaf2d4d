import Contracts
import Synchronization
import Web

/// A shop in memory: the smallest service that has every kind of route.
final class SampleShop: Sendable {
    private struct State {
        var customers: [UUID: NewCustomer] = [:]
        var orders: [UUID: (order: NewOrder, status: Status)] = [:]
        var stock: [String: Product] = [:]
        var chance = Chance(seed: 1)
    }

    private let state = Mutex(State())

    var routes: [Route] { customers + orders + products }

    private var customers: [Route] {
        [
            Route(
                .post, "/customers", "Makes a customer known", roles: ["customer"], takes: NewCustomer.shape,
                answers: [
                    .created(Made.shape).leads(
                        to: Link(.get, "/customers/{id}", "id", from: "id"),
                        Link(.get, "/orders", "customer_id", from: "id"))
                ]
            ) { [self] _, customer in
                let id = state.withLock { state in
                    let id = UUID.random(using: &state.chance)
                    state.customers[id] = customer
                    return id
                }
                return .created { $0.member("id", id) }
            },
            Route(
                .get, "/customers/{id}", "Shows a customer", roles: ["customer", "operator"],
                asks: .path("id", .uuid, "Which customer"),
                answers: [.ok(NewCustomer.shape), .notFound("There is no such customer")]
            ) { [self] _, id in
                guard let customer = state.withLock({ $0.customers[id] }) else {
                    throw Problem.notFound("There is no customer \(id).")
                }
                return .ok(customer)
            },
        ]
    }

    private var orders: [Route] {
        [
            Route(
                .post, "/orders", "Places an order", roles: ["customer"], idempotencyKey: true,
                takes: NewOrder.shape,
                answers: [
                    .created(Made.shape).leads(to: Link(.delete, "/orders/{id}", "id", from: "id")),
                    .notFound("The customer is not known"),
                ]
            ) { [self] _, order in
                let id = try state.withLock { state in
                    guard state.customers[order.customer] != nil else {
                        throw Problem.notFound("There is no customer \(order.customer): make it known first.")
                    }
                    let id = UUID.random(using: &state.chance)
                    state.orders[id] = (order, .pending)
                    return id
                }
                return .created { $0.member("id", id) }
            },
            Route(
                .get, "/orders", "Lists the orders of a customer", roles: ["customer"], asks: OrderList.parameters,
                answers: [.ok(OrderList.shape)]
            ) { [self] _, list in
                let found = state.withLock { state in
                    state.orders.filter {
                        $0.value.order.customer == list.customer && (list.status ?? $0.value.status) == $0.value.status
                    }.keys.sorted().prefix(list.limit)
                }
                return .ok { $0.member("orders", Array(found)) }
            },
            Route(
                .delete, "/orders/{id}", "Takes an order back", roles: ["customer"], asks: .path("id", .uuid),
                answers: [.noContent("It is gone"), .notFound("There is no such order")]
            ) { [self] _, id in
                guard state.withLock({ $0.orders.removeValue(forKey: id) }) != nil else {
                    throw Problem.notFound("There is no order \(id).")
                }
                return .noContent
            },
        ]
    }

    private var products: [Route] {
        [
            Route(
                .post, "/products", "Makes a product", roles: ["operator"], takes: Product.shape,
                answers: [.created(Product.shape), .conflict("There is such a product already")]
            ) { [self] _, product in
                try state.withLock { state in
                    guard state.stock[product.sku] == nil else {
                        throw Problem.conflict("There is a product \(product.sku) already.")
                    }
                    state.stock[product.sku] = product
                }
                return .created(product)
            },
            Route(
                .put, "/inventory/{sku}", "Sets or adds to what is on hand", roles: ["operator"],
                idempotencyKey: true, asks: .path("sku", .text(1...64, .word)), takes: Restock.shape,
                answers: [.ok(Product.shape), .notFound("There is no such product")]
            ) { [self] _, sku, _ in
                guard let product = state.withLock({ $0.stock[sku] }) else {
                    throw Problem.notFound("There is no product \(sku).")
                }
                return .ok(product)
            },
        ]
    }
}
