import Contracts
import Testing

@testable import Simulator

@Suite struct SimulationTests {
    @Test("every promise is kept under the first seeds")
    func firstSeeds() {
        var tally = Tally()
        for seed in 1...60 as ClosedRange<UInt64> {
            let outcome = Simulation(seed: seed).run()
            #expect(outcome.violation == nil, "seed \(seed)")
            tally.add(outcome.tally)
        }
        // A simulation in which nothing happens proves nothing.
        #expect(tally.executions > 1_000 && tally.poisoned > 10 && tally.requeued > 100)
        #expect(tally.crashes > 100 && tally.freezes > 10 && tally.clogs > 10 && tally.hangs > 5)
        #expect(tally.brokers > 70 && tally.supervisors > 70 && tally.commands > 60 && tally.givenUp > 5)
    }

    @Test("the same seed gives the same run, and another seed another")
    func deterministic() {
        let first = Simulation(seed: 7).run()
        #expect(Simulation(seed: 7).run() == first)
        #expect(Simulation(seed: 8).run().digest != first.digest)
    }

    @Test("to write a run down does not change it")
    func traced() {
        var options = SimulationOptions()
        options.trace = true
        let traced = Simulation(seed: 7, options: options).run()
        #expect(traced.digest == Simulation(seed: 7).run().digest)
        #expect(!traced.events.isEmpty)
    }

    @Test("a rule that is broken is noticed within a few seeds", arguments: Mutation.allCases)
    func mutations(_ mutation: Mutation) {
        var options = SimulationOptions()
        options.mutation = mutation
        options.healedMilliseconds = 20_000
        let failed = (1...150 as ClosedRange<UInt64>).lazy.map { Simulation(seed: $0, options: options).run() }
            .first { $0.violation != nil }
        #expect(failed != nil)
        // What is shown can be seen again.
        #expect(failed.map { Simulation(seed: $0.seed, options: options).run() } == failed)
        #expect(failed?.events.last?.contains("VIOLATED") == true)
    }

    @Test("events come in the order of time, and those of one moment in the order in which they were made")
    func queue() {
        var queue = EventQueue<Event>()
        var chance = SeededNumbers(state: 3)
        for number in 0..<500 {
            queue.push(.tick(number), at: .init(nanoseconds: chance.next() % 20))
        }
        var last: (UInt64, Int) = (0, -1)
        while let (moment, event) = queue.pop() {
            guard case .tick(let number) = event else { return }
            #expect((moment.nanoseconds, number) > last)
            last = (moment.nanoseconds, number)
        }
    }
}

private struct SeededNumbers {
    var state: UInt64
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 33
    }
}
