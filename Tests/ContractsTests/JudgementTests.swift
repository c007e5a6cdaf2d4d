import Testing

@testable import Contracts

private func digest(_ number: UInt8) -> Digest { Digest(of: [number]) }

private func plan() -> PlanSummary {
    let order = ActionOrder(
        .scale, door: "supervisor", target: "orders",
        arguments: [ActionArgument("count", "3"), ActionArgument("a", "b")])
    let inverse = ActionOrder(.scale, door: "supervisor", target: "orders", arguments: [ActionArgument("count", "2")])
    let step = PlanStep(
        order, state: digest(1), blast: BlastRadius(roles: ["orders", "inventory"], capacity: 0.5),
        reversibility: .whole, inverse: PlanInverse(inverse, "back to two"),
        reverts: RevertedChange(commit: "c0ffee", at: 5), text: "one more")
    return PlanSummary(
        incident: "I-1", generation: 2, category: "Resource_Limit", confidence: 0.9, steps: [step],
        substance: digest(2), text: "too few")
}

@Suite("What is judged") struct JudgementTests {
    // The digests are those of Python's hashlib.
    @Test(
        "a digest is the SHA-256, at all lengths around a block",
        arguments: [
            (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (1, "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"),
            (55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"),
            (56, "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a"),
            (63, "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34"),
            (64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"),
            (65, "635361c48bb9eab14198e76ea8ab7f1a41685d6ad62aa9146d301d4f17eb0ae0"),
            (119, "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb"),
            (128, "6836cf13bac400e9105071cd6af47084dfacad4e5e302c94bfed24e013afb73e"),
            (1000, "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3"),
        ])
    func secureHash(count: Int, expected: String) {
        let bytes = [UInt8](repeating: UInt8(ascii: "a"), count: count)
        #expect(Digest(of: bytes).description == expected)
        // In pieces, it is the same.
        var hash = SecureHash()
        for start in stride(from: 0, to: count, by: 7) { hash.take(Array(bytes[start..<min(count, start + 7)])) }
        #expect(Digest(bytes: hash.finish())?.description == expected)
    }

    @Test("a digest has one spelling")
    func spelling() {
        let text = digest(1).description
        #expect(Digest(text) == digest(1))
        #expect(Digest(text.uppercased()) == nil && Digest(String(text.dropLast())) == nil && Digest(text + "0") == nil)
        #expect(Digest(String(text.dropLast()) + "g") == nil && Digest(bytes: [1]) == nil)
        #expect(Digest("one", of: [1]) != Digest("two", of: [1]) && Digest("one", of: [1]) != digest(1))
    }

    @Test("all of it survives the wire and JSON")
    func wire() throws {
        let circumstances = Circumstances(
            now: 1, state: digest(3), asker: Asker(.agent, "remediation"),
            standing: IncidentStanding(incident: "I-1", generation: 2, isOver: false),
            budgets: [BudgetStanding(objective: "fast", service: "orders", left: 0.5, burn: 2)],
            past: [PastAction(incident: "I-0", action: .restart, target: "orders", at: 0, capacity: 0.25)])
        let proposal = Proposal(plan: plan(), circumstances: circumstances)
        let packed = try Packed.encode(proposal)
        let again = try Packed.decode(Proposal.self, from: packed)
        #expect(again == proposal && again.plan.digest == plan().digest)
        let throughText = try Packed.decode(Proposal.self, from: JSONText.pack(JSONText.unpack(packed)))
        #expect(throughText == proposal && throughText.plan.digest == plan().digest)
    }

    @Test("an order's digest does not depend on the order of its arguments, and on all else")
    func order() {
        let one = plan().steps[0].order
        var other = one
        other.arguments.reverse()
        #expect(other.digest == one.digest)
        let changes: [(inout ActionOrder) -> Void] = [
            { $0.action = .roll }, { $0.door = "broker" }, { $0.target = "order" }, { $0.arguments[0].value = "c" },
            { $0.arguments[1].name = "counts" }, { $0.arguments.removeLast() },
            // What stands in one place does not pass for what stands in two.
            { ($0.door, $0.target) = ("supervisororders", "") },
            { $0.arguments = [ActionArgument("a", "bcount"), ActionArgument("", "3")] },
        ]
        var seen = [one.digest]
        for change in changes {
            var order = one
            change(&order)
            #expect(!seen.contains(order.digest))
            seen.append(order.digest)
        }
    }

    @Test("a plan's digest changes with every one of its fields")
    func wholePlan() {
        let changes: [(inout PlanSummary) -> Void] = [
            { $0.incident = "I-2" }, { $0.generation = 3 }, { $0.category = "Code_Bug" },
            { $0.confidence = 0.9.nextUp }, { $0.substance = digest(9) }, { $0.text = "" }, { $0.steps = [] },
            { $0.steps += $0.steps }, { $0.steps[0].order.target = "inventory" }, { $0.steps[0].state = digest(9) },
            { $0.steps[0].blast.roles = ["orders"] }, { $0.steps[0].blast.roles.reverse() },
            { $0.steps[0].blast.capacity = 0.25 },
            { $0.steps[0].blast.touchesData = true }, { $0.steps[0].reversibility = .none },
            { $0.steps[0].inverse = nil }, { $0.steps[0].inverse?.order = nil },
            { $0.steps[0].inverse?.order?.target = "inventory" }, { $0.steps[0].inverse?.text = "" },
            { $0.steps[0].reverts = nil }, { $0.steps[0].reverts?.commit = "c0ffed" },
            { $0.steps[0].reverts?.at = 6 }, { $0.steps[0].text = "two more" },
        ]
        var seen = [plan().digest]
        for (index, change) in changes.enumerated() {
            var other = plan()
            change(&other)
            #expect(!seen.contains(other.digest), "change \(index)")
            seen.append(other.digest)
        }
    }

    @Test("what an approval's signature signs changes with every field but the proof")
    func statement() {
        let id = UUID(high: 1, low: 2)
        let one = Approval(
            id: id, .approve, incident: "I-1", generation: 1, plan: digest(1), state: digest(2), person: "ann",
            proof: .init(.session, [1]), given: 5)
        let changes: [(inout Approval) -> Void] = [
            { $0.id = UUID(high: 1, low: 3) }, { $0.answer = .reject }, { $0.incident = "I-2" },
            { $0.generation = 2 }, { $0.plan = digest(2) }, { $0.state = digest(1) }, { $0.person = "bob" },
            { $0.given = 6 }, { $0.feedback = "" }, { $0.feedback = "no" },
        ]
        var seen = [one.statement]
        for change in changes {
            var other = one
            change(&other)
            #expect(!seen.contains(other.statement))
            seen.append(other.statement)
        }
        var proved = one
        proved.proof = .init(.signature, [2])
        #expect(proved.statement == one.statement)
    }
}
