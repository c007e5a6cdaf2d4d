import Chaos
import Commands
import Contracts
import Faults
import Forge
import Glibc
import Host
import Settings
import Signals

/// A story of a minute, with real processes: a change is merged that holds at little load and fails under more, and the cluster
/// mends itself while it is told what happens.
struct Demo {
    let person: Operator
    let places: Places
    let configuration: String
    let portOffset: Int
    /// Agrees to the plan without being asked.
    let agrees: Bool
    let terminal: Terminal

    /// What is merged: few requests at a time.
    private static let values = ["roles/orders.yaml:http.in-hand=2"]
    private static let title = "Save memory: two requests at a time are enough"
    private static let littleLoad = 12.0
    private static let moreLoad = 500.0
    private static let quiet = 10.0

    private let began = Bell.seconds()

    func run() throws -> Int32 {
        let client = ControlClient(places: places)
        defer { _ = try? client.ask(.shutdown, patience: .seconds(30)) }
        let release = try ClusterRepository(places: places).release(named: configuration, usual: configuration)
        let request = UpRequest(places: places, configuration: release.configuration, portOffset: portOffset)
        let status = try Launching(request: request, client: client).detached { _ in }
        tell("cluster", "\(status.slots.count) processes are ready, in \(places.data)")
        let world = person.world(places)
        let shop = try ShopClient(places)
        let seeding = Seeding(client: shop, products: 100, stock: 1_000_000_000, customers: 100)
        _ = try waiting { try await seeding.run { _ in } }
        let orders = Orders(world)
        defer { orders.end() }
        orders.begin(rate: Self.littleLoad)
        tell("traffic", "\(Int(Self.littleLoad)) orders a second, all is well")
        wait(Self.quiet)
        let commit = try merge()
        guard try awaitDeploy(of: commit, client) else { return ExitCode.failure }
        let before = orders.felt
        orders.begin(rate: Self.moreLoad)
        let moreLoad = WallTime.now.nanoseconds
        tell("traffic", "\(Int(Self.moreLoad)) orders a second from now on")
        let ended = try Narrator(
            person: person, places: places, agrees: agrees, terminal: terminal, tell: { tell($0, $1) },
            orders: { orders.felt.failed - before.failed }
        ).follow(within: 60 - (Bell.seconds() - began) + 20)
        let first = orders.firstFailure(after: moreLoad)
        let felt = orders.felt
        summary(ended, felt, before, first)
        return ended?.stage == .resolved ? ExitCode.success : ExitCode.failure
    }

    private func merge() throws -> String {
        var commit = ""
        let commits = try Commits(data: places.data, person: "ana")
        try commits.make(.set(title: Self.title, values: Self.values)) { commit = $0 }
        tell("merged", "\(commit.prefix(10)) by ana: \(Self.title)")
        for line in try commits.repository.diff(from: "\(commit)^", to: commit).split(separator: "\n")
        where (line.hasPrefix("+") || line.hasPrefix("-")) && !line.hasPrefix("+++") && !line.hasPrefix("---") {
            terminal.write("            \(terminal.paint(String(line), line.hasPrefix("+") ? .green : .red))\n")
        }
        return commit
    }

    private func awaitDeploy(of commit: String, _ client: ControlClient) throws -> Bool {
        while true {
            if let status = try? client.status() {
                if status.release?.commit == commit {
                    tell("deployed", "orders was rolled, and nothing spoke against it for five seconds")
                    return true
                }
                if let record = status.deploys?.first(where: { $0.release.commit == commit }),
                    record.outcome == .takenBack
                {
                    tell("gate", "it was taken back: \(record.text)")
                    return false
                }
            }
            guard Bell.seconds() - began < 60 else { throw Failure("the change was not deployed in time") }
            wait(0.1)
        }
    }

    private func summary(_ incident: Incident?, _ felt: FaultRun.Impact, _ before: FaultRun.Impact, _ first: Int64?) {
        let failed = felt.failed - before.failed
        let took = Int(Bell.seconds() - began)
        terminal.write("\n")
        if let incident {
            let end = incident.ended ?? WallTime.now.nanoseconds
            let since = first.map { " \(one(Double(end - $0) / 1e9)) s after the first failed order" } ?? ""
            tell("end", "\(incident.id) is \(incident.stage.rawValue)\(since): \(incident.note)")
        } else {
            tell("end", "no incident was opened")
        }
        tell("figures", "\(felt.requests) orders, \(failed) of them failed; the whole story took \(took) s")
        tell("look", "the seam stays: git --git-dir \(places.data)/cluster.git log")
    }

    private func tell(_ what: String, _ text: String) {
        let time = one(Bell.seconds() - began)
        let padded = String(repeating: " ", count: max(0, 5 - time.count)) + time
        let label = what + String(repeating: " ", count: max(0, 10 - what.count))
        terminal.write("\(terminal.paint("\(padded) s", .grey)) \(terminal.paint(label, .cyan)) \(harmless(text))\n")
    }

    /// The pace of the story.
    private func wait(_ seconds: Double) { poll(nil, 0, Int32(seconds * 1_000)) }
}
