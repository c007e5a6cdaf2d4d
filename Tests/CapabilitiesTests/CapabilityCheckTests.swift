import Contracts
import Host
import Testing

@testable import Capabilities

/// One row of the table of `CapabilityCheck`: what is changed at the door, and how it then answers.
private struct Cell: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let change: @Sendable (inout CapabilityBench) throws -> Void
    let expected: @Sendable (CapabilityCheck.Decision) -> Bool

    init(
        _ name: String, _ expected: @escaping @Sendable (CapabilityCheck.Decision) -> Bool,
        _ change: @escaping @Sendable (inout CapabilityBench) throws -> Void
    ) {
        testDescription = name
        self.change = change
        self.expected = expected
    }

    init(
        _ name: String, _ refusal: CapabilityCheck.Refusal,
        _ change: @escaping @Sendable (inout CapabilityBench) throws -> Void
    ) {
        self.init(name, { $0 == .refuse(refusal) }, change)
    }
}

private let issued = CapabilityBench.issued
private let expires = issued + .seconds(120)
private let isAccepted: @Sendable (CapabilityCheck.Decision) -> Bool = { if case .accept = $0 { true } else { false } }
private let isAgain: @Sendable (CapabilityCheck.Decision) -> Bool = { $0 == .again(result: [42]) }
private let isUnderway: @Sendable (CapabilityCheck.Decision) -> Bool = {
    if case .underway = $0 { true } else { false }
}

/// The door has used it, with that result.
@Sendable private func used(_ bench: inout CapabilityBench, _ result: [UInt8]? = [42]) {
    bench.known.earlier = bench.stored
    bench.known.earlier?.result = result
}

private let cells: [Cell] = [
    Cell("in order", isAccepted) { _ in },
    Cell("in its last nanosecond", isAccepted) { $0.known.now = expires - 1 },
    Cell("by a clock that is a little behind", isAccepted) { $0.known.now = issued - .seconds(5) },
    Cell("at a door that has not heard of the incident", isAccepted) { $0.known.standing = nil },
    Cell("at a door that has heard of another incident", isAccepted) {
        $0.known.standing = IncidentStanding(incident: "I-9", generation: 9, isOver: true)
    },
    Cell("with another use on record", isAccepted) { bench in
        bench.known.earlier = StoredUse(
            id: UUID(high: 1, low: 1), capability: digest(1), order: digest(1), plan: digest(1))
    },
    Cell("no bytes", .malformed) { $0.use.signed = SignedCapability(bytes: []) },
    Cell("more bytes than anyone reads", .malformed) {
        $0.use.signed = SignedCapability(bytes: [UInt8](repeating: 0, count: 1 << 20))
    },
    Cell("a byte more", .malformed) { $0.use.signed.bytes.append(0) },
    Cell("an unknown key", { if case .refuse(.unknownKey) = $0 { true } else { false } }) { $0.known.issuers = [] },
    Cell("a key that is another issuer's", { if case .refuse(.unknownKey) = $0 { true } else { false } }) {
        $0.known.issuers[0].issuer = "remediation"
    },
    Cell("a signature of other bytes", .altered) { bench in
        guard let opened = CapabilitySeal.open(bench.use.signed) else { return }
        let key = bench.key
        bench.use.signed =
            CapabilitySeal.seal(opened.capability, key: opened.key) { key.sign($0 + [0]) } ?? bench.use.signed
    },
    Cell("another door", .wrongDoor(expected: "supervisor", found: "broker")) { $0.known.door = "broker" },
    Cell("another order", { if case .refuse(.otherOrder) = $0 { true } else { false } }) {
        $0.use.order.arguments[0].value = "4"
    },
    Cell("another target", { if case .refuse(.otherOrder) = $0 { true } else { false } }) {
        $0.use.order.target = "inventory"
    },
    Cell("another action", { if case .refuse(.otherOrder) = $0 { true } else { false } }) {
        $0.use.order.action = .roll
    },
    Cell("another plan", { if case .refuse(.otherPlan) = $0 { true } else { false } }) { $0.use.plan = digest(9) },
    Cell("another state", .otherState(expected: digest(1), found: digest(9))) { $0.known.state = digest(9) },
    Cell("a state that nobody knows", .unknownState) { $0.known.state = nil },
    Cell("at its end", .expired(at: expires, now: expires)) { $0.known.now = expires },
    Cell("long after its end", .expired(at: expires, now: .max)) { $0.known.now = .max },
    Cell("long before its time", .early(from: issued, now: .min)) { $0.known.now = .min },
    Cell("before its time", .early(from: issued, now: 0)) { $0.known.now = 0 },
    Cell("after the incident", .incidentOver("I-1")) { $0.known.standing?.isOver = true },
    Cell("in another generation", .superseded(expected: 2, found: 3)) { $0.known.standing?.generation = 3 },
    Cell("a second time", isAgain) { used(&$0) },
    Cell("a second time, late", isAgain) {
        used(&$0)
        $0.known.now = expires + .seconds(1_000)
    },
    Cell("a second time, after it has moved the state", isAgain) {
        used(&$0)
        $0.known.state = digest(9)
    },
    Cell("a second time, after the incident", isAgain) {
        used(&$0)
        $0.known.standing?.isOver = true
    },
    Cell("a second time while the first is not done", isUnderway) { used(&$0, nil) },
    Cell("a second time, for something else", .usedWithOtherContent) {
        used(&$0)
        $0.use.order.arguments[0].value = "4"
    },
    Cell("a second time, for another plan", .usedWithOtherContent) {
        used(&$0)
        $0.use.plan = digest(9)
    },
    Cell("another capability under the id of one that was used", .usedWithOtherContent) { bench in
        used(&bench)
        bench.use.signed = try bench.sealed { $0.expires += 1 }
    },
    Cell("a second time, altered", .altered) { bench in
        used(&bench)
        bench.use.signed.bytes[bench.use.signed.bytes.count - 1] ^= 1
    },
    Cell("a second time, at another door", .wrongDoor(expected: "supervisor", found: "broker")) {
        used(&$0)
        $0.known.door = "broker"
    },
    Cell(
        "a second time, with a key that is not known any more",
        { if case .refuse(.unknownKey) = $0 { true } else { false } }
    ) {
        used(&$0)
        $0.known.issuers = []
    },
]

