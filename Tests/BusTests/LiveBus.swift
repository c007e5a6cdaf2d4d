import CZeroMQ
import Contracts
import Distributed
import Glibc
import Host
import Routing
import Signals

@testable import Bus

/// A broker and its peers in this process, over real sockets in a folder of their own.
final class LiveBus: Sendable {
    static let key = ClusterKey.make()
    let folder: String
    let hub: BrokerHub

    /// All tests share two processors: who is slow here is not hung.
    static var patient: RouterLimits {
        var limits = RouterLimits()
        limits.silence = .seconds(30)
        limits.stall = .seconds(30)
        return limits
    }

    static let access = AccessList([
        ("echo", AccessList.Entry(publish: ["news."], listen: [""])),
        ("caller", AccessList.Entry(call: ["echo"], deliver: ["echo"], publish: ["news."], listen: ["news."])),
        ("stranger", AccessList.Entry()),
    ])

    init(
        limits: RouterLimits = LiveBus.patient, generation: UInt32 = 1, folder: String? = nil,
        remote: CurveKeys? = nil, keys: [(key: String, role: String)] = []
    ) async throws {
        self.folder = folder ?? LiveBus.makeFolder()
        var configuration = BrokerConfiguration(
            endpoints: BusEndpoints(run: self.folder),
            admission: AdmissionRules(accepts: { LiveBus.key.accepts($0, of: $1) }, keys: keys),
            access: LiveBus.access, generation: generation)
        configuration.limits = limits
        if let remote {
            configuration.remote = LiveBus.remote(self.folder)
            configuration.secretKey = remote.secretKey
        }
        hub = BrokerHub(configuration, log: Log(descriptor: STDERR_FILENO, level: .error))
        try await hub.start()
    }

    static func makeFolder() -> String {
        var template = Array("/tmp/kintsugi-bus-XXXXXX".utf8CString)
        return template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
    }

    /// CURVE works over any transport; `ipc` needs no free port.
    static func remote(_ folder: String) -> BusEndpoints {
        BusEndpoints(
            calls: "ipc://\(folder)/far-calls.sock", publish: "ipc://\(folder)/far-publish.sock",
            topics: "ipc://\(folder)/far-topics.sock")
    }

    /// A peer of another host, that is not started yet.
    func remotePeer(_ role: String, keys: CurveKeys, broker: CurveKeys, number: Int = 1) -> BusSystem {
        BusSystem(
            BusConfiguration(
                endpoints: LiveBus.remote(folder),
                credentials: .keys(broker: broker.publicKey, own: keys.publicKey, secret: keys.secretKey),
                slot: SlotName(role: role, host: "far", number: number)!, window: 0))
    }

    /// A peer that is not started yet.
    func peer(
        _ role: String, number: Int = 1, spawn: UInt64 = 1, window: Int = 64, secret: String? = nil
    ) -> BusSystem {
        let slot = SlotName(role: role, host: "local", number: number)!
        let user = ClusterKey.user(slot, spawn: spawn)
        let configuration = BusConfiguration(
            endpoints: BusEndpoints(run: folder),
            credentials: .secret(user: user, secret: secret ?? LiveBus.key.secret(of: user)),
            slot: slot, spawn: spawn, window: window)
        return BusSystem(configuration)
    }

    /// A peer that the broker has let in.
    func joined(
        _ role: String, number: Int = 1, spawn: UInt64 = 1, window: Int = 64,
        prepare: (BusSystem) throws -> Void = { _ in }
    ) async throws -> BusSystem {
        let system = peer(role, number: number, spawn: spawn, window: window)
        try prepare(system)
        try system.start()
        guard await system.first(where: { if case .joined = $0 { true } else { false } }) != nil else {
            throw BusError.closed("\(role) was not let in")
        }
        return system
    }
}

extension BusSystem {
    /// The next change of standing that matches.
    func first(where matches: @escaping @Sendable (BusEvent) -> Bool) async -> BusEvent? {
        for await event in standing where matches(event) { return event }
        return nil
    }
}

/// The actor under test.
distributed actor Parrot: Echo {
    typealias ActorSystem = BusSystem
    private var sum = 0
    private(set) var seen: [Int] = []
    private(set) var cancelled = 0

    distributed func echo(_ bytes: [UInt8]) async throws -> [UInt8] { bytes }
    distributed func whoami() async throws -> EchoIdentity {
        EchoIdentity(
            slot: actorSystem.configuration.slot.description, pid: getpid(), caller: CallContext.current.caller)
    }
    distributed func add(_ number: Int, after milliseconds: Int) async throws -> Int {
        seen.append(number)
        do {
            // Stands for slow work that can be cancelled.
            if milliseconds > 0 { try await Task.sleep(for: .milliseconds(milliseconds)) }
        } catch {
            cancelled += 1
            throw error
        }
        sum += number
        return sum
    }
    distributed func fail(_ error: EchoError) async throws { throw error }
    distributed func crash() async throws { throw Unlisted() }
    distributed func block(milliseconds: Int) async throws {}
    distributed func hidden() -> Int { 42 }
}

/// An error that no registry holds.
struct Unlisted: Error {}

/// A pair of CURVE keys in Z85.
struct CurveKeys: Sendable {
    let publicKey: String
    let secretKey: String

    init() {
        var publicKey = [CChar](repeating: 0, count: 41)
        var secretKey = [CChar](repeating: 0, count: 41)
        zmq_curve_keypair(&publicKey, &secretKey)
        self.publicKey = String(decoding: publicKey.prefix(40).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        self.secretKey = String(decoding: secretKey.prefix(40).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
