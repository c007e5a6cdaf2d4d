/// What a server is, beside its routes.
public struct ServerPlan: Sendable {
    /// What the description says of the service.
    public var title: String
    public var version: String
    public var about: String
    /// Where it can be reached, for the description.
    public var addresses: [String]
    public var limits = ServerLimits()
    public var keys = Keyring.empty
    /// nil: browsers have no sessions here.
    public var sessions: SessionDoor?
    /// nil: plain HTTP.
    public var encryption: Encryption?
    /// Whether requests can be served now; asked on the thread of the server, so it must not wait.
    public var readiness: @Sendable () -> Readiness = { .ready }
    /// Reads every answer by the shape that was promised, and gives 500 for what breaks it: for tests.
    public var checksAnswers = false

    public init(title: String, version: String, about: String = "", addresses: [String] = []) {
        self.title = title
        self.version = version
        self.about = about
        self.addresses = addresses
    }
}

/// What a server allows at most.
public struct ServerLimits: Sendable {
    public var bodyBytes = 1 << 20
    /// What all bodies that are received or in hand may have together; further ones get 503.
    public var bodiesBytes = 256 << 20
    /// Memory per connection, in which the request line and all headers must fit.
    public var headerBytes = 16 << 10
    /// From the first byte of a request to its last.
    public var requestTime = Duration.seconds(10)
    /// How long a connection may be idle.
    public var idleTime = Duration.seconds(75)
    /// From the first byte of an answer to its last; streams of events have no such end.
    public var answerTime = Duration.seconds(30)
    public var connections = 8_192
    /// Requests that wait for their handlers; further ones get 503.
    public var inHand = 1_024
    /// What may wait for a client of events; one that is slower is let go.
    public var eventBytes = 256 << 10
    /// How often a silent stream of events shows that it lives.
    public var heartbeat = Duration.seconds(15)

    public init() {}
}

/// Whether a service can serve.
public enum Readiness: Sendable, Equatable {
    case ready
    /// Why not, for who waits for it.
    case notReady(String)
}

/// The files for TLS, both in PEM.
public struct Encryption: Sendable {
    public let certificate: String
    public let key: String

    public init(certificateFile: String, keyFile: String) throws(ServerFault) {
        certificate = try Self.text(of: certificateFile)
        key = try Self.text(of: keyFile)
    }

    private static func text(of path: String) throws(ServerFault) -> String {
        guard let bytes = readFile(path, atMost: 1 << 20), let text = String(validating: bytes, as: UTF8.self),
            text.contains("-----BEGIN")
        else { throw .badPEM(path) }
        return text
    }
}

/// Why a server cannot be started.
public enum ServerFault: Error, Equatable, CustomStringConvertible {
    case badPEM(String)
    case libraryRefused(String)
    case startedBefore

    public var description: String {
        switch self {
        case .badPEM(let path): "\(path): expected a readable file in PEM (-----BEGIN …), found something else"
        case .libraryRefused(let what):
            "the HTTP library refused \(what); a socket must listen, a certificate and its key must belong together"
        case .startedBefore: "a server serves one socket, once: make another one"
        }
    }
}
