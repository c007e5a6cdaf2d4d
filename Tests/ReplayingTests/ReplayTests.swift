import Contracts
import Postmortems
import Testing

@testable import Replaying

@Suite("Replay")
struct ReplayTests {
    @Test("every decision of a kept incident is the same again", arguments: Cases.names)
    func equal(_ name: String) throws {
        let replay = try Cases.replay(name)
        #expect(replay.divergence == nil)
        #expect(!replay.decisions.contains { $0.standing == .notDerivable })
        #expect(replay.entries == replay.steps.count)
        #expect(replay.final?.stage == (try Cases.document(name)).outcome)
    }

    @Test("diagnoses, plans, verdicts and stages are all among what is derived")
    func kinds() throws {
        let found = try Cases.replay("rejected").decisions.map(\.kind)
        for kind in [ReplayedDecision.Kind.diagnosis, .plan, .verdict, .stage] { #expect(found.contains(kind)) }
        #expect(found.count { $0 == .plan } == 2)
        #expect(found.count { $0 == .verdict } == 2)
    }

    /// Each of a sample of bytes, spread over the whole input of every entry.
    @Test("one flipped byte of an input shows, at its entry", arguments: ["agreed"])
    func flippedInputs(_ name: String) throws {
        let document = try Cases.document(name)
        var (flips, alone) = (0, 0)
        for index in document.simulationContext.entries.indices {
            let input = try #require(Base64.decode(document.simulationContext.entries[index].utf8))
            for place in stride(from: 0, to: input.count, by: max(1, input.count / 3)) {
                var changed = input
                changed[place] ^= 1
                var other = document
                other.simulationContext.entries[index] = String(decoding: Base64.encode(changed), as: UTF8.self)
                flips += 1
                #expect(Said(other).entry == index + 1, "byte \(place) of entry \(index + 1)")
                if Said(other, followsSeals: false) != .equal { alone += 1 }
            }
        }
        #expect(flips > 25)
        // What nothing depends on, such as who has told it, the seals alone notice.
        #expect(Double(alone) / Double(flips) > 0.8, "\(alone) of \(flips) are noticed by what follows from them alone")
    }

    @Test("one flipped byte of what a plan, a verdict or a policy was made from shows, at its entry")
    func flippedGrounds() throws {
        let document = try Cases.document("agreed")
        func flipped(_ sealed: SealedBytes, _ part: Int, _ put: (inout Postmortem, SealedBytes) -> Void) throws {
            var bytes = try #require(Base64.decode(sealed.bytes.utf8))
            bytes[bytes.count * part / 10] ^= 1
            var other = document
            var kept = sealed
            kept.bytes = String(decoding: Base64.encode(bytes), as: UTF8.self)
            put(&other, kept)
            #expect(Said(other).entry ?? 0 > 0)
            #expect(Said(other) != .equal)
        }
        let grounds = document.simulationContext.grounds
        for part in 0..<10 {
            try flipped(try #require(grounds.plans.first).made, part) {
                $0.simulationContext.grounds.plans[0].made = $1
            }
            try flipped(try #require(grounds.verdicts.first).proposal, part) {
                $0.simulationContext.grounds.verdicts[0].proposal = $1
            }
            try flipped(try #require(grounds.policies.first).record, part) {
                $0.simulationContext.grounds.policies[0].record = $1
            }
            try flipped(try #require(grounds.terms), part) { $0.simulationContext.grounds.terms = $1 }
        }
    }

    /// The seals are made anew as a forger would: what follows from the inputs does not.
    @Test("a world that was changed with its seal gives another plan")
    func forgedWorld() throws {
        var document = try Cases.document("helped")
        var ground = try #require(document.simulationContext.grounds.plans.first)
        let bytes = try ground.made.opened(entry: ground.entry, "the plan")
        // The state that the forge had seen.
        let state = Array("\(Digest(of: Array("state".utf8)))".utf8)
        let start = try #require(bytes.indices.first { bytes[$0...].starts(with: state) })
        let place = try #require((start..<(start + 64)).first { (48...57).contains(bytes[$0]) })
        var changed = bytes
        changed[place] ^= 1
        ground.made = SealedBytes(changed)
        document.simulationContext.grounds.plans = [ground]
        let replay = Replay(try ReplayCase(document))
        #expect(replay.divergence?.kind == .plan)
        #expect(replay.divergence?.entry == ground.entry)
    }

    @Test("what was recorded as having followed is compared, and never used")
    func recordedResults() throws {
        var document = try Cases.document("helped")
        let before = try Cases.replay("helped").final
        document.simulationContext.journal[3].result = document.simulationContext.journal[0].result
        #expect(Said(document) == .divergent(entry: 4))
        #expect(Said(document, followsSeals: false) == .divergent(entry: 4))
        #expect(Replay(try ReplayCase(document)).final == before)
    }

    @Test("a verdict that was recorded otherwise is named, with what follows in its place")
    func recordedVerdict() throws {
        var document = try Cases.document("escalated")
        document.simulationContext.grounds.policies = try Cases.document("helped").simulationContext.grounds.policies
        let replay = Replay(try ReplayCase(document))
        // Under the version that is named nothing was kept: then it is not derived, and said so.
        #expect(replay.decisions.contains { $0.kind == .verdict && $0.standing == .notDerivable })
        document.simulationContext.grounds.verdicts[0].policy = document.simulationContext.grounds.policies[0].version
        let other = Replay(try ReplayCase(document))
        #expect(other.divergence?.kind == .verdict)
        #expect(other.divergence?.recorded.hasPrefix("deny") == true)
        #expect(other.divergence?.derived?.hasPrefix("auto") == true)
    }

    @Test("an entry that is left out, doubled or moved is named")
    func entries() throws {
        let document = try Cases.document("helped")
        var less = document
        less.simulationContext.entries.remove(at: 2)
        less.simulationContext.journal.remove(at: 2)
        #expect(Said(less) == .divergent(entry: 3))
        var doubled = document
        doubled.simulationContext.entries.insert(document.simulationContext.entries[2], at: 2)
        doubled.simulationContext.journal.insert(document.simulationContext.journal[2], at: 2)
        #expect(Said(doubled).entry != nil)
        var cut = document
        cut.simulationContext.entries.removeLast()
        cut.simulationContext.journal.removeLast()
        #expect(Said(cut) == .divergent(entry: document.simulationContext.entries.count - 1))
        var uneven = document
        uneven.simulationContext.entries.removeLast()
        #expect(Said(uneven) == .unreadable(entry: document.simulationContext.entries.count))
    }

    @Test("without what an agent has kept its decision is not derived, and the rest is")
    func absentAgents() throws {
        var document = try Cases.document("rejected")
        document.simulationContext.grounds.plans = []
        document.simulationContext.grounds.policies = []
        let replay = Replay(try ReplayCase(document))
        #expect(replay.isEqual)
        #expect(
            replay.decisions.filter { $0.standing == .notDerivable }.map(\.kind) == [.plan, .verdict, .plan, .verdict])
        #expect(replay.decisions.contains { $0.kind == .diagnosis && $0.standing == .equal })
    }

    @Test("what is no document of ours is refused with where it is wrong")
    func noDocument() throws {
        let bytes = try Cases.bytes("helped")
        #expect(throws: PostmortemFault.self) { try ReplayCase(document: Array(bytes.dropLast(40))) }
        #expect(throws: PostmortemFault.self) { try ReplayCase(document: []) }
        var document = try Cases.document("helped")
        document.simulationContext.version = 1
        #expect(Said(document) == .unreadable(entry: 0))
    }
}
