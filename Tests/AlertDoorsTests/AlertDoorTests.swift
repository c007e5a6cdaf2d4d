import AlertDoors
import Contracts
import Definitions
import Host
import Intake
import Signals
import Synchronization
import Testing
import Web
import WebClient

/// 2030-01-31T12:00:00Z.
private let now: Int64 = 1_896_091_200_000_000_000
private let secret = Array("a secret".utf8)

/// A server with the doors of alerts, and a desk behind it that keeps what it gets.
private final class Gatehouse: Sendable {
    private let server: Server
    private let listener: ListeningSocket
    private let client: WebClient
    private let shelf = Shelf()
    private let metrics = Metrics()

    init(requiresKeys: Bool = false, isFull: Bool = false) throws {
        listener = try ListeningSocket(name: "gatehouse", address: "127.0.0.1", port: 0)
        client = WebClient(metrics: metrics)
        var definition = TriageDefinition()
        definition.requiresKeys = requiresKeys
        definition.routingKeys = [.init(name: "monitoring", digest: PagerDutyEvent.digest(of: "known"))]
        let plan = AlertDoor.Plan(definition) { $0 == "ci" ? secret : nil }
        let shelf = shelf
        let door = AlertDoor(
            plan: { plan }, metrics: metrics, now: { now },
            take: { alerts in
                if isFull { throw Problem.unavailable("There is no room to write.") }
                shelf.keep(alerts)
                return alerts.map {
                    AlertReceipt(fingerprint: $0.fingerprint, disposition: .incident, incident: "INC-1")
                }
            },
            acknowledge: { fingerprint, sender in shelf.keep(acknowledged: "\(sender) \(fingerprint)") })
        var server = ServerPlan(title: "Alerts", version: "1")
        server.checksAnswers = true
        self.server = Server(server, routes: door.routes, metrics: metrics)
        try self.server.start(on: listener.descriptor.number)
    }

    var alerts: [RaisedAlert] { shelf.alerts }
    var acknowledged: [String] { shelf.acknowledged }

    func post(
        _ path: String, _ body: String, type: String = "application/json", headers: [(name: String, value: String)] = []
    ) async throws -> (status: Int, text: String) {
        var request = ClientRequest(.post, "http://127.0.0.1:\(listener.port)\(path)")
        request.headers = [(name: "content-type", value: type)] + headers
        request.body = Array(body.utf8)
        request.deadline = .seconds(60)
        let response = try await client.send(request)
        return (response.status, String(decoding: response.body, as: UTF8.self))
    }
}

/// What was taken through the doors.
private final class Shelf: Sendable {
    private struct Kept {
        var alerts: [RaisedAlert] = []
        var acknowledged: [String] = []
    }

    private let kept = Mutex(Kept())

    var alerts: [RaisedAlert] { kept.withLock { $0.alerts } }
    var acknowledged: [String] { kept.withLock { $0.acknowledged } }

    func keep(_ alerts: [RaisedAlert]) { kept.withLock { $0.alerts += alerts } }
    func keep(acknowledged text: String) { kept.withLock { $0.acknowledged.append(text) } }
}

@Suite("The doors of alerts") struct AlertDoorTests {
    private let webhook =
        #"{"version":"4","alerts":[{"status":"firing","labels":{"alertname":"A","service":"orders"},"startsAt":"2030-01-31T11:00:00Z"}]}"#
    private let posted = #"[{"labels":{"alertname":"A","service":"orders"},"startsAt":"2030-01-31T11:00:00Z"}]"#

    @Test("Alertmanager and Prometheus are answered 200 with what became of their alert")
    func alertmanager() async throws {
        let house = try Gatehouse()
        let one = try await house.post("/v1/alertmanager", webhook)
        let two = try await house.post("/api/v2/alerts", posted)
        #expect(one.status == 200 && two.status == 200 && one.text.contains("INC-1"))
        #expect(house.alerts.count == 2 && Set(house.alerts.map(\.fingerprint)).count == 1)
        #expect(try await house.post("/api/v2/alerts", "[]").status == 200)
    }

