import Contracts
import Host
import Signals
import Web
import WebClient

/// The shop as its people see it: asked at its own doors, as any other client asks.
struct ShopDoors: Sendable {
    let client: WebClient
    let data: String
    let portOffset: Int

    var routes: [Route] { [show] }

    private var show: Route {
        Route(
            .get, "/api/shop", "The latest orders, and what is on hand", roles: Acting.see,
            answers: [.ok(ObjectOf("orders (orders, counts), stock (products), missing"))]
        ) { _ in
            async let orders = ask(8081, "/latest-orders?limit=50")
            async let stock = ask(8082, "/products?limit=100")
            let (orderBytes, stockBytes) = await (orders, stock)
            var bytes = Array("{\"at\":\(WallTime.now.nanoseconds),\"orders\":".utf8)
            bytes += orderBytes ?? Array("null".utf8)
            bytes += Array(",\"stock\":".utf8) + (stockBytes ?? Array("null".utf8))
            let missing = [(orderBytes, "orders"), (stockBytes, "stock")].filter { $0.0 == nil }.map { "\"\($0.1)\"" }
            bytes += Array(",\"missing\":[\(missing.joined(separator: ","))]}".utf8)
            return Response(.json, bytes)
        }
    }

    private func ask(_ port: Int, _ path: String) async -> [UInt8]? {
        guard let key = LocalKey.read(data: data) else { return nil }
        var request = ClientRequest(.get, "http://127.0.0.1:\(port + portOffset)\(path)")
        request.headers.append(("x-api-key", key))
        request.deadline = .seconds(2)
        guard let response = try? await client.send(request), response.status == 200 else { return nil }
        return response.body
    }
}
