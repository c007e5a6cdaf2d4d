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

    static let access = AccessList([
        ("echo", AccessList.Entry(publish: ["news."], listen: [""])),
        ("caller", AccessList.Entry(call: ["echo"], deliver: ["echo"], publish: ["news."], listen: ["news."])),
        ("stranger", AccessList.Entry()),
    ])

    init(limits: RouterLimits = RouterLimits(), generation: UInt32 = 1, folder: String? = nil) async throws {
        self.folder = folder ?? LiveBus.makeFolder()
        var configuration = BrokerConfiguration(
            endpoints: BusEndpoints(run: self.folder), admission: AdmissionRules(accepts: { LiveBus.key.accepts($0, of: $1) }),
            access: LiveBus.access, generation: generation)
        configuration.limits = limits
        hub = BrokerHub(configuration, log: Log(descriptor: STDERR_FILENO, level: .error))
        try await hub.start()
    }

    static func makeFolder() -> String {
        var template = Array("/tmp/kintsugi-bus-XXXXXX".utf8CString)
        return template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
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

    distributed func echo(_ bytes: [UInt8]) async throws -> [UInt8] { bytes }
    distributed func whoami() async throws -> EchoIdentity {
        EchoIdentity(
            slot: actorSystem.configuration.slot.description, pid: getpid(), caller: CallContext.current.caller)
    }
    distributed func add(_ number: Int, after milliseconds: Int) async throws -> Int {
        seen.append(number)
        if milliseconds > 0 { try await Task.sleep(for: .milliseconds(milliseconds)) }
        sum += number
        return sum
    }
    distributed func fail(_ error: EchoError) async throws { throw error }
    distributed func crash() async throws { throw CancellationError() }
    distributed func block(milliseconds: Int) async throws {}
    distributed func hidden() -> Int { 42 }
}