    @Test("What cannot be kept is answered 503, and what cannot be read 4xx, in every format")
    func failures() async throws {
        let full = try Gatehouse(isFull: true)
        #expect(try await full.post("/v1/alertmanager", webhook).status == 503)
        #expect(try await full.post("/api/v2/alerts", posted).status == 503)
        let event =
            #"{"routing_key":"known","event_action":"trigger","payload":{"summary":"s","source":"h","severity":"info"}}"#
        #expect(try await full.post("/v2/enqueue", event).status == 503)
        let house = try Gatehouse()
        #expect(try await house.post("/v1/alertmanager", posted).status == 400)
        #expect(try await house.post("/v1/alertmanager", "{{ .Alerts }}").status == 400)
        #expect(try await house.post("/api/v2/alerts", #"[{"labels":{}}]"#).status == 422)
        #expect(try await house.post("/api/v2/alerts", posted, type: "text/plain").status == 415)
        let packed = try await house.post(
            "/api/v2/alerts", posted, headers: [(name: "content-encoding", value: "gzip")])
        #expect(packed.status == 415 && house.alerts.isEmpty)
    }

    @Test("CloudEvents are taken by their headers and as bodies")
    func events() async throws {
        let house = try Gatehouse()
        let headers = [
            (name: "ce-specversion", value: "1.0"), (name: "CE-Id", value: "1"), (name: "ce-source", value: "/a"),
            (name: "ce-type", value: "t.firing"),
        ]
        #expect(try await house.post("/v1/events", #"{"severity":"critical"}"#, headers: headers).status == 200)
        let event = #"{"specversion":"1.0","id":"1","source":"/a","type":"t.resolved"}"#
        #expect(try await house.post("/v1/events", event, type: CloudEventIntake.structured).status == 200)
        #expect(house.alerts.map(\.state) == [.firing, .resolved])
        #expect(Set(house.alerts.map(\.fingerprint)).count == 1)
        #expect(try await house.post("/v1/events", event).status == 415)
        let twice = headers + [(name: "ce-id", value: "2")]
        #expect(try await house.post("/v1/events", "{}", headers: twice).status == 400)
        let many = headers + (0..<80).map { (name: "ce-x\($0)", value: "v") }
        #expect(try await house.post("/v1/events", "{}", headers: many).status == 400)
        #expect(house.alerts.count == 2)
    }

    @Test("PagerDuty's senders get PagerDuty's answers, and only those whose key is known")
    func pagerDuty() async throws {
        let house = try Gatehouse()
        let event =
            #"{"routing_key":"known","event_action":"ACTION","dedup_key":"k","payload":{"summary":"s","source":"h","severity":"info"}}"#
        for action in ["trigger", "acknowledge", "resolve"] {
            let parts = event.split(separator: "ACTION")
            let answer = try await house.post("/v2/enqueue", "\(parts[0])\(action)\(parts[1])")
            #expect(answer.status == 202)
            #expect(answer.text == #"{"status":"success","message":"Event processed","dedup_key":"k"}"#)
        }
        #expect(house.alerts.map(\.sender) == ["monitoring", "monitoring"] && house.acknowledged.count == 1)
        let stranger = try await house.post(
            "/v2/enqueue", #"{"routing_key":"other","event_action":"resolve","dedup_key":"k"}"#)
        #expect(stranger.status == 400 && stranger.text.contains("not known"))
        let empty = try await house.post("/v2/enqueue", "{}")
        #expect(empty.status == 400 && empty.text.contains(#""status":"invalid event""#))
    }

    @Test("A signed webhook is taken once its signature is right, and a hook that nobody knows is refused the same way")
    func hooks() async throws {
        let house = try Gatehouse()
        let body = #"{"name":"pipeline failed"}"#
        let time = now / 1_000_000_000
        let signature = HookSignature.sign(Array(body.utf8), at: time, secret: secret)
        let header = "t=\(time),v1=\(Digest(bytes: signature)?.description ?? "")"
        let signed = [(name: "X-Kintsugi-Signature", value: header)]
        #expect(try await house.post("/v1/hooks/ci", body, headers: signed).status == 200)
        #expect(try await house.post("/v1/hooks/ci", body + " ", headers: signed).status == 401)
        #expect(try await house.post("/v1/hooks/ci", body).status == 401)
        let other = try await house.post("/v1/hooks/none", body, headers: signed)
        #expect(other.status == 401 && house.alerts.map(\.sender) == ["hook ci"])
    }

    @Test("Where keys are required, nobody gets in without one")
    func keys() async throws {
        let house = try Gatehouse(requiresKeys: true)
        #expect(try await house.post("/v1/alertmanager", webhook).status == 401)
        #expect(try await house.post("/api/v2/alerts", posted).status == 401)
        #expect(house.alerts.isEmpty)
    }
}
