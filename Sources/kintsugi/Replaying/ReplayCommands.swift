import Archive
import Bus
import Chronicling
import Commands
import Contracts
import FoundationEssentials
import Host
import Incidents
import Postmortems
import Replaying
import Risk
import Signals

extension Operator {
    func replay(_ invocation: Invocation, _ places: Places) throws(Failure) -> Int32 {
        let name = invocation.text("ID|FILE") ?? ""
        let file: ReplayCase
        do {
            file = try replayCase(name, invocation, places)
        } catch let fault as ContextFault {
            // A byte that is not the one that was kept is a difference; what is no document at all cannot be read.
            var isChanged = false
            if case .changed = fault { isChanged = true }
            throw Failure(
                "\(harmless(name)): \(harmless(fault.description))", exit: isChanged ? ExitCode.failure : ExitCode.data)
        } catch { throw Bookcase.failure(error) }
        let replay = Replay(file)
        let report = ReplayReport(
            replay, at: try time(invocation, replay),
            policy: try invocation.text("policy").map { path throws(Failure) in try policy(at: path) },
            showsAll: invocation.has("all"))
        terminal.write(invocation.has("json") ? json(report.answer) : report.text(terminal.paint))
        return replay.isEqual ? ExitCode.success : ExitCode.failure
    }

    private func replayCase(_ name: String, _ invocation: Invocation, _ places: Places) throws -> ReplayCase {
        if name.contains("/") || name.hasSuffix(".json") {
            guard let data = try? Data(contentsOf: URL(fileURLWithPath: name)) else {
                throw Failure("the file \(name) cannot be read", exit: ExitCode.noInput)
            }
            return try ReplayCase(document: [UInt8](data))
        }
        let path = invocation.text("archive") ?? "\(places.data)/postmortems"
        do {
            let bookcase = try Bookcase(path)
            return try ReplayCase(document: try bookcase.bytes(try bookcase.find(name)))
        } catch let failure as Failure {
            guard failure.exit == ExitCode.noInput, ControlClient(places: places).isRunning else { throw failure }
            return try liveCase(name, places)
        }
    }

    /// Of an incident that the archive does not have: its journal, and what the agents have kept.
    private func liveCase(_ incident: String, _ places: Places) throws -> ReplayCase {
        var pages = JournalPages(self, places, incident: incident)
        var entries: [JournalEntry] = []
        while true {
            let page = try pages.next()
            guard !page.isEmpty else { break }
            entries += page
        }
        guard !entries.isEmpty else {
            throw Failure("there is no incident \(harmless(incident))", exit: ExitCode.noInput)
        }
        let terms = try Packed.decode(
            LifecycleTerms.self, from: try triage(places) { try await $0.terms() })
        let journal = entries
        let grounds = try onBus(places) { bus in
            bus.allow(RiskFault.self, as: "RiskFault")
            bus.allow(RemediationFault.self, as: "RemediationFault")
            let risk = try $RiskDesk<BusSystem>.resolve(id: BusID(role: "risk"), using: bus)
            let remediation = try $RemediationDesk<BusSystem>.resolve(id: BusID(role: "remediation"), using: bus)
            let sources = GroundSources(
                plan: { step in try await Self.asking { try await remediation.grounds(of: step) } },
                verdicts: { incident in
                    try await Self.asking { try await risk.verdicts(VerdictQuery(incident: incident, limit: 1_000)) }
                },
                policy: { version in try await Self.asking { try await risk.policy(version) } })
            return await GroundGathering.grounds(of: journal, under: terms, from: sources)
        }
        return try ReplayCase(incident, SimulationContext(journal, grounds), head: nil)
    }

    private static func asking<Answer: Sendable>(_ ask: @Sendable () async throws -> Answer) async throws -> Answer {
        try await withCallOptions(patience: .seconds(10), idempotent: true) { try await ask() }
    }

    private func time(_ invocation: Invocation, _ replay: Replay) throws(Failure) -> Int64? {
        guard let text = invocation.text("at") else { return nil }
        if let instant = Instant(text) { return instant.nanoseconds }
        if text.hasPrefix("+"), let span = TimeWords.length(String(text.dropFirst())), let incident = replay.final {
            return incident.opened + span
        }
        if let time = TimeWords.parse(text, now: WallTime.now.nanoseconds) { return time }
        throw Failure(
            "--at: expected a time such as 2030-03-17T17:46:40Z or +90s, found \"\(harmless(text))\"",
            exit: ExitCode.usage)
    }

    // MARK: the archive

    func backtest(_ invocation: Invocation, _ places: Places) throws(Failure) -> Int32 {
        let other = try invocation.text("policy").map { path throws(Failure) in try policy(at: path) }
        var backtest = Backtest()
        let files = invocation.texts("FILE")
        for name in files {
            guard let data = try? Data(contentsOf: URL(fileURLWithPath: name)) else {
                throw Failure("the file \(harmless(name)) cannot be read", exit: ExitCode.noInput)
            }
            do {
                backtest.take(try DocumentBytes.read(Postmortem.self, [UInt8](data)), name: name, under: other)
            } catch { backtest.refuse("", name, "\(error)") }
        }
        if files.isEmpty {
            let bookcase = try Bookcase(invocation.text("archive") ?? "\(places.data)/postmortems")
            for record in bookcase.documents {
                let addenda = try bookcase.addenda(to: record)
                do throws(Failure) {
                    backtest.take(
                        try bookcase.document(record), name: record.digest.brief,
                        score: addenda.last { $0.score != nil }?.score, under: other)
                } catch { backtest.refuse(record.incident, record.digest.brief, error.error) }
            }
        }
        terminal.write(invocation.has("json") ? json(backtest) : ReplayReport.text(backtest, terminal.paint))
        return backtest.passes ? ExitCode.success : ExitCode.failure
    }
}