@Suite("A capability at a door") struct CapabilityCheckTests {
    @Test("is answered as its table says", arguments: cells)
    fileprivate func table(cell: Cell) throws {
        var bench = try CapabilityBench()
        try cell.change(&bench)
        let decision = bench.decide()
        #expect(cell.expected(decision), "\(decision)")
    }

    @Test("every refusal says what was expected or what to do")
    func words() throws {
        for cell in cells {
            var bench = try CapabilityBench()
            try cell.change(&bench)
            guard case .refuse(let refusal) = bench.decide() else { continue }
            #expect(refusal.description.utf8.count > 20)
        }
    }

    @Test("with any one byte changed to any other it is refused")
    func mutations() throws {
        var bench = try CapabilityBench()
        let good = bench.use.signed.bytes
        var wrong: [Int] = []
        for place in good.indices {
            // All values where structure stands, some elsewhere: each signature check costs a little.
            let values: [UInt8] = place < 60 ? Array(1...255) : [1, 2, 4, 8, 16, 32, 64, 128, 255]
            for value in values {
                bench.use.signed.bytes = good
                bench.use.signed.bytes[place] ^= value
                guard case .refuse = bench.decide() else {
                    wrong.append(place)
                    continue
                }
            }
        }
        #expect(wrong == [])
        bench.use.signed.bytes = good
        #expect(isAccepted(bench.decide()))
    }

    @Test("cut at any place, or with any one byte left out or doubled, it is refused")
    func cuts() throws {
        var bench = try CapabilityBench()
        let good = bench.use.signed.bytes
        for place in good.indices {
            for change in [good.prefix(place), good[..<place] + good[(place + 1)...], good[...place] + good[place...]]
            where Array(change) != good {
                bench.use.signed.bytes = Array(change)
                guard case .refuse = bench.decide() else {
                    Issue.record("accepted at \(place)")
                    continue
                }
            }
        }
    }

    @Test("in other bytes that say the same it is refused: there is one spelling")
    func spelling() throws {
        var bench = try CapabilityBench()
        guard let opened = CapabilitySeal.open(bench.signed) else { throw CapabilityBench.NotSealed() }
        var writer = PackedWriter()
        writer.list(count: 2)
        // A length of two bytes in four.
        let count = opened.message.count
        writer.raw([0x5A, 0, 0, UInt8(count >> 8), UInt8(count & 0xFF)] + opened.message)
        writer.data(opened.signature)
        bench.use.signed = SignedCapability(bytes: writer.bytes)
        #expect(bench.decide() == .refuse(.malformed))
    }

