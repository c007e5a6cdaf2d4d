public import Host
public import Signals
public import Store
public import Web

/// The HTTP door of a service: its routes on the socket that the guardian holds.
public struct ServiceDoor: Sendable {
    private let server: Server

    /// What a service says of itself.
    public struct Sign: Sendable {
        public var title: String
        public var version: String
        public var about: String
        public var addresses: [String]

        public init(title: String, version: String, about: String, addresses: [String]) {
            self.title = title
            self.version = version
            self.about = about
            self.addresses = addresses
        }

        public var plan: ServerPlan {
            ServerPlan(title: title, version: version, about: about, addresses: addresses)
        }
    }

    /// Opens the door.
    public static func open(
        _ sign: Sign, routes: [Route], birth: Birth, settings: ServiceSettings, store: Store, metrics: Metrics,
        log: Log,
        limits: ServerLimits = ServerLimits(), sessions: SessionDoor? = nil
    ) throws -> ServiceDoor {
        var plan = sign.plan
        plan.limits = limits
        plan.sessions = sessions
        if let inHand = settings.inHand { plan.limits.inHand = inHand }
        plan.keys = try settings.keyring(config: birth.config, data: birth.data)
        plan.encryption = try settings.encryption()
        plan.checksAnswers = settings.checksAnswers
        plan.readiness = { readiness(of: store) }
        guard let listener = birth.listeners.first else { throw ServiceFault.noListener }
        let server = Server(plan, routes: routes, metrics: metrics, log: log)
        try server.start(on: listener.descriptor.number)
        return ServiceDoor(server: server)
    }

    private static func readiness(of store: Store) -> Readiness {
        if let refusing = store.health.refusing { return .notReady("writes are refused: \(refusing)") }
        return switch store.state {
        case .writer, .replica: .ready
        case .opening: .notReady("the store is being opened")
        case .failing(let error): .notReady("\(error)")
        case .closed: .notReady("the service is leaving")
        }
    }

    /// Lets in nobody new, and ends when everybody was served.
    public func close() async { await server.drain(within: .seconds(5)) }
}

/// Why a service cannot open its door.
public enum ServiceFault: Error, CustomStringConvertible {
    case noListener

    public var description: String {
        switch self {
        case .noListener: "expected a listening socket at birth; give the role one under `listens` in cluster.yaml"
        }
    }
}
