import Testing

@testable import Simulator

@Suite struct ShopSimulationTests {
    @Test("the shop keeps every promise under the first seeds")
    func firstSeeds() {
        var tally = ShopTally()
        for seed in 1...400 as ClosedRange<UInt64> {
            let outcome = ShopSimulation(seed: seed).run()
            #expect(outcome.violation == nil, "seed \(seed)")
            tally.add(outcome.tally)
        }
        print(tally)
    }

    @Test("a rule of the shop that is broken is noticed within a few hundred seeds", arguments: ShopMutation.allCases)
    func mutations(_ mutation: ShopMutation) {
        var options = ShopOptions()
        options.mutation = mutation
        let failed = (1...300 as ClosedRange<UInt64>).lazy.map { ShopSimulation(seed: $0, options: options).run() }
            .first { $0.violation != nil }
        print(mutation, failed?.seed ?? 0, failed?.violation?.promise ?? "", failed?.violation?.detail ?? "")
        #expect(failed != nil)
        // What is shown can be seen again.
        #expect(failed.map { ShopSimulation(seed: $0.seed, options: options).run() } == failed)
        #expect(failed?.events.last?.contains("VIOLATED") == true)
    }
}
