import Commands
import Contracts
import Host
import Signals

/// A link into the console that is good for once: it carries a key of its own, and this person's word for it. Neither is sent
/// to anybody but the browser: what stands behind the # stays there.
struct ConsoleLink {
    let text: String
    let expires: Int64

    /// `lasting` is in nanoseconds.
    init(of person: String, _ key: PersonKey, at address: String, now: Int64, lasting: Int64) throws {
        let session = try SigningKey.make()
        var chance = SystemRandomNumberGenerator()
        let nonce = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &chance) }
        // A clock that is a little behind reads it as well.
        let issued = now - 5_000_000_000
        expires = issued + min(lasting, SessionGrant.longest)
        let grant = key.signed(
            SessionGrant(person: person, publicKey: session.publicKey, issued: issued, expires: expires, nonce: nonce))
        struct Text: Encodable {
            var person: String
            var publicKey: String
            var issued: String
            var expires: String
            var nonce: String
            var signature: String
        }
        func base64(_ bytes: [UInt8]) -> String { String(decoding: Base64.encode(bytes), as: UTF8.self) }
        let shown = Text(
            person: grant.person, publicKey: base64(grant.publicKey), issued: "\(grant.issued)",
            expires: "\(grant.expires)", nonce: base64(grant.nonce), signature: base64(grant.signature))
        let body = try JSONText.unpack(try Packed.encode(shown))
        text = "\(address)/#key=\(Self.forURL(session.seed))&grant=\(Self.forURL(body))"
    }

    private static func forURL(_ bytes: [UInt8]) -> String {
        String(
            String(decoding: Base64.encode(bytes), as: UTF8.self).compactMap { letter -> Character? in
                switch letter {
                case "+": "-"
                case "/": "_"
                case "=": nil
                default: letter
                }
            })
    }
}

extension Operator {
    private static let usualHours = 12

    /// Prints a link into the console.
    func console(_ invocation: Invocation, _ places: Places) throws(Failure) {
        let status = try ControlClient(places: places).status()
        guard
            let link = try consoleLink(
                status, places, hours: invocation.number("hours") ?? Self.usualHours,
                address: invocation.text("address"),
                person: invocation.text("as"), key: invocation.text("key"))
        else { throw Failure("this cluster has no console: give cluster.yaml a role comms with a listener") }
        if invocation.has("json") {
            terminal.write(json(["link": link.text]))
        } else {
            terminal.write("\(link.text)\n")
        }
    }

    /// A link for this host's own user, or for who is named; nil where nobody serves a console.
    func consoleLink(
        _ status: ClusterStatus, _ places: Places, hours: Int = Self.usualHours, address: String? = nil,
        person: String? = nil, key file: String? = nil
    ) throws(Failure) -> ConsoleLink? {
        guard status.slots.contains(where: { $0.role == "comms" }) else { return nil }
        do {
            let key = try PersonKey(file: file ?? LocalPerson.keyFile(data: places.data))
            let door = try ShopClient(places).door("console")
            return try ConsoleLink(
                of: person ?? LocalPerson.name, key, at: address ?? "http://\(door.address):\(door.port)",
                now: WallTime.now.nanoseconds, lasting: Int64(hours) * 3_600_000_000_000)
        } catch let failure as Failure { throw failure } catch { throw Failure(harmless("\(error)")) }
    }
}
