import Contracts

@testable import Routing

/// A router on a table: events go in by short names, and what it decides comes out as lines.
struct RouterBench {
    static let access = AccessList([
        ("client", .init(call: ["echo", "store"], deliver: ["echo"])), ("other", .init(call: ["echo"])),
        ("echo", .init(call: ["store"])), ("store", .init()), ("admin", .init(call: ["*"], deliver: ["*"])),
    ])
    var router: Router<String>
    var now = Moment(nanoseconds: 1_000_000_000)

    init(_ change: (inout RouterLimits) -> Void = { _ in }) {
        var limits = RouterLimits()
        change(&limits)
        router = Router(access: Self.access, limits: limits, generation: 1, now: now)
    }

    /// What was decided since the last time.
    mutating func decided() -> [String] { router.takeEffects().map(Self.line) }

    static func line(_ effect: Router<String>.Effect) -> String {
        switch effect {
        case .send(let route, let header, _):
            switch header.kind {
            case .reply: "\(route): \(header.status) #\(header.correlation) deaths \(header.deaths)"
            case .refused: "\(route): refused \(header.method)"
            case .death: "\(route): death #\(header.correlation) deaths \(header.deaths)"
            case .cancel: "\(route): cancel #\(header.correlation) of \(header.number)"
            default: "\(route): \(header.kind)"
            }
        case .call(let route, let stamp, let message, let keep):
            "\(route): call \(message) from \(stamp.sender) deaths \(stamp.deaths)\(keep ? ", kept" : "")"
        case .reply(let route, let message): "\(route): passes \(message)"
        case .report(let report): "\(report.kind) \(report.slot)"
        }
    }

    mutating func ready(
        _ route: UInt32, _ slot: String, window: Int = 0, spawn: UInt64 = 1, session: UInt64? = nil,
        identity: Identity? = nil
    ) -> [String] {
        let role = SlotName(slot)?.role ?? ""
        router.ready(
            route: route, identity: identity ?? Identity(role: role),
            body: ReadyBody(slot: slot, spawn: spawn, session: session ?? UInt64(route), window: window), now: now)
        return decided()
    }

    /// The life that a route has now.
    func life(_ route: UInt32) -> UInt64 { router.peerOfRoute[route].flatMap { router.peers[$0] }?.incarnation ?? 0 }

    mutating func frame(_ route: UInt32, _ header: Header, bytes: Int = 10, _ message: String = "") -> [String] {
        router.frame(route: route, header: header, bytes: bytes, message: message, now: now)
        return decided()
    }

    mutating func call(
        _ route: UInt32, _ number: UInt64, role: String = "echo", slot: String = "", again: Bool = false,
        delivery: Bool = false, deaths: UInt8 = 0, milliseconds: UInt64 = 0, bytes: Int = 10
    ) -> [String] {
        var header = Header(.call)
        header.correlation = number
        header.role = role
        header.slot = slot
        header.idempotent = again
        header.delivery = delivery
        header.deaths = deaths
        header.budget = milliseconds * 1_000
        return frame(route, header, bytes: bytes, "c\(number)")
    }

    mutating func reply(_ worker: UInt32, to caller: UInt32, _ number: UInt64, life: UInt64? = nil) -> [String] {
        var header = Header(.reply)
        header.correlation = number
        header.number = UInt64(caller)
        header.incarnation = life ?? self.life(worker)
        return frame(worker, header, "r\(number)")
    }

    mutating func send(_ route: UInt32, _ kind: FrameKind, number: UInt64 = 0) -> [String] {
        var header = Header(kind)
        header.number = number
        header.correlation = number
        return frame(route, header)
    }

    mutating func tick(after milliseconds: Int64) -> [String] {
        now = now.adding(.milliseconds(milliseconds))
        router.tick(now: now)
        return decided()
    }

    /// Time passes in steps that a healthy broker makes.
    mutating func pass(_ milliseconds: Int64, alive: [UInt32] = []) -> [String] {
        var lines: [String] = []
        for _ in 0..<milliseconds / 20 {
            lines += tick(after: 20)
            for route in alive {
                if let index = router.peerOfRoute[route] { router.peers[index]?.heard = now }
            }
        }
        return lines
    }

    mutating func unreachable(_ route: UInt32) -> [String] {
        router.unreachable(route: route, now: now)
        return decided()
    }
}
