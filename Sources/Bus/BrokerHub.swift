import Contracts
public import Routing
public import Signals

/// What a broker needs to know before it opens its sockets.
public struct BrokerConfiguration: Sendable {
    public var endpoints: BusEndpoints
    /// The same three doors on `tcp://`, with CURVE; nil where the cluster lives on one host.
    public var remote: BusEndpoints?
    /// The broker's CURVE secret key in Z85, for `remote`.
    public var secretKey: String?
    public var admission: AdmissionRules
    public var access: AccessList
    public var limits = RouterLimits()
    /// Rises with every start of the broker on this data directory.
    public var generation: UInt32

    public init(endpoints: BusEndpoints, admission: AdmissionRules, access: AccessList, generation: UInt32) {
        self.endpoints = endpoints
        self.admission = admission
        self.access = access
        self.generation = generation
    }
}

/// The broker at one moment.
public struct BrokerReport: Sendable, Codable, Equatable {
    public var roles: [RoleReport]
    public var edges: [EdgeReport]
    public var counters: RouterCounters
    public var inFlight: Int
    /// Connections whose secret or key was wrong.
    public var rejected: UInt64
    public var topics: TopicCounters
}

/// What went through the topic sockets of the broker.
public struct TopicCounters: Sendable, Codable, Equatable {
    public var forwarded: UInt64 = 0
    /// Publications on topics that the publisher may not use, or under another's name.
    public var denied: UInt64 = 0
    public var subscriptionsDenied: UInt64 = 0
}

/// The broker: the sockets and the thread around the rules in `Router`.
public final class BrokerHub: Sendable {
    public let configuration: BrokerConfiguration
    public let thread: SocketThread
    /// What the broker sees of the workers, for the supervisor.
    public let reports: AsyncStream<PeerReport>
    private let reporter: AsyncStream<PeerReport>.Continuation
    let mailbox = Mailbox<BrokerCommand>()
    let log: Log

    public init(_ configuration: BrokerConfiguration, log: Log) {
        self.configuration = configuration
        self.log = log
        thread = SocketThread(name: "broker")
        (reports, reporter) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(4_096))
    }

    /// Opens the sockets and begins to route; returns when they are open, or throws why they are not.
    public func start() async throws {
        let reporter = reporter
        let (opened, open) = AsyncThrowingStream<Void, any Error>.makeStream()
        thread.start(
            { [self] _ in
                let loop = try BrokerLoop(hub: self, reporter: reporter)
                open.yield()
                open.finish()
                return loop
            }, failed: { open.finish(throwing: $0) })
        for try await _ in opened {}
    }

    public func stop() async { await thread.stop() }

    /// The supervisor saw that start of the slot end.
    public func gone(slot: String, spawn: UInt64, blameless: Bool = false) {
        post(.gone(slot: slot, spawn: spawn, blameless: blameless))
    }

    /// A new access list, from the next frame on.
    public func adopt(_ access: AccessList) { post(.adopt(access)) }

    /// Calls to a role wait from now on, or are given out again.
    public func pause(_ role: String, _ isPaused: Bool) async {
        await withCheckedContinuation { continuation in post(.pause(role: role, isPaused, continuation)) }
    }

    /// Answers all calls that wait for a role; how many.
    public func drainQueue(_ role: String) async -> Int {
        await withCheckedContinuation { continuation in post(.drainQueue(role: role, continuation)) }
    }

    /// The state of everything, as the socket thread sees it between two frames.
    public func report() async -> BrokerReport {
        await withCheckedContinuation { continuation in post(.report(continuation)) }
    }

    private func post(_ command: BrokerCommand) {
        mailbox.put(command)
        thread.ring()
    }
}

/// What other threads ask of the broker's.
enum BrokerCommand: Sendable {
    case gone(slot: String, spawn: UInt64, blameless: Bool)
    case adopt(AccessList)
    case pause(role: String, Bool, CheckedContinuation<Void, Never>)
    case drainQueue(role: String, CheckedContinuation<Int, Never>)
    case report(CheckedContinuation<BrokerReport, Never>)
}
