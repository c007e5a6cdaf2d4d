import Settings
import Testing

@testable import OMSActor
@testable import Service

@Suite("What a service of the shop can be told")
struct ServiceSettingsTests {
    private func orders(_ arguments: String...) throws -> OrdersSettings {
        try Layers.read(arguments: arguments, environment: [:]) { OrdersSettings($0) }
    }

    @Test("one file of TLS without the other is a mistake that names the missing one", arguments: [true, false])
    func halfEncryption(certificate: Bool) throws {
        let settings = try orders(certificate ? "--http-certificate" : "--http-certificate-key", "some.pem").service
        let mistake = #expect(throws: ConfigurationError.self) { try settings.encryption() }
        let missing = certificate ? "no --http-certificate-key" : "no --http-certificate"
        #expect(mistake?.description.contains(missing) == true)
        #expect(try orders().service.encryption() == nil)
    }

    @Test("a carrier is a web address, and this host's simulator where none is named")
    func carrier() throws {
        #expect(try orders().carrierAddress(portOffset: 5) == "http://127.0.0.1:8095")
        let named = try orders("--carrier-url", "https://carrier.example/v1")
        #expect(try named.carrierAddress(portOffset: 5) == "https://carrier.example/v1")
        let wrong = try orders("--carrier-url", "ftp://carrier.example")
        let mistake = #expect(throws: ConfigurationError.self) { try wrong.carrierAddress(portOffset: 0) }
        #expect(mistake?.description.contains("found \"ftp://carrier.example\"") == true)
    }
}
