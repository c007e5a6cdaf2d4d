import Contracts
import FoundationEssentials
import Glibc
import Host
import WebClient

/// A service of the shop, as a command sees it: where its door is, and the key that opens it.
struct ShopClient: Sendable {
    let key: String
    private let doors: [(name: String, address: String, port: UInt16)]
    private let client = WebClient()

    init(_ places: Places) throws(Failure) {
        guard let text = ProcessFiles.text(places.doors) else {
            throw Failure("no cluster runs in \(places.data) (start one: kintsugi up)", exit: ExitCode.unavailable)
        }
        guard let key = LocalKey.read(data: places.data) else {
            throw Failure("the key of this host's user is missing: \(LocalKey.secretFile(data: places.data))")
        }
        self.key = key
        doors = text.split(separator: "\n").compactMap { line in
            let parts = line.split(separator: " ")
            guard parts.count == 3, let port = UInt16(parts[2]) else { return nil }
            // Who listens everywhere is reached here.
            return (String(parts[0]), parts[1] == "0.0.0.0" ? "127.0.0.1" : String(parts[1]), port)
        }
    }

    /// Where a service listens.
    func door(_ service: String) throws(Failure) -> (address: String, port: UInt16) {
        guard let door = doors.first(where: { $0.name == service }) else {
            throw Failure("this cluster has no listener \"\(service)\": its cluster.yaml names none")
        }
        return (door.address, door.port)
    }

    /// Sends a request with a JSON body, or without one; the answer, whatever its status.
    func send(
        _ method: ClientRequest.Method, _ service: String, _ path: String, _ body: JSONObject? = nil
    ) async throws(Failure) -> ClientResponse {
        let door = try door(service)
        let url = "http://\(door.address):\(door.port)\(path)"
        var request = body.map { ClientRequest.json(method, url, $0.bytes) } ?? ClientRequest(method, url)
        request.headers.append(("x-api-key", key))
        do { return try await client.send(request) } catch {
            throw Failure("\(service) at \(door.address):\(door.port): \(error)", exit: ExitCode.unavailable)
        }
    }

    /// What a service said when it did not do it.
    static func refusal(_ service: String, _ response: ClientResponse) -> Failure {
        struct Problem: Decodable {
            struct Fault: Decodable {
                let field: String
                let detail: String
            }
            let detail: String
            let errors: [Fault]?
        }
        let problem = try? JSONDecoder().decode(Problem.self, from: Data(response.body))
        let faults = (problem?.errors ?? []).map { "\n  \($0.field): \($0.detail)" }.joined()
        return Failure(harmless("\(service) answered \(response.status): \(problem?.detail ?? "")") + faults)
    }
}

/// A JSON object that a command sends.
struct JSONObject: Sendable {
    let bytes: [UInt8]

    init(_ value: some Encodable) throws(Failure) {
        do { bytes = Array(try JSONEncoder().encode(value)) } catch { throw Failure("\(error)") }
    }
}
