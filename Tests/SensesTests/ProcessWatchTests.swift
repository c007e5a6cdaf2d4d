import Contracts
import Testing

@testable import Senses

@Suite struct ProcessWatchTests {
    private struct World {
        var watch = ProcessWatch()
        var findings = FindingBook()

        mutating func tell(_ kind: ProcessNotice.Kind, _ slot: String?, at second: Int64, isOwnFault: Bool = false) {
            watch.take(
                ProcessNotice(kind, role: "orders", slot: slot, reason: "why", isOwnFault: isOwnFault, at: at(second)),
                into: &findings, now: at(second))
        }

        mutating func look(_ second: Int64) -> [String] {
            watch.tick(into: &findings, now: at(second))
            findings.tick(now: at(second))
            return findings.current.map(\.kind.rawValue)
        }
    }

    @Test("a process that falls silent is noticed within six seconds, and its word ends it")
    func silence() {
        var world = World()
        world.watch.heard("orders.1", node: "orders", now: at(noon))
        #expect(world.look(noon + 4).isEmpty)
        #expect(world.look(noon + 5) == ["silentProcess"])
        #expect(world.findings.current.first?.began == at(noon))
        world.watch.heard("orders.1", node: "orders", now: at(noon + 8))
        #expect(world.look(noon + 8).isEmpty)
        #expect(world.look(noon + 700).isEmpty && world.watch.known.isEmpty)
    }

    @Test("what a dead or stopped process said last does not make it a silent one")
    func echo() {
        var world = World()
        world.watch.heard("orders.1", node: "orders", now: at(noon))
        world.tell(.stopped, "orders.1", at: noon + 1)
        world.watch.heard("orders.1", node: "orders", now: at(noon + 1))
        #expect(world.look(noon + 20).isEmpty && world.watch.known.isEmpty)
        world.tell(.ready, "orders.1", at: noon + 21)
        world.watch.heard("orders.1", node: "orders", now: at(noon + 21))
        #expect(world.watch.known.count == 1)
    }

    @Test("a death is a warning where it is the process's own fault, else a notice; it is over after half a minute")
    func deaths() {
        var world = World()
        world.tell(.died, "orders.1", at: noon, isOwnFault: true)
        world.tell(.died, "orders.2", at: noon + 1)
        #expect(world.findings.current.map(\.severity) == [.warning, .notice])
        #expect(world.look(noon + 29).count == 2 && world.look(noon + 31).isEmpty)
    }

    @Test("a role that is given up is so until the last of its slots is back or gone")
    func givenUp() {
        var world = World()
        world.tell(.gaveUp, "orders.1", at: noon)
        world.tell(.gaveUp, "orders.2", at: noon + 1)
        world.tell(.ready, "orders.3", at: noon + 2)
        world.tell(.ready, "orders.1", at: noon + 3)
        #expect(world.look(noon + 4) == ["givenUp"])
        world.tell(.stopped, "orders.2", at: noon + 5)
        #expect(world.look(noon + 6).isEmpty)
        world.tell(.roleGivenUp, nil, at: noon + 10)
        #expect(world.look(noon + 11) == ["givenUp"])
        world.tell(.roleBack, nil, at: noon + 12)
        #expect(world.look(noon + 13).isEmpty)
    }

    @Test("processes and notices without end take bounded memory")
    func bounds() {
        var world = World()
        for number in 0..<6_000 {
            world.watch.heard("p\(number)", node: "n", now: at(noon))
            world.tell(.started, "s\(number)", at: noon + Int64(number))
        }
        #expect(world.watch.known.count == 4_096 && world.watch.leftOut == 1_904)
        #expect(world.watch.notices(from: 0, until: .max).count <= 2_000)
        #expect(world.watch.notices(from: 0, until: .max).last?.at == at(noon + 5_999))
    }

    @Test("a clock that jumps makes nobody silent for longer than until the next word")
    func clocks() {
        var world = World()
        world.watch.heard("orders.1", node: "orders", now: at(noon))
        #expect(world.look(noon - 3_600).isEmpty)
        #expect(world.look(noon - 3_594) == ["silentProcess"])
    }
}

@Suite struct OwnWorkTests {
    private func increase(_ metric: String, _ outcome: String, _ count: Double, agent: String = "risk")
        -> MetricIncrease
    {
        MetricIncrease(
            key: name(metric, node: agent, labels: [SignalLabel("outcome", outcome)]), at: at(noon), count: count)
    }

    @Test("one step in ten that fails is noticed; one in a hundred is not")
    func steps() {
        for (failed, expected) in [(1.0, 0), (10, 1)] {
            var work = OwnWork()
            var findings = FindingBook()
            work.take(increase("agent.steps", "ok", 100 - failed), now: at(noon))
            work.take(increase("agent.steps", "failed", failed), now: at(noon))
            work.tick(into: &findings, now: at(noon + 1))
            #expect(findings.current.count == expected)
            work.tick(into: &findings, now: at(noon + 400))
            findings.tick(now: at(noon + 400))
            #expect(findings.current.isEmpty)
        }
    }

    @Test("a step that does not end is noticed while it is told, and forgotten with its agent")
    func age() {
        var work = OwnWork()
        var findings = FindingBook()
        work.take(gauge: point(.gauge(300), at: noon, metric: "agent.step.age", instance: "risk@host.1"), now: at(noon))
        work.tick(into: &findings, now: at(noon + 1))
        #expect(findings.current.map(\.node) == ["risk"])
        for number in 0..<1_000 {
            let reading = point(.gauge(1), at: noon, metric: "agent.step.age", instance: "a\(number)")
            work.take(gauge: reading, now: at(noon))
        }
        work.tick(into: &findings, now: at(noon + 100))
        work.take(gauge: point(.gauge(999), at: noon, metric: "agent.step.age", instance: "late"), now: at(noon + 100))
        work.tick(into: &findings, now: at(noon + 101))
        #expect(findings.current.contains { $0.node == "late" })
    }

    @Test("three verifications in a row that fail are noticed, one that holds begins anew")
    func verifications() {
        var work = OwnWork()
        var findings = FindingBook()
        for outcome in ["failed", "failed", "ok", "failed", "failed"] {
            work.take(increase("agent.verifications", outcome, 1), now: at(noon))
        }
        work.tick(into: &findings, now: at(noon))
        #expect(findings.current.isEmpty)
        work.take(increase("agent.verifications", "failed", 1), now: at(noon))
        work.tick(into: &findings, now: at(noon))
        #expect(findings.current.map(\.subject) == ["verification"])
    }

    @Test("whoever calls itself an agent takes bounded memory")
    func bounds() {
        var work = OwnWork()
        for number in 0..<200_000 {
            let agent = number % 2 == 0 ? "risk" : "stranger \(number)"
            work.take(increase("agent.steps", "ok", 1, agent: agent), now: at(noon + Int64(number / 1_000)))
            work.take(increase("agent.verifications", "ok", 1, agent: agent), now: at(noon))
        }
        #expect(work.held < 1_000)
    }
}
