import Commands
import Contracts
import FoundationEssentials
import Glibc
import Host
import Settings
import Simulator

/// Carries out one command line.
struct Operator {
    static let version = "0.1.0"

    let terminal: Terminal
    let environment: (String) -> String?
    /// Runs the cluster until it ends; the guardian's entry.
    let guardian: (UpRequest) -> Int32

    /// What `main` ends with.
    func run(_ arguments: [String]) -> Int32 {
        let invocation: Invocation
        do {
            switch try Parser(CommandTree.root, suggest: { nearest(to: $0, among: $1) }).parse(arguments) {
            case .help(let text):
                terminal.write(text)
                return ExitCode.success
            case .version:
                terminal.write("kintsugi \(Self.version)\n")
                return ExitCode.success
            case .run(let understood): invocation = understood
            }
        } catch {
            return report(Failure("\(error)", exit: ExitCode.usage), asJSON: arguments.contains("--json"))
        }
        do {
            return try carryOut(invocation)
        } catch {
            return report(error, asJSON: invocation.has("json"))
        }
    }

    private func carryOut(_ invocation: Invocation) throws(Failure) -> Int32 {
        let places = Places(data: invocation.text("data") ?? environment("KINTSUGI_DATA") ?? ".kintsugi")
        let client = ControlClient(places: places)
        switch invocation.path.first {
        case "up": return try up(invocation, places, client)
        case "down": try down(invocation, client)
        case "status": try status(invocation, client)
        case "logs": try logs(invocation, places)
        case "keys": try keys(invocation, places)
        case "bench": try bench(invocation)
        case "insight": try insight(invocation)
        case "signals": try signals(invocation, places)
        case "trace": try trace(invocation, places)
        case "investigate": try investigate(invocation, places)
        case "capacity": try capacity(invocation, places)
        case "slo": return try slo(invocation, places)
        case "canary": return try canary(invocation, places)
        case "policy": return try policy(invocation, places)
        case "risk": try risk(invocation, places)
        case "door": try door(invocation, places, client)
        case "alert": return try alert(invocation, places)
        case "incident": return try incident(invocation, places)
        case "journal": return try journal(invocation, places)
        case "postmortem": return try postmortem(invocation, places)
        case "replay": return try replay(invocation, places)
        case "backtest": return try backtest(invocation, places)
        case "kpi": try indicators(invocation, places, client)
        case "knowledge": try knowledge(invocation, places)
        case "audit" where invocation.path.last == "verify": return try journal(invocation, places)
        case "pr": try pull(invocation, places)
        case "config": try configuration(invocation, places)
        case "chaos": return try chaos(invocation, places)
        case "console": try console(invocation, places)
        case "demo": return try demo(invocation)
        case "runbook": return try runbook(invocation)
        case "pipeline": return try pipeline(invocation, places)
        case "seed": try seed(invocation, places)
        case "order": try order(invocation, places)
        case "load": return try load(invocation, places)
        case "audit": return try audit(invocation, places)
        case "dead-letters": try deadLetters(invocation, places)
        case "backup": try backup(invocation, places)
        case "restore": try restore(invocation, places)
        case "simulate" where invocation.has("deaths"): terminal.write(IncidentMatrix().table)
        case "simulate": return simulate(Simulate(invocation), asJSON: invocation.has("json"))
        case "completion":
            let root = CommandTree.root
            terminal.write(invocation.text("SHELL") == "zsh" ? Completion.zsh(root) : Completion.bash(root))
        default: try command(invocation, client)
        }
        return ExitCode.success
    }

    private func up(_ invocation: Invocation, _ places: Places, _ client: ControlClient) throws(Failure) -> Int32 {
        guard !client.isRunning else {
            throw Failure("a cluster runs in \(places.data) already (see it: kintsugi status)")
        }
        let named = invocation.text("config")
        var request = UpRequest(
            places: places, configuration: named ?? "config", portOffset: invocation.number("port-offset") ?? 0)
        if !invocation.has("unversioned") {
            let release = try ClusterRepository(places: places).release(named: named, usual: request.configuration)
            do { try ReleaseFiles.keep(start: release, data: places.data) } catch { throw Failure("\(error)") }
            request.configuration = release.configuration
        }
        let asJSON = invocation.has("json")
        // Without a person there is nobody to show anything: this very process is the guardian, as in a container.
        guard invocation.has("detach") || (terminal.isTerminal && !asJSON) else { return guardian(request) }
        let status = try launch(request, client, shown: terminal.isTerminal && !asJSON)
        show(status, asJSON: asJSON)
        if !asJSON, let link = try consoleLink(status, places) {
            terminal.write(
                "\nThe console, by a link that is good once (another one: kintsugi console):\n  \(link.text)\n")
        }
        guard !invocation.has("detach") else { return ExitCode.success }
        return try Attendance(places: places, guardian: status.guardian, terminal: terminal).run()
    }

    /// In a folder of its own, which goes with the story.
    private func demo(_ invocation: Invocation) throws(Failure) -> Int32 {
        do {
            let folder = try TemporaryFolder.make()
            defer { if !invocation.has("keep") { TemporaryFolder.remove(folder) } }
            let demo = Demo(
                person: self, places: Places(data: folder), configuration: invocation.text("config") ?? "config",
                portOffset: invocation.number("port-offset") ?? 2_000, agrees: invocation.has("yes"),
                terminal: terminal)
            return try demo.run()
        } catch let failure as Failure {
            throw failure
        } catch { throw Failure("\(error)") }
    }