    @Test("bytes of chance end nothing and open nothing")
    func generated() throws {
        var bench = try CapabilityBench()
        let good = bench.use.signed.bytes
        var chance = Chance(seed: 5)
        for _ in 0..<20_000 {
            var bytes = Int.random(in: 0...9, using: &chance) == 0 ? [] : good
            for _ in 0..<Int.random(in: 1...6, using: &chance) {
                let place = Int.random(in: 0...bytes.count, using: &chance)
                if Bool.random(using: &chance), place < bytes.count {
                    bytes[place] = UInt8.random(in: 0...255, using: &chance)
                } else {
                    bytes.insert(UInt8.random(in: 0...255, using: &chance), at: place)
                }
            }
            guard bytes != good else { continue }
            bench.use.signed = SignedCapability(bytes: bytes)
            guard case .refuse = bench.decide() else {
                Issue.record("accepted: \(bytes)")
                return
            }
        }
    }

    @Test("a door that stores what it is told has one effect, however often and in whatever order the calls come")
    func oneEffect() throws {
        for seed in 0..<200 {
            var chance = Chance(seed: UInt64(seed))
            var bench = try CapabilityBench()
            let other = try bench.sealed { $0.expires += 5 }
            var effects = 0
            for _ in 0..<12 {
                bench.use.signed = Int.random(in: 0...3, using: &chance) == 0 ? other : bench.signed
                bench.known.now += .seconds(Int64.random(in: 0...20, using: &chance))
                switch bench.decide() {
                case .accept(_, let store):
                    effects += 1
                    bench.known.earlier = store
                    bench.known.state = digest(UInt8.random(in: 1...3, using: &chance))
                    // A crash between the effect and its result.
                    if Bool.random(using: &chance) { bench.known.earlier?.result = [1] }
                case .underway: bench.known.earlier?.result = [1]
                case .again(let result): #expect(result == [1])
                case .refuse: break
                }
            }
            #expect(effects <= 1)
        }
    }
}

@Suite("A capability") struct CapabilityIssueTests {
    @Test("is made for each step, for the step's own door, order and state")
    func steps() throws {
        let bench = try CapabilityBench()
        var plan = bench.plan
        var second = plan.steps[0]
        second.order = ActionOrder(.breaker, door: "orders", target: "orders")
        second.state = digest(5)
        plan.steps.append(second)
        let name = bench.known.issuers[0].name
        let terms = CapabilityBench.terms(plan, name)
        let made = try CapabilityIssue.capabilities(for: plan, terms, sign: bench.key.sign)
        let opened = made.compactMap { CapabilitySeal.open($0)?.capability }
        #expect(opened.map(\.step) == [0, 1] && opened.map(\.door) == ["supervisor", "orders"])
        #expect(opened.map(\.state) == [digest(1), digest(5)] && opened[0].id != opened[1].id)
        #expect(opened.allSatisfy { $0.plan == plan.digest && $0.incident == "I-1" && $0.generation == 2 })
        #expect(opened[1].order == second.order.digest && opened[1].expires == CapabilityBench.issued + .seconds(120))
        // Asked twice at one time it is the same, byte for byte.
        #expect(try CapabilityIssue.capabilities(for: plan, terms, sign: bench.key.sign) == made)
        #expect(SignedCapability(text: made[0].text) == made[0] && SignedCapability(text: "not base64!") == nil)
    }

    @Test("is not made for another plan than was judged, for no time, nor with names that nobody would read")
    func refusals() throws {
        let bench = try CapabilityBench()
        let name = bench.known.issuers[0].name
        var terms = CapabilityBench.terms(bench.plan, name)
        terms.lifetime = 0
        #expect(throws: CapabilityIssue.Refusal.noLifetime) {
            try CapabilityIssue.capabilities(for: bench.plan, terms, sign: bench.key.sign)
        }
        terms.lifetime = .max
        #expect(try CapabilityIssue.capabilities(for: bench.plan, terms, sign: bench.key.sign).count == 1)
        var other = bench.plan
        other.confidence = 1
        #expect(throws: CapabilityIssue.Refusal.self) {
            try CapabilityIssue.capabilities(for: other, terms, sign: bench.key.sign)
        }
        other.incident = String(repeating: "I", count: 5_000)
        #expect(throws: CapabilityIssue.Refusal.tooLong(step: 0)) {
            try CapabilityIssue.capabilities(for: other, CapabilityBench.terms(other, name), sign: bench.key.sign)
        }
    }
}
