import Contracts
import Definitions
import Settings
import Testing

private let good = """
    version: 1
    name: order-and-delete
    about: An order is taken and confirmed.
    every: 10s
    deadline: 5s
    sku: CANARY-000001
    customer: 7
    failing: {after: 2, of: 4, recovered-after: 2}
    steps:
      - {do: order, quantity: 2, within: 1s}
      - {do: read, until: CONFIRMED, within: 3s}
      - {do: delete}
      - {do: read, expect: 404}
    """

@Suite("A canary's file") struct CanaryFileTests {
    @Test("is read as it is written")
    func read() throws {
        let found = Definitions.canaries(text: good, name: "c.yaml")
        #expect(found.mistakes.isEmpty, "\(found.mistakes)")
        let expected = CanaryDefinition(
            name: "order-and-delete", about: "An order is taken and confirmed.", every: .seconds(10),
            deadline: .seconds(5), sku: "CANARY-000001", customer: "ca9a9000-0000-7000-8000-000000000007",
            steps: [
                .init(.order, quantity: 2, status: 201, within: .seconds(1)),
                .init(.read, status: 200, until: "CONFIRMED", within: .seconds(3)),
                .init(.delete, status: 204, within: .seconds(5)), .init(.read, status: 404, within: .seconds(5)),
            ], judgement: .init(failures: 2, of: 4, recoveries: 2))
        #expect(found.canaries == [expected])
    }

    @Test(
        "says what is wrong with it",
        arguments: [
            (
                "CANARY-000001", "SKU-000001",
                "c.yaml:6: sku: expected an SKU of 64 letters at most that begins with CANARY-, found \"SKU-000001\""
            ),
            (
                "every: 10s", "every: 2s",
                "c.yaml:5: deadline: expected a deadline that is no longer than every: a run ends before the next one"
            ),
            (
                "  - {do: delete}\n", "",
                "c.yaml:10: steps: expected a step do: delete: what a canary orders must not stay"
            ),
            ("do: order", "do: read", "c.yaml:10: steps: expected at least one step, the first of which is do: order"),
            (
                "within: 1s", "within: 9s",
                "c.yaml:10: steps[0].within: expected a time within the canary's own deadline"
            ),
            (
                "after: 2", "after: 7",
                "c.yaml:8: failing.after: expected no more failures than the 4 runs that are looked at"
            ),
        ])
    func mistakes(old: String, new: String, complaint: String) {
        let found = Definitions.canaries(text: good.replacing(old, with: new), name: "c.yaml")
        #expect(found.canaries.isEmpty)
        #expect(found.mistakes.map(\.description).contains(complaint), "\(found.mistakes)")
    }

    @Test("a second of the same name is told, and the first goes on")
    func twice() {
        let found = Definitions.canaries(text: good + "\n---\n" + good, name: "c.yaml")
        #expect(found.canaries.count == 1)
        #expect(
            found.mistakes.map(\.description) == [
                "c.yaml:16: name: the canary \"order-and-delete\" stands in c.yaml:2 already"
            ])
    }

    @Test("what is for nobody is told by what it asks for")
    func synthetic() {
        #expect(Synthetic.isSynthetic(skus: ["CANARY-1", "CANARY-2"]))
        #expect(!Synthetic.isSynthetic(skus: ["CANARY-1", "SKU-2"]) && !Synthetic.isSynthetic(skus: []))
        #expect(Synthetic.customer(255) == "ca9a9000-0000-7000-8000-0000000000ff")
    }
}