    private func launch(_ request: UpRequest, _ client: ControlClient, shown: Bool) throws(Failure) -> ClusterStatus {
        let status = try Launching(request: request, client: client).detached { status in
            guard shown else { return }
            let ready = status.slots.count { $0.state == "ready" }
            terminal.write("\r\(ready) of \(status.slots.count) processes ready\u{1B}[K")
        }
        if shown { terminal.write("\r\u{1B}[K") }
        return status
    }

    private func down(_ invocation: Invocation, _ client: ControlClient) throws(Failure) {
        let guardian = try client.status().guardian
        let answer: ControlAnswer
        do {
            answer = try client.ask(.shutdown, patience: .seconds(60))
        } catch  where error.exit == ExitCode.unavailable {
            // A supervisor that has stopped everything may leave before its answer is read: the guardian's end tells.
            answer = .done(note: "The cluster has stopped.")
        }
        if case .done = answer, try !wait(forEndOf: guardian, atMost: .seconds(30)) {
            throw Failure("the workers have stopped, but the guardian (process \(guardian)) is still there")
        }
        try tell(answer, asJSON: invocation.has("json"))
    }

    private func status(_ invocation: Invocation, _ client: ControlClient) throws(Failure) {
        let asJSON = invocation.has("json")
        show(try client.status(), asJSON: asJSON)
        guard invocation.has("watch") else { return }
        while true {
            // The pace of the display, and no wait for anything.
            poll(nil, 0, 1_000)
            let status: ClusterStatus
            do {
                status = try client.status()
            } catch {
                // Who watches wants to see a supervisor come back; the cluster's end is told once and for all.
                guard client.isRunning else { throw error }
                terminal.write(asJSON ? json(error) : error.error + "\n")
                continue
            }
            if terminal.isTerminal && !asJSON { terminal.write("\u{1B}[H\u{1B}[2J") }
            show(status, asJSON: asJSON)
        }
    }

    private func show(_ status: ClusterStatus, asJSON: Bool) {
        terminal.write(asJSON ? json(status) : StatusReport(status: status, paint: terminal.paint).render())
    }

    private func logs(_ invocation: Invocation, _ places: Places) throws(Failure) {
        let asJSON = invocation.has("json")
        var follower = LogFollower(places: places, role: invocation.text("ROLE"))
        let last = try follower.last(invocation.number("lines") ?? 200)
        var width = follower.originWidth
        func write(_ records: [LogRecord]) {
            width = max(width, records.map(\.origin.count).max() ?? 0)
            let lines = records.map { asJSON ? $0.json : $0.pretty(originWidth: width, paint: terminal.paint) }
            if !lines.isEmpty { terminal.write(lines.joined(separator: "\n") + "\n") }
        }
        write(last)
        guard invocation.has("follow") else { return }
        try follower.follow { records in
            write(records)
            return true
        }
    }

    private func keys(_ invocation: Invocation, _ places: Places) throws(Failure) {
        if invocation.path.last == "person" { return try personKey(invocation) }
        if invocation.path.last == "risk" { return try riskKey(invocation, places) }
        let pair: KeyPair
        if invocation.path.last == "api" {
            pair = try .api(name: Requests.target(invocation.text("NAME") ?? "").role)
        } else {
            pair = try .curve()
        }
        terminal.write(invocation.has("json") ? json(pair) : pair.explained(paint: terminal.paint))
    }

    private func simulate(_ simulate: Simulate, asJSON: Bool) -> Int32 {
        let shown = terminal.isTerminal && !asJSON
        let (report, events) = simulate.run { done in
            guard shown, done % 20 == 0 else { return }
            terminal.write("\r\(done) of \(simulate.runs) runs\u{1B}[K")
        }
        if shown { terminal.write("\r\u{1B}[K") }
        if !asJSON, !events.isEmpty { terminal.write(events.map(harmless).joined(separator: "\n") + "\n") }
        terminal.write(asJSON ? json(report) : report.rendered(paint: terminal.paint))
        return report.failure == nil ? ExitCode.success : ExitCode.failure
    }

    private func command(_ invocation: Invocation, _ client: ControlClient) throws(Failure) {
        // Rolling a large role takes one worker's drain after the other.
        let answer = try client.ask(Requests.request(for: invocation), patience: .seconds(600))
        try tell(answer, asJSON: invocation.has("json"))
    }

    private func tell(_ answer: ControlAnswer, asJSON: Bool) throws(Failure) {
        switch answer {
        case .done(let note): terminal.write(asJSON ? json(["done": note]) : harmless(note) + "\n")
        case .refused(let reason): throw Failure("refused: \(harmless(reason))")
        case .status(let status): show(status, asJSON: asJSON)
        }
    }

    private func report(_ failure: Failure, asJSON: Bool) -> Int32 {
        let paint = Terminal(descriptor: STDERR_FILENO).paint
        // A misunderstood command line is named in full already.
        let name = failure.error.hasPrefix("kintsugi") ? "" : paint("kintsugi: ", .red)
        let text = asJSON ? json(failure) : name + failure.error + "\n"
        terminal.write(text, to: STDERR_FILENO)
        return failure.exit
    }

    /// One object on one line, its keys in order.
    func json(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
        } catch {
            return "{\"error\":\"the answer does not fit into JSON\",\"exit\":1}\n"
        }
    }
}
