import Commands
import Simulator

/// Runs the cluster's and the shop's rules under seeds, and shows what broke.
struct Simulate {
    /// What is simulated: the bus with its broker and supervisor, the shop, or the life of incidents.
    enum World: String, CaseIterable, Encodable {
        case bus, shop, incidents
    }

    /// How a campaign of seeds ended, for programs.
    struct Report: Encodable, Equatable {
        struct Failure: Encodable, Equatable {
            let world: World
            let seed: UInt64
            let promise: String
            let detail: String
            let step: Int
            let events: [String]
            let replay: String
        }
        let from: UInt64
        /// Seeds that were run, in each world.
        var seeds = 0
        var bus: BusNumbers?
        var shop: ShopNumbers?
        var incidents: IncidentNumbers?
        var failure: Failure?
    }

    /// How many of the last events are shown where all of them were not asked for.
    static let shownEvents = 30

    let from: UInt64
    let seeds: Int
    let trace: Bool
    let worlds: [World]
    /// A rule that is broken on purpose; for tests.
    var mutation: Mutation?
    var shopMutation: ShopMutation?
    var incidentMutation: IncidentMutation?

    init(_ invocation: Invocation) {
        let single = invocation.number("seed")
        from = UInt64(max(0, single ?? invocation.number("from") ?? 1))
        seeds = single == nil ? invocation.number("seeds") ?? 1_000 : 1
        trace = invocation.has("trace")
        worlds = invocation.text("world").flatMap(World.init).map { [$0] } ?? World.allCases
    }

    init(from: UInt64, seeds: Int, trace: Bool = false, worlds: [World] = World.allCases) {
        self.from = from
        self.seeds = seeds
        self.trace = trace
        self.worlds = worlds
    }

    /// How many runs there are when none fails.
    var runs: Int { seeds * worlds.count }

    /// Runs seed after seed in one world after the other, up to the first that fails.
    func run(progress: (Int) -> Void) -> (report: Report, events: [String]) {
        var report = Report(from: from)
        var events: [String] = []
        var done = 0
        for world in worlds where report.failure == nil {
            report.seeds = 0
            var last: Ended?
            while report.seeds < seeds, last?.violation == nil {
                let seed = from + UInt64(report.seeds)
                switch world {
                case .bus: last = runBus(seed, &report)
                case .shop: last = runShop(seed, &report)
                case .incidents: last = runIncident(seed, &report)
                }
                report.seeds += 1
                done += 1
                progress(done)
            }
            if trace { events += last?.events ?? [] }
            report.failure = last.flatMap { failure(world, $0) }
        }
        return (report, events)
    }

    /// What both worlds tell about a run.
    private struct Ended {
        let seed: UInt64
        let violation: Violation?
        let events: [String]
    }

    private func runBus(_ seed: UInt64, _ report: inout Report) -> Ended {
        var options = SimulationOptions()
        options.trace = trace
        options.mutation = mutation
        let outcome = Simulation(seed: seed, options: options).run()
        var tally = report.bus?.tally ?? Tally()
        tally.add(outcome.tally)
        report.bus = BusNumbers(tally: tally)
        return Ended(seed: seed, violation: outcome.violation, events: outcome.events)
    }

    private func runShop(_ seed: UInt64, _ report: inout Report) -> Ended {
        var options = ShopOptions()
        options.trace = trace
        options.mutation = shopMutation
        let outcome = ShopSimulation(seed: seed, options: options).run()
        var tally = report.shop?.tally ?? ShopTally()
        tally.add(outcome.tally)
        report.shop = ShopNumbers(tally: tally)
        return Ended(seed: seed, violation: outcome.violation, events: outcome.events)
    }

    private func runIncident(_ seed: UInt64, _ report: inout Report) -> Ended {
        var options = IncidentOptions()
        options.trace = trace
        options.mutation = incidentMutation
        let outcome = IncidentSimulation(seed: seed, options: options).run()
        var tally = report.incidents?.tally ?? IncidentTally()
        tally.add(outcome.tally)
        report.incidents = IncidentNumbers(tally: tally)
        return Ended(seed: seed, violation: outcome.violation, events: outcome.events)
    }

    private func failure(_ world: World, _ ended: Ended) -> Report.Failure? {
        ended.violation.map { violation in
            Report.Failure(
                world: world, seed: ended.seed, promise: violation.promise, detail: violation.detail,
                step: violation.step, events: ended.events.suffix(Self.shownEvents).map(harmless),
                replay: "kintsugi simulate --world \(world.rawValue) --seed \(ended.seed) --trace")
        }
    }
}
