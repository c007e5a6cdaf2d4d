import Bus
import Contracts
import Distributed
import Glibc
import Settings
import Synchronization

/// What a test can make the process do.
struct EchoSettings: Sendable {
    /// Die before being ready, every time.
    var refuse: Bool

    init(_ layers: Layers) {
        refuse = layers.value("echo.refuse", .boolean, otherwise: false)
    }
}

/// Answers. It isolates the sum that `add` keeps.
distributed actor EchoActor: Echo {
    typealias ActorSystem = BusSystem
    private var sum = 0

    distributed func echo(_ bytes: [UInt8]) async throws -> [UInt8] { bytes }

    distributed func whoami() async throws -> EchoIdentity {
        EchoIdentity(
            slot: actorSystem.configuration.slot.description, pid: getpid(), caller: CallContext.current.caller)
    }

    distributed func add(_ number: Int, after milliseconds: Int) async throws -> Int {
        if milliseconds > 0 {
            // Stands for slow work that can be cancelled.
            do { try await Task.sleep(for: .milliseconds(milliseconds)) } catch {
                EchoActor.cancelled.add(1, ordering: .relaxed)
                throw error
            }
        }
        sum += number
        return sum
    }

    distributed func fail(_ error: EchoError) async throws { throw error }

    distributed func crash() async throws { _ = EchoActor.trap() }

    /// Holds every thread of the pool, as code does that blocks where it must not.
    distributed func block(milliseconds: Int) async throws {
        let threads = max(2, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<threads { group.addTask { poll(nil, 0, Int32(milliseconds)) } }
        }
    }

    /// How many calls were cancelled in the middle of their work.
    static let cancelled = Atomic<Int>(0)

    /// Takes that much memory and keeps it.
    static func fill(_ megabytes: Int) -> [UInt8] {
        kept.withLock { $0.append([UInt8](repeating: 1, count: megabytes << 20)) }
        return [0xF6]
    }
    private static let kept = Mutex<[[UInt8]]>([])

    /// Ends the process by a fault of its own, as an index out of range does.
    static func trap() -> [UInt8] {
        let empty: [UInt8] = []
        return [empty[Int(getpid())]]
    }
}
