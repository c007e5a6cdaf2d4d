import Chaos
import Commands
import Contracts
import Faults
import Glibc
import Host
import Load
import Settings
import Signals
import Threads
import WebClient

extension Operator {
    func chaos(_ invocation: Invocation, _ places: Places) throws(Failure) -> Int32 {
        switch invocation.path.dropFirst().first {
        case "list": try listFaults(invocation, places)
        case "show": try showFault(invocation)
        case "clear": try clearFaults(invocation, places)
        case "run": return try runFaults(invocation)
        default: try inject(invocation, places)
        }
        return ExitCode.success
    }

    // MARK: - Reading

    /// All faults of the folder, of which none may have a mistake.
    func knownFaults(_ invocation: Invocation) throws(Failure) -> [KnownFault] {
        let folder = FaultFolder.read(invocation.text("faults") ?? "faults")
        guard folder.mistakes.isEmpty else {
            throw Failure(
                harmless(folder.mistakes.map(\.description).joined(separator: "\n")), exit: ExitCode.configuration)
        }
        return folder.faults
    }

    private func fault(_ invocation: Invocation, named name: String) throws(Failure) -> KnownFault {
        let known = try knownFaults(invocation)
        guard let found = known.first(where: { $0.fault.name == name }) else {
            throw Failure(
                "there is no fault \"\(harmless(name))\" (see them: kintsugi chaos list)", exit: ExitCode.usage)
        }
        return found
    }

    private func listFaults(_ invocation: Invocation, _ places: Places) throws(Failure) {
        let known = try knownFaults(invocation)
        let present = UndoFolder(data: places.data).names
        guard !invocation.has("json") else {
            return terminal.write(json(known.map { ListedFault($0.fault, isThere: present.contains($0.fault.name)) }))
        }
        var table = Table(["FAULT", "CATEGORY", "MARKED", "NOW", "ABOUT"])
        table.rows = known.map(\.fault).map { fault in
            let needs = fault.needs.isEmpty ? "" : " (needs \(fault.needs.joined(separator: ", ")))"
            return [
                fault.name, fault.category, fault.mark.rawValue, present.contains(fault.name) ? "there" : "-",
                fault.about + needs,
            ]
        }
        terminal.write(
            table.text(terminal.paint) { row, column in
                column == 3 && present.contains(known[row].fault.name) ? .red : nil
            })
    }

    private func showFault(_ invocation: Invocation) throws(Failure) {
        let known = try fault(invocation, named: invocation.text("NAME") ?? "")
        guard !invocation.has("json") else {
            return terminal.write(json(FaultReport.Shown(fault: known.fault, truth: known.truth)))
        }
        terminal.write(FaultReport.text(known, terminal.paint))
    }

    // MARK: - Doing

    private func inject(_ invocation: Invocation, _ places: Places) throws(Failure) {
        guard let name = invocation.text("NAME") else {
            throw Failure("which fault? see them: kintsugi chaos list", exit: ExitCode.usage)
        }
        let fault = try fault(invocation, named: name).fault
        let seconds = invocation.has("for") ? Double(try span(invocation)) / 1e9 : nil
        let world = world(places)
        let asJSON = invocation.has("json")
        let clearing = "clear it with kintsugi chaos clear \(name)"
        let (bell, stays) = (Bell(), seconds != nil || fault.steps.contains(where: \.lasts))
        try failing {
            // Blocked before a thread is made, so that none is ended by them.
            let descriptor = try SignalReader([SIGINT, SIGTERM, SIGHUP]).descriptor
            NativeThread(name: "signals") {
                _ = Poll.wait([Poll.interest(descriptor.number)], until: nil)
                bell.ring()
            }.start()
            try Injector(fault, world, bell: bell).inject()
            if !asJSON { terminal.write("\(name) is there; \(stays ? ending(seconds) : clearing).\n") }
            guard stays else { return }
            _ = bell.pass(seconds ?? .infinity)
            bell.ring()
            bell.waitForAll()
        }
        if stays { try clear([name], world, asJSON: asJSON) }
    }

    private func ending(_ seconds: Double?) -> String {
        "it is cleared at Ctrl-C" + (seconds.map { ", or in \(Quantities.duration($0))" } ?? "")
    }

    private func clearFaults(_ invocation: Invocation, _ places: Places) throws(Failure) {
        let names = UndoFolder(data: places.data).names
        let wanted = invocation.text("NAME").map { [$0] } ?? names
        if !invocation.has("json"), names.filter(wanted.contains).isEmpty {
            return terminal.write("No fault is there.\n")
        }
        try clear(wanted, world(places), asJSON: invocation.has("json"))
    }

    private func clear(_ names: [String], _ world: World, asJSON: Bool) throws(Failure) {
        var all: [Clearing.Result] = []
        for name in names {
            let results = try failing { try Clearing(world).clear(name) }
            all += results
            guard !asJSON else { continue }
            terminal.write(harmless("\(name) is cleared") + "\n" + results.map { "  \(harmless($0.text))\n" }.joined())
        }
        if asJSON { terminal.write(json(all)) }
    }

    // MARK: - The cluster

    /// A running cluster, or one that ran, as faults see it.
    func world(_ places: Places) -> World {
        let client = ControlClient(places: places)
        return World(
            data: places.data, person: LocalPerson.name,
            processes: { role, slot in Self.processes(of: role, slot, client) },
            ask: { method, service, path, body in Self.ask(places, method, service, path, body) },
            plan: { rate, seconds in
                let shop = try ShopClient(places)
                let door = try shop.door("orders")
                return LoadPlan(
                    address: door.address, port: door.port, key: shop.key, rate: rate, seconds: seconds, customers: 100,
                    products: 100, skew: 1, seed: UInt64.random(in: 1 ... .max >> 1))
            },
            isRunning: { client.isRunning })
    }

    private static func processes(of role: String, _ slot: Int?, _ client: ControlClient) -> [Int32] {
        guard let status = try? client.status() else { return [] }
        if role == "guardian" { return [status.guardian] }
        let found = status.slots.filter { $0.role == role && (slot == nil || $0.slot == slot) }.compactMap(\.pid)
        guard found.isEmpty, role == "supervisor" else { return found }
        return ProcessFiles.all().filter {
            ProcessFiles.name($0) == "Supervisor" && ProcessFiles.statistics($0)?.parent == status.guardian
        }
    }

    private static func ask(
        _ places: Places, _ method: String, _ service: String, _ path: String, _ body: [UInt8]?
    ) -> (status: Int, body: [UInt8])? {
        guard let shop = try? ShopClient(places), let door = try? shop.door(service),
            let verb = ClientRequest.Method(rawValue: method)
        else { return nil }
        let url = "http://\(door.address):\(door.port)\(path)"
        var asked = body.map { ClientRequest.json(verb, url, $0) } ?? ClientRequest(verb, url)
        asked.headers.append(("x-api-key", shop.key))
        let request = asked
        let answer = try? waiting { try await WebClient().send(request) }
        return answer.map { ($0.status, $0.body) }
    }
}

/// A fault, and whether it is there now.
private struct ListedFault: Encodable {
    let fault: Fault
    let isThere: Bool
    private enum More: String, CodingKey { case now, marked }

    init(_ fault: Fault, isThere: Bool) {
        self.fault = fault
        self.isThere = isThere
    }

    func encode(to encoder: any Encoder) throws {
        try fault.encode(to: encoder)
        var container = encoder.container(keyedBy: More.self)
        try container.encode(isThere, forKey: .now)
        try container.encode(fault.mark, forKey: .marked)
    }
}
