import Testing

@testable import Web

@Suite("Sessions", .serialized) struct SessionTests {
    private static let said = #"{"text":"x"}"#

    private static func hall() throws -> Hall {
        try Hall { plan in
            plan.sessions = SessionDoor(cookie: "hall") { value in
                switch value {
                case "ann": Session(name: "ann", roles: ["guest"], word: "rose")
                case "bob": Session(name: "bob", roles: ["host"], word: "thorn")
                default: nil
                }
            }
        }
    }

    private static func request(_ line: String, _ headers: String, body: String? = nil) -> String {
        Hall.request(line, key: nil, headers, body: body)
    }

    @Test(
        "who is signed in is let in by the cookie, and changes something only with the session's word",
        arguments: [
            ("GET /words/1", "cookie: hall=ann\r\n", false, 200),
            ("GET /words/1", "cookie: a=b; hall=ann; c=d\r\n", false, 200),
            ("GET /words/1", "cookie: hall=nobody\r\n", false, 401),
            ("GET /words/1", "cookie: other=ann\r\n", false, 401),
            ("GET /words/1", "cookie: hallo=ann\r\n", false, 401),
            ("GET /words/1", "cookie: hall=ann; hall=bob\r\n", false, 401),
            ("GET /words/1", "", false, 401),
            ("GET /hosts", "cookie: hall=ann\r\n", false, 403),
            ("GET /hosts", "cookie: hall=bob\r\n", false, 204),
            ("POST /echo", "cookie: hall=ann\r\n", true, 403),
            ("POST /echo", "cookie: hall=ann\r\nx-kintsugi-session: thorn\r\n", true, 403),
            ("POST /echo", "cookie: hall=ann\r\nx-kintsugi-session: rose\r\n", true, 200),
        ])
    func admitted(line: String, headers: String, hasBody: Bool, status: Int) async throws {
        let hall = try Self.hall()
        let wire = hall.wire()
        wire.send(Self.request(line, headers, body: hasBody ? Self.said : nil))
        #expect(await wire.answer()?.status == status)
        await hall.server.stop()
    }

    @Test("two headers of cookies are refused: which of them is meant cannot be told")
    func twice() async throws {
        let hall = try Self.hall()
        let wire = hall.wire()
        wire.send(Self.request("GET /words/1", "cookie: hall=ann\r\ncookie: hall=bob\r\n"))
        #expect(await wire.answer()?.status == 400)
        await hall.server.stop()
    }

    @Test("where nobody has sessions a cookie is nothing")
    func none() async throws {
        let hall = try Hall()
        let wire = hall.wire()
        wire.send(Self.request("GET /words/1", "cookie: hall=ann\r\n"))
        #expect(await wire.answer()?.status == 401)
        await hall.server.stop()
    }

    @Test("a person who asks too often is told when to come back, and another one is not")
    func hasty() async throws {
        let hall = try Hall { plan in
            var door = SessionDoor(cookie: "hall") { Session(name: $0, roles: ["guest"], word: "") }
            (door.rate, door.burst) = (1, 2)
            plan.sessions = door
        }
        var statuses: [Int?] = []
        for name in ["ann", "ann", "ann", "bob"] {
            let wire = hall.wire()
            wire.send(Self.request("GET /words/1", "cookie: hall=\(name)\r\n"))
            statuses.append(await wire.answer()?.status)
        }
        #expect(statuses == [200, 200, 429, 200])
        await hall.server.stop()
    }

    @Test("the description says how one is signed in, where one can be")
    func described() throws {
        var plan = ServerPlan(title: "A hall", version: "1")
        #expect(!String(decoding: Server.describe(plan, routes: []), as: UTF8.self).contains("cookie"))
        plan.sessions = SessionDoor(cookie: "hall") { _ in nil }
        let text = String(decoding: Server.describe(plan, routes: []), as: UTF8.self)
        #expect(text.contains(#""in":"cookie""#) && text.contains(#""name":"hall""#))
    }
}
