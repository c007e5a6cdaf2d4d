import Bus
import Capabilities
import Commands
import Contracts
import Glibc
import Host
import Risk

extension Operator {
    /// The risk agent, asked once.
    func risk<Answer: Sendable>(
        _ places: Places, _ ask: @escaping @Sendable ($RiskDesk<BusSystem>) async throws -> Answer
    ) throws(Failure) -> Answer {
        try onBus(places) { bus in
            bus.allow(RiskFault.self, as: "RiskFault")
            let desk = try $RiskDesk<BusSystem>.resolve(id: BusID(role: "risk"), using: bus)
            return try await withCallOptions(patience: .seconds(10), idempotent: true) { try await ask(desk) }
        }
    }

    /// How the active replica is; where none answers, whichever one does.
    private func riskStanding(_ places: Places) throws(Failure) -> RiskStanding {
        let own = try risk(places) { try await $0.standing() }
        guard !own.isActive, let name = own.active, let slot = SlotName(name) else { return own }
        return try onBus(places) { bus in
            let desk = try $RiskDesk<BusSystem>.resolve(id: BusID(role: "risk", slot: slot), using: bus)
            return try await withCallOptions(patience: .seconds(5)) { try await desk.standing() }
        }
    }

    func risk(_ invocation: Invocation, _ places: Places) throws(Failure) {
        let report = RiskReport(standing: try riskStanding(places))
        terminal.write(invocation.has("json") ? json(report) : report.text(terminal.paint))
    }

    /// The verdicts of the past with how they ended, the latest first.
    func verdicts(_ query: VerdictQuery, _ places: Places) throws(Failure) -> [KeptVerdict] {
        try risk(places) { try await $0.verdicts(query) }
    }

    // MARK: keys

    func personKey(_ invocation: Invocation) throws(Failure) {
        let name = try Requests.target(invocation.text("NAME") ?? "").role
        let file = invocation.text("out") ?? "\(name).key"
        guard access(file, F_OK) != 0 else {
            throw Failure("the file \(file) is there already: name another with --out", exit: ExitCode.usage)
        }
        let key: PersonKey
        do { key = try PersonKey.make(file: file) } catch { throw Failure("\(error)") }
        let line = "  - {name: \(name), roles: [approver, operator], keys: [\"\(key.publicText)\"]}"
        guard !invocation.has("json") else {
            return terminal.write(json(["configuration": line, "file": file]))
        }
        terminal.write("For config/people.yaml, under people:\n\n    \(line)\n\nThe secret is in \(file).\n")
    }

    func riskKey(_ invocation: Invocation, _ places: Places) throws(Failure) {
        if invocation.has("rotate") {
            do { _ = try IssuerKeys.rotate(data: places.data) } catch { throw Failure("\(error)") }
        }
        let believed = IssuerKeys.read(data: places.data).map { key in
            String(decoding: Base64.encode(key.publicKey), as: UTF8.self)
        }
        guard !invocation.has("json") else { return terminal.write(json(["believed": believed])) }
        guard !believed.isEmpty else {
            return terminal.write("Doors believe no key yet: the risk agent makes one at its first start.\n")
        }
        terminal.write("Doors believe, the newest first:\n" + believed.map { "    \($0)\n" }.joined())
    }
}
