import Contracts
import Simulator
import Testing

@Suite struct IncidentSimulationTests {
    @Test("an incident keeps every promise under the first seeds")
    func everyPromiseIsKept() {
        var tally = IncidentTally()
        for seed in 1...120 as ClosedRange<UInt64> {
            let outcome = IncidentSimulation(seed: seed).run()
            if let violation = outcome.violation {
                Issue.record("seed \(seed): \(violation.promise): \(violation.detail)")
                for event in outcome.events.suffix(40) { print("  \(event)") }
                return
            }
            tally.add(outcome.tally)
        }
        // The seeds reach what they are meant to reach.
        #expect(tally.resolved > 10)
        #expect(tally.effects > 60)
        #expect(tally.undone > 20)
        #expect(tally.deaths > 150)
        #expect(tally.lost > 200)
        #expect(tally.doubled > 200)
        #expect(tally.repeated > 5)
        #expect(tally.rejected > 3)
    }

    @Test("the same seed gives the same incident, another seed another")
    func theSameSeedIsTheSameRun() {
        let first = IncidentSimulation(seed: 7).run()
        var traced = IncidentOptions()
        traced.trace = true
        #expect(IncidentSimulation(seed: 7).run() == first)
        #expect(IncidentSimulation(seed: 7, options: traced).run().digest == first.digest)
        #expect(IncidentSimulation(seed: 8).run().digest != first.digest)
    }

    @Test(
        "a rule of incidents that is broken is noticed within a few hundred seeds", arguments: IncidentMutation.allCases
    )
    func aBrokenRuleIsNoticed(mutation: IncidentMutation) {
        var options = IncidentOptions()
        options.mutation = mutation
        let found = (1...500 as ClosedRange<UInt64>).first { seed in
            IncidentSimulation(seed: seed, options: options).run().violation != nil
        }
        #expect(found != nil)
    }

    @Test("whoever dies at whichever step, the incident ends as it would have")
    func aDeathChangesNothing() {
        let matrix = IncidentMatrix()
        #expect(matrix.cells.count == IncidentParty.allCases.count * IncidentMatrix.errands.count)
        for cell in matrix.cells {
            #expect(cell.deaths >= 3, "\(cell.party) at \(cell.errand)")
            #expect(cell.alike == cell.deaths, "\(cell.party) at \(cell.errand)")
        }
        for story in IncidentStory.allCases {
            var options = IncidentOptions()
            options.story = story
            let calm = IncidentSimulation(seed: 1, options: options).run()
            #expect(calm.violation == nil)
            #expect(calm.stage == .resolved)
        }
    }
}
