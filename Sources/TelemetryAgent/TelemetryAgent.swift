import Bus
import Contracts
import Host
import Senses
import Signals
import Store
import Worker

/// What the agent hears and what follows from it. It isolates the observatory and the order of things; what is heard by
/// a replica that stands by keeps its picture warm and goes nowhere.
actor TelemetryAgent {
    private var observatory: Observatory
    private let archive: Archive
    private let bus: BusSystem
    private let log: Log
    private let slot: String
    private(set) var isActive = false
    private var kinds: [(LogBook.Key, Int64)] = []
    private var lastMinute: Int64 = 0
    private var lastSnapshot: Int64 = 0
    /// Findings that the disk has not taken yet.
    private var unkept: [Finding] = []

    private let outside: [String]

    init(_ observatory: Observatory, archive: Archive, worker: WorkerContext, outside: [String] = []) {
        self.outside = outside
        self.observatory = observatory
        self.archive = archive
        bus = worker.bus
        log = worker.log
        slot = worker.birth.slot.description
    }

    // MARK: becoming active

    /// The lease is ours: what the one before left is taken over, and from now on the disk is written.
    func activate() async throws {
        let now = WallTime.now.nanoseconds
        let legacy = try await archive.legacy(now: now)
        for change in legacy.changes { observatory.take(change) }
        for (kind, firstSeen) in legacy.kinds { observatory.remember(kind, firstSeen: firstSeen) }
        if let snapshot = legacy.objectives { try observatory.restore(objectives: snapshot) }
        observatory.restore(legacy.lasting, now: now)
        lastMinute = now / 60_000_000_000
        isActive = true
        log.info(
            "this replica is the active one",
            ["lasting_findings": .integer(legacy.lasting.count), "changes": .integer(legacy.changes.count)])
    }

    // MARK: hearing

    func hear(_ heard: OTLPDoor.Heard) {
        let now = WallTime.now.nanoseconds
        switch heard {
        case .spans(let spans): observatory.take(spans, now: now)
        case .points(let points): observatory.take(points, now: now)
        case .entries(let entries): observatory.take(entries, now: now)
        }
    }

    func hear(_ report: MetricsReport) {
        let now = WallTime.now.nanoseconds
        observatory.heard(report.slot.description, node: report.slot.role, now: now)
        observatory.take(OwnReading.points(report, at: now), now: now)
    }

    func hear(_ report: SpanReport) {
        observatory.take(OwnReading.spans(report), now: WallTime.now.nanoseconds)
        observatory.missed("spans of \(report.slot)", count: report.dropped)
    }

    func hear(_ report: LogReport) {
        let now = WallTime.now.nanoseconds
        observatory.take(OwnReading.entries(report, at: now), now: now)
    }

    func hear(_ notice: ProcessNotice) async {
        observatory.take(notice, now: WallTime.now.nanoseconds)
        // A death does not wait for the next look.
        await look()
    }

    func hear(_ change: ChangeNotice) async {
        observatory.take(change)
        guard isActive else { return }
        do { try await archive.keep(change) } catch { complain("a change could not be kept", error) }
    }

    /// A change that is on disk when this returns.
    func note(_ change: ChangeNotice) async throws {
        try await archive.keep(change)
        observatory.take(change)
    }

    func missed(_ what: String, count: Int) { observatory.missed(what, count: count) }

    func heard(disk used: Double, of whole: Double) { observatory.take(diskUsed: used, of: whole) }

    func assert(_ finding: Finding, hold: Int64) {
        observatory.assert(finding, hold: hold, now: WallTime.now.nanoseconds)
    }

    func end(_ key: String) { observatory.end(key, now: WallTime.now.nanoseconds) }

    private func noteKinds(_ now: Int64) {
        for key in observatory.takeFreshKinds() where kinds.count < 5_000 { kinds.append((key, now)) }
    }

    // MARK: looking

    /// Looks at everything, and carries out what follows.
    func look() async {
        let now = WallTime.now.nanoseconds
        let effects = observatory.tick(now: now)
        noteKinds(now)
        for finding in effects.findings { publish(finding) }
        guard isActive else { return dropMinutes(now) }
        for trace in effects.wanted { bus.publish("traces.keep", Array("00-\(trace)-0000000000000001-01".utf8)) }
        unkept += effects.findings
        await keepFindings()
        do { try await archive.keep(effects.traces) } catch { complain("traces could not be kept", error) }
        await keepPeriodically(now)
    }

    /// The active replica has written them.
    private func dropMinutes(_ now: Int64) {
        let minute = now / 60_000_000_000
        guard minute > lastMinute else { return }
        lastMinute = minute
        _ = observatory.takeMinutes(before: minute * 60)
    }

    private func publish(_ finding: Finding) {
        guard isActive, let body = try? Packed.encode(finding) else { return }
        bus.publish("findings.\(finding.kind.rawValue)", body)
    }

    /// What the disk does not take now waits for the next turn; a finding is never given up.
    private func keepFindings() async {
        let findings = unkept
        guard !findings.isEmpty else { return }
        unkept = []
        do { try await archive.keep(findings) } catch {
            unkept = findings + unkept
            complain("findings could not be kept", error)
        }
    }

    private func keepPeriodically(_ now: Int64) async {
        if now - lastSnapshot >= 2_000_000_000 {
            lastSnapshot = now
            do { try await archive.keep(state: "objectives", try observatory.objectiveSnapshot()) } catch {
                complain("the counts of the objectives could not be kept", error)
            }
        }
        let minute = now / 60_000_000_000
        guard minute > lastMinute else { return }
        lastMinute = minute
        let minutes = observatory.takeMinutes(before: minute * 60)
        let fresh = kinds
        kinds = []
        do { try await archive.keep(minutes: minutes, kinds: fresh) } catch {
            complain("minutes could not be kept", error)
        }
    }

    private func complain(_ what: String, _ error: any Error) {
        log.limited(what, .error, what, ["why": "\(error)"])
    }

    // MARK: answering

    func standing(active: String?) async -> TelemetryStanding {
        let received = (try? await archive.received()) ?? []
        return TelemetryStanding(
            slot: slot, isActive: isActive, active: active, series: observatory.series.count,
            templates: observatory.logs.count, spansWaiting: observatory.traces.count,
            heldBytes: observatory.heldBytes, budgetBytes: observatory.budget.bytes,
            counts: received + observatory.losses)
    }

    func answer(_ query: SignalQuery) async -> SignalAnswer {
        let now = WallTime.now.nanoseconds
        var answer = observatory.answer(query, now: now)
        let isOld = query.from.map { $0 < now - 3_600_000_000_000 } ?? false
        switch query.kind {
        case .traces, .spans, .findings: await read(query, &answer)
        case .metrics where isOld: await read(query, &answer)
        case .metrics, .logs, .changes, .processes: break
        }
        answer.answeredBy = slot
        return answer
    }

    private func read(_ query: SignalQuery, _ answer: inout SignalAnswer) async {
        do { try await archive.answer(query, &answer) } catch {
            answer.missing.append(MissingSignal("what is on disk", "\(error)"))
        }
    }

    func trace(_ id: String) async -> TraceAnswer {
        let id = id.lowercased()
        observatory.want(id, now: WallTime.now.nanoseconds)
        bus.publish("traces.keep", Array("00-\(id)-0000000000000001-01".utf8))
        var spans = observatory.waitingSpans(of: id)
        var missing: [MissingSignal] = []
        do {
            let kept = try await archive.trace(id)
            spans += kept.filter { span in !spans.contains { $0.span == span.span } }
        } catch { missing.append(MissingSignal("what is on disk", "\(error)")) }
        spans.sort { ($0.start, $0.span) < ($1.start, $1.span) }
        // The first of all may belong to a caller from outside, whose own span never comes here.
        let known = Set(spans.map(\.span)).union(spans.first?.parent.map { [$0] } ?? [])
        let orphans = Set(spans.compactMap(\.parent)).subtracting(known)
        if !orphans.isEmpty {
            missing.append(
                MissingSignal("\(orphans.count) spans", "they are parents of others here, and did not come"))
        }
        return TraceAnswer(spans: spans, missing: missing, answeredBy: slot)
    }

    func objectives() -> ObjectivesAnswer {
        ObjectivesAnswer(
            objectives: observatory.objectiveReports,
            mistakes: observatory.objectives.mistakes, answeredBy: slot)
    }

    func investigate(_ scope: EvidenceScope) -> Evidence {
        var evidence = observatory.investigate(scope, now: WallTime.now.nanoseconds)
        evidence.outside = outside
        evidence.answeredBy = slot
        return evidence
    }

    func verify(_ expectation: Expectation) -> Verification {
        var verification = observatory.verify(expectation, now: WallTime.now.nanoseconds)
        verification.answeredBy = slot
        return verification
    }

    func capacity() -> CapacityAnswer {
        let now = WallTime.now.nanoseconds
        return CapacityAnswer(
            resources: observatory.capacity(now: now), missing: observatory.missing(now: now), answeredBy: slot)
    }
}
