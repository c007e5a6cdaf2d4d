import Service
import Settings

/// What the agent for people can be told.
struct CommsSettings: Sendable {
    var service: ServiceSettings
    /// Cookies go over TLS only; to be set where the console is reached over it.
    var secureCookies: Bool
    /// How long post-mortems can be neither changed nor removed.
    var retention: Int64
    /// Whether the kernel is asked to keep them even from this user, where it can.
    var protects: Bool
    /// Where the faults are that may be done on purpose; nil: nobody may from here.
    var faults: String?

    init(_ layers: Layers) {
        service = ServiceSettings(layers)
        secureCookies = layers.value("console.secure-cookies", .boolean, otherwise: false)
        let days = layers.value("postmortems.retention-days", .wholeNumber(in: 1...36_500), otherwise: 365)
        retention = Int64(days) * 86_400_000_000_000
        protects = layers.value("postmortems.protect", .boolean, otherwise: true)
        faults = layers.optional("chaos.faults", .text(length: 1...500))
    }
}
