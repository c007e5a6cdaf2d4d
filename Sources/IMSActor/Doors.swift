import ActionDoors
import Contracts
import Distributed
import Service
import Store
import Web

/// The inventory service's routes.
struct Doors: Sendable {
    let desk: IMSActor
    let shedder: LoadShedder

    static let client: Access = ["customer", "operator"]
    static let keeper: Access = ["operator"]

    var sign: ServiceDoor.Sign {
        ServiceDoor.Sign(
            title: "Inventory", version: "1", about: "Knows the products, and how much of each is on hand.",
            addresses: ["http://127.0.0.1:8082"])
    }

    var routes: [Route] {
        [addProduct, listProducts, showProduct, showStock, changeStock, checkStock]
    }

    private var addProduct: Route {
        Route(
            .post, "/products", "Adds a product, with nothing of it on hand", roles: Self.keeper,
            takes: NewProduct.shape,
            answers: [.created(StoredProduct.shape), .conflict("Another product has this SKU.")]
        ) { _, product in
            try shedder.admit(isSynthetic: Synthetic.isSynthetic(skus: [product.sku]))
            guard let stored = try await answering({ try await desk.add(product) }) else {
                throw Problem(
                    409, "Another product has this SKU: choose a free one.",
                    errors: [Fault(field: "/sku", detail: "expected an SKU that is free, found \(product.sku)")])
            }
            return .created(stored)
        }
    }

    private var listProducts: Route {
        Route(
            .get, "/products", "Lists the products, in the order of their SKUs", roles: Self.client,
            asks: ProductSearch.parameters, answers: [.ok(ProductPage.shape)]
        ) { _, search in
            .ok(try await answering { try await desk.list(limit: search.limit, after: search.after) })
        }
    }

    private var showProduct: Route {
        Route(
            .get, "/products/{sku}", "Shows a product, and how much of it is on hand", roles: Self.client,
            asks: .path("sku", .sku, "Which product."),
            answers: [.ok(StoredProduct.shape), .notFound("No such product.")]
        ) { _, sku in
            guard let product = try await answering({ try await desk.product(sku) }) else { throw noProduct }
            return .ok(product)
        }
    }

    private var showStock: Route {
        Route(
            .get, "/inventory/{sku}", "Shows how much of a product is on hand", roles: Self.client,
            asks: .path("sku", .sku, "Which product."), answers: [.ok(Stock.shape), .notFound("No such product.")]
        ) { _, sku in
            guard let stock = try await answering({ try await desk.stock(sku) }) else { throw noProduct }
            return .ok(stock)
        }
    }

    private var changeStock: Route {
        Route(
            .put, "/inventory/{sku}", "Books what was counted, or what has come in", roles: Self.keeper,
            idempotencyKey: true, asks: .path("sku", .sku, "Which product."), takes: StockChange.shape,
            answers: [
                .ok(Stock.shape), .notFound("No such product."),
                .conflict("More than can be kept, or the Idempotency-Key came before with another change."),
            ]
        ) { request, sku, change in
            try shedder.admit(isSynthetic: Synthetic.isSynthetic(skus: [sku]))
            let restock = RestockWish(
                id: newIdentifier(), sku: sku, change: change, caller: request.caller?.name ?? "",
                key: request.idempotencyKey)
            switch try await answering({ try await desk.restock(restock) }) {
            case .booked(let stock): return .ok(stock)
            case .noProduct: throw noProduct
            case .refused(let reason): throw Problem.conflict(reason)
            case .keyUsed:
                throw Problem.conflict(
                    "This Idempotency-Key came before with another change: use a new key for a new change.")
            }
        }
    }

    private var checkStock: Route {
        Route(
            .post, "/inventory/check", "Tells of each product whether there is enough of it now", roles: Self.client,
            takes: StockQuestion.shape, answers: [.ok(StockAnswer.shape)]
        ) { _, question in
            .ok(StockAnswer(words: try await answering { try await desk.check(question) }))
        }
    }

    private var noProduct: Problem { .notFound("No product has this SKU: list them at GET /products") }
}
