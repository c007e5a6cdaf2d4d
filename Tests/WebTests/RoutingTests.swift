import Testing

@testable import Web

private func route(_ method: Web.Method, _ path: String) -> Route {
    Route(method, path, "", roles: .open, answers: []) { _ in .noContent }
}

private func described(_ match: RouteTable.Match) -> String {
    switch match {
    case .route(let index, let captures):
        "\(index) " + captures.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ",")
    case .otherMethods(let allow): allow
    case .nothing: "nothing"
    }
}

@Suite("Finding a route") struct RoutingTests {
    private let table = RouteTable([
        route(.get, "/orders"), route(.post, "/orders"), route(.get, "/orders/{id}"), route(.get, "/orders/new"),
        route(.put, "/a/{b}/c"), route(.get, "/"),
    ])

    @Test(
        "a path leads to one route, to other methods, or to nothing",
        arguments: [
            ("GET", "/orders", "0 "), ("HEAD", "/orders", "0 "), ("POST", "/orders", "1 "), ("GET", "/orders/7", "2 7"),
            ("GET", "/orders/new", "3 "), ("PUT", "/a/x%2Fy/c", "4 x%2Fy"), ("GET", "/", "5 "),
            ("PATCH", "/orders", "GET, POST, HEAD, OPTIONS"), ("GET", "/a/b/c", "PUT, OPTIONS"),
            ("GET", "/orders/", "nothing"), ("GET", "/orders/7/8", "nothing"), ("GET", "//orders", "nothing"),
            ("GET", "", "nothing"), ("GET", "*", "nothing"), ("PUT", "/a//c", "nothing"),
        ])
    func paths(method: String, path: String, expected: String) {
        #expect(described(table.match(method: method, path: Array(path.utf8)[...])) == expected)
    }

    @Test(
        "percent signs are undone strictly",
        arguments: [
            ("a%20b", "a b"), ("%E2%82%AC", "€"), ("a+b", "a+b"), ("%2f", "/"), ("%", nil), ("%4", nil), ("%zz", nil),
            ("%ff", nil), ("%00", nil), ("%C0%80", nil),
        ] as [(String, String?)])
    func percent(text: String, expected: String?) {
        #expect(Percent.decode(text.utf8).map { String(decoding: $0, as: UTF8.self) } == expected)
    }
}
