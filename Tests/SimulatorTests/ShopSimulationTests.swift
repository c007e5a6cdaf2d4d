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
        // A simulation in which nothing happens proves nothing.
        #expect(tally.orders > 2_000 && tally.confirmed > 300 && tally.cancelled > 300 && tally.deleted > 500)
        #expect(tally.crashes > 1_000 && tally.deaths > 200 && tally.lost > 500 && tally.doubled > 200)
        #expect(tally.known > 500 && tally.deadLetters > 100 && tally.redriven >= tally.deadLetters)
        #expect(tally.carrierCalls > 1_000 && tally.wrongAnswers > 50 && tally.breakerWaits > 100 && tally.split > 5)
        #expect(tally.overtaken > 50 && tally.lateReservations > 50 && tally.earlyReleases > 10)
        #expect(tally.unaffordable > 50 && tally.restocks > 200)
    }

    @Test("the same seed gives the same shop, another seed another, and to write it down changes nothing")
    func deterministic() {
        let first = ShopSimulation(seed: 7).run()
        #expect(ShopSimulation(seed: 7).run() == first)
        #expect(ShopSimulation(seed: 8).run().digest != first.digest)
        var options = ShopOptions()
        options.trace = true
        let traced = ShopSimulation(seed: 7, options: options).run()
        #expect(traced.digest == first.digest && !traced.events.isEmpty)
    }

    @Test("a rule of the shop that is broken is noticed within a few hundred seeds", arguments: ShopMutation.allCases)
    func mutations(_ mutation: ShopMutation) {
        var options = ShopOptions()
        options.mutation = mutation
        let failed = (1...300 as ClosedRange<UInt64>).lazy.map { ShopSimulation(seed: $0, options: options).run() }
            .first { $0.violation != nil }
        #expect(
            failed?.violation.map { promises(mutation).contains($0.promise) } == true,
            "\(String(describing: failed?.violation))")
        // What is shown can be seen again.
        #expect(failed.map { ShopSimulation(seed: $0.seed, options: options).run() } == failed)
        #expect(failed?.events.last?.contains("VIOLATED") == true)
    }

    /// What a broken rule breaks: whatever else were noticed would be noticed for a wrong reason.
    private func promises(_ mutation: ShopMutation) -> [String] {
        let ends = ["every order comes to its end", "everything comes to its end after healing"]
        let bookings = [
            "every confirmed order has exactly one booked delivery", "no other order has a delivery",
            "booked is what the carrier has booked",
        ]
        let outlives = "no reservation outlives its order"
        switch mutation {
        case .dropsReserve, .keepsFailuresToItself: return [ends[0]]
        case .revivesTheDeleted: return ["nothing leads back"]
        case .dropsReleaseOfConfirmed, .keepsTheUnaffordable: return [outlives]
        case .dropsReleaseOfPending: return [outlives, "a reservation that comes too late is released"]
        case .dropsLateRelease: return ["a reservation that comes too late is released"]
        case .releasesTheCancelled: return ["what an order holds is released once"]
        case .dropsBooking, .dropsCancelling, .forgetsTheCarriersWord: return bookings
        case .booksTwice: return ["an order is booked by one message"]
        case .confirmsTheUnaffordable: return ["a total is what the lines cost"]
        case .takesWhatIsNotThere: return ["a quantity is never negative"]
        case .takesInPart, .takesAgain, .givesBackTwice: return ["movements match reservations one to one"]
        case .forgetsEarlyRelease: return ["what was released stays released"]
        case .ignoresInbox: return ["a message takes effect once"]
        case .writesOutboxApart, .settlesTheUnanswered, .losesDeadLetters: return ends + bookings + [outlives]
        case .answersBeforeCommit: return ["an order that was answered is never lost"]
        case .forgetsOrderKeys: return ["a retry is the same order"]
        case .forgetsRestockKeys: return ["a restocking is booked once"]
        case .ignoresKeyOrder: return ["messages about one order come in their order"]
        case .changesCarrierKeys:
            return ["the carrier knows a booking again", "the carrier has one booking of an order"]
        case .believesTheCarrier: return bookings
        case .sendsTheOvertaken: return ends
        }
    }
}
