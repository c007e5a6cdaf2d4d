import Commands
import Simulator

/// Runs the cluster's rules under seeds, and shows what broke.
struct Simulate {
    /// How a campaign of seeds ended, for programs.
    struct Report: Encodable, Equatable {
        struct Failure: Encodable, Equatable {
            let seed: UInt64
            let promise: String
            let detail: String
            let step: Int
            let events: [String]
            let replay: String
        }
        let from: UInt64
        let seeds: Int
        let calls: Int
        let deliveries: Int
        let executions: Int
        let poisoned: Int
        let crashes: Int
        let freezes: Int
        let brokenConnections: Int
        let steps: Int
        let virtualSeconds: Double
        let failure: Failure?
    }

    /// How many of the last events are shown where all of them were not asked for.
    static let shownEvents = 30

    let from: UInt64
    let seeds: Int
    let trace: Bool
    /// A rule that is broken on purpose; for tests.
    var mutation: Mutation?

    init(_ invocation: Invocation) {
        let single = invocation.number("seed")
        from = UInt64(max(0, single ?? invocation.number("from") ?? 1))
        seeds = single == nil ? invocation.number("seeds") ?? 1_000 : 1
        trace = invocation.has("trace")
    }

    init(from: UInt64, seeds: Int, trace: Bool = false) {
        self.from = from
        self.seeds = seeds
        self.trace = trace
    }

    /// Runs seed after seed, up to the first that fails.
    func run(progress: (Int) -> Void) -> (report: Report, events: [String]) {
        var tally = Tally()
        var options = SimulationOptions()
        options.trace = trace
        options.mutation = mutation
        var last: Outcome?
        var done = 0
        while done < seeds, last?.violation == nil {
            let outcome = Simulation(seed: from + UInt64(done), options: options).run()
            tally.add(outcome.tally)
            last = outcome
            done += 1
            progress(done)
        }
        return (report(tally, done, last), trace ? last?.events ?? [] : [])
    }

    private func report(_ tally: Tally, _ done: Int, _ last: Outcome?) -> Report {
        let failure = last.flatMap { outcome in
            outcome.violation.map { violation in
                Report.Failure(
                    seed: outcome.seed, promise: violation.promise, detail: violation.detail, step: violation.step,
                    events: outcome.events.suffix(Self.shownEvents).map(harmless),
                    replay: "kintsugi simulate --seed \(outcome.seed) --trace")
            }
        }
        return Report(
            from: from, seeds: done, calls: tally.calls, deliveries: tally.deliveries, executions: tally.executions,
            poisoned: tally.poisoned, crashes: tally.crashes, freezes: tally.freezes, brokenConnections: tally.breaks,
            steps: tally.steps, virtualSeconds: Double(tally.virtualNanoseconds / 1_000_000) / 1_000, failure: failure)
    }
}

extension Simulate.Report {
    /// As a person reads it.
    func rendered(paint: Paint) -> String {
        let events = [
            Quantities.count(calls, "call"), Quantities.count(executions, "execution"), "\(crashes) deaths",
            Quantities.count(freezes, "freeze"), Quantities.count(brokenConnections, "broken connection"),
            "\(poisoned) given up as poison",
        ].joined(separator: ", ")
        let time = Quantities.duration(virtualSeconds)
        let summary = "\(Quantities.count(seeds, "seed")), \(time) of virtual time: \(events)\n"
        guard let failure else { return summary + paint("every promise was kept", .green) + "\n" }
        return summary
            + failure.events.map { "  \($0)\n" }.joined()
            + paint("seed \(failure.seed) breaks a promise: \(failure.promise)", .red)
            + " (step \(failure.step): \(failure.detail))\nsee it again: \(failure.replay)\n"
    }
}
