import Glibc
import Host
public import Settings
public import Web

/// What every service with an HTTP door can be told.
public struct ServiceSettings: Sendable {
    /// Files of API keys; those of the configuration and of this host where none are named.
    public var keyFiles: [String]?
    /// Files in PEM, both or none: then the door speaks TLS.
    public var certificate: String?
    public var key: String?
    /// Answers are read by the shapes that were promised; for tests.
    public var checksAnswers: Bool
    /// Refusals after which a message is given up.
    public var attempts: Int
    /// Requests in hand at a time; beyond them the answer is 503. nil for as many as the server takes by itself.
    public var inHand: Int?

    public init(_ layers: Layers) {
        keyFiles = layers.optional("http.keys", .text()).map { $0.split(separator: ",").map(String.init) }
        certificate = layers.optional("http.certificate", .text())
        key = layers.optional("http.certificate-key", .text())
        attempts = layers.value("outbox.attempts", .wholeNumber(in: 1...1_000), otherwise: 12)
        inHand = layers.optional("http.in-hand", .wholeNumber(in: 1...100_000))
        checksAnswers = layers.value("http.check-answers", .boolean, otherwise: false)
    }

    /// nil for plain HTTP. One file without the other is a mistake, and not a door without TLS.
    func encryption() throws -> Encryption? {
        switch (certificate, key) {
        case (nil, nil): return nil
        case (let certificate?, let key?): return try Encryption(certificateFile: certificate, keyFile: key)
        case (_?, nil), (nil, _?):
            let missing = key == nil ? "--http-certificate-key" : "--http-certificate"
            throw ConfigurationError([
                Mistake(place: "settings", text: "expected both files for TLS, found no \(missing)")
            ])
        }
    }

    /// The keys that open the door.
    public func keyring(config: String, data: String) throws -> Keyring {
        let own = LocalKey.names.map { LocalKey.file(data: data, of: $0) }
        let usual = (["\(config)/keys.yaml"] + own).filter { (path: String) -> Bool in access(path, R_OK) == 0 }
        return try Keyring(files: keyFiles ?? usual)
    }
}
