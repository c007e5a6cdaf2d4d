import Glibc
import Host
import Service
import Settings

/// What the orders service can be told.
struct OrdersSettings: Sendable {
    var service: ServiceSettings
    /// Where the carrier is.
    var carrierURL: String
    /// Our key there; without one that of this host's orders service is shown, which the simulator knows.
    var carrierKeyFile: String?
    /// How long the carrier may take to answer.
    var carrierTimeout: Duration

    init(_ layers: Layers) {
        service = ServiceSettings(layers)
        carrierURL = layers.value("carrier.url", .text(length: 8...2_000), otherwise: "")
        carrierTimeout = layers.value(
            "carrier.timeout", .duration(in: .milliseconds(1)...(.seconds(60))), otherwise: CarrierLine.deadline)
        carrierKeyFile = layers.optional("carrier.key-file", .text())
    }

    func carrierKey(data: String) throws -> String {
        guard let carrierKeyFile else {
            return LocalKey.read(data: data, of: "orders") ?? LocalKey.read(data: data) ?? ""
        }
        guard let text = ProcessFiles.text(carrierKeyFile) else {
            throw ConfigurationError([
                Mistake(place: carrierKeyFile, text: "expected a readable file with our key at the carrier")
            ])
        }
        return String(text.prefix { !$0.isWhitespace })
    }

    /// The simulator of this cluster where no other is named.
    func carrierAddress(portOffset: Int) throws -> String {
        // The name under which other systems know it, for whoever sets it in the role's environment.
        let named = carrierURL.isEmpty ? getenv("CARRIER_URL").map { String(cString: $0) } : carrierURL
        guard let named else { return "http://127.0.0.1:\(8090 + portOffset)" }
        guard named.hasPrefix("http://") || named.hasPrefix("https://") else {
            let place = carrierURL.isEmpty ? "CARRIER_URL" : "carrier.url"
            throw ConfigurationError([
                Mistake(place: place, text: "expected an http or https address, found \"\(named)\"")
            ])
        }
        return named
    }
}
