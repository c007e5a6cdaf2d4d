import Chaos
import Commands
import Faults
import Glibc
import Host
import Threads

extension Operator {
    /// A run with its worth.
    struct Scored: Encodable {
        let run: FaultRun
        let score: FaultScore
    }

    func runFaults(_ invocation: Invocation) throws(Failure) -> Int32 {
        let wanted = try wantedFaults(invocation)
        let shown = terminal.isTerminal && !invocation.has("json")
        let terminal = terminal
        let enough = Bell()
        let descriptor = try failing { try SignalReader([SIGINT, SIGTERM, SIGHUP]).descriptor }
        NativeThread(name: "signals") {
            _ = Poll.wait([Poll.interest(descriptor.number)], until: nil)
            enough.ring()
        }.start()
        var scored: [Scored] = []
        for number in 0..<(wanted.count * (invocation.number("times") ?? 1)) where !enough.isRung {
            let known = wanted[number % wanted.count]
            let trial = Trial(
                known: known, configuration: invocation.text("config") ?? "config",
                // Ports that nothing else of this host is likely to have.
                portOffset: 10_000 + Int(getpid()) % 10_000, keeps: invocation.has("keep"), person: self,
                say: { text in
                    if shown { terminal.write("\r\(known.fault.name): \(harmless(text))\u{1B}[K") }
                    if !shown, text.hasPrefix("its data") { terminal.write("\(text)\n", to: STDERR_FILENO) }
                }, enough: enough)
            let run = trial.run()
            scored.append(Scored(run: run, score: FaultScore(of: run, fault: known.fault, truth: known.truth)))
            if shown { terminal.write("\r\u{1B}[K") }
            if !invocation.has("json") { terminal.write(TrialReport.words(scored[number], terminal.paint)) }
        }
        terminal.write(invocation.has("json") ? json(scored) : TrialReport.table(scored, terminal.paint))
        return !enough.isRung && scored.allSatisfy(\.score.isAsMarked) ? ExitCode.success : ExitCode.failure
    }

    private func wantedFaults(_ invocation: Invocation) throws(Failure) -> [KnownFault] {
        let known = try knownFaults(invocation)
        let names = invocation.texts("NAME")
        let can = invocation.texts("with")
        if let stranger = names.first(where: { name in !known.contains { $0.fault.name == name } }) {
            throw Failure(
                "there is no fault \"\(harmless(stranger))\" (see: kintsugi chaos list)", exit: ExitCode.usage)
        }
        let wanted = known.filter { fault in
            names.contains(fault.fault.name)
                || invocation.has("all") && fault.fault.needs.allSatisfy { can.contains($0) }
        }
        // A table without a row must not look like one in which all is right.
        guard !wanted.isEmpty else { throw Failure("expected names of faults, or --all", exit: ExitCode.usage) }
        return wanted
    }
}

/// What became of runs, for people.
enum TrialReport {
    static func table(_ scored: [Operator.Scored], _ paint: Paint) -> String {
        var table = Table(
            [
                "FAULT", "MARKED", "SEEN AFTER", "OF FAILURE", "CATEGORY", "CULPRIT", "STRICT", "ACTION", "PERSON",
                "VERIFIED", "UNDONE", "HOLDS", "OVER AFTER", "FAILED", "LATE", "OF", "AS MARKED",
            ], rightAligned: [2, 3, 6, 12, 13, 14, 15])
        table.rows = scored.map { row(of: $0) }
        let right = scored.count { $0.score.isAsMarked }
        return table.text(paint) { row, column in
            column == 16 ? (scored[row].score.isAsMarked ? .green : .red) : nil
        } + "\(right) of \(scored.count) are as they were marked.\n"
    }

    private static func row(of scored: Operator.Scored) -> [String] {
        let (run, score) = (scored.run, scored.score)
        func seconds(_ value: Double?) -> String { value.map { "\(one($0)) s" } ?? "–" }
        func yes(_ value: Bool) -> String { value ? "yes" : "no" }
        func each(_ values: [String]) -> String { values.isEmpty ? "–" : values.joined(separator: ", ") }
        return [
            run.fault, score.mark.rawValue, seconds(score.detectedAfter), seconds(score.detectedAfterFailure),
            each(run.cases.compactMap(\.category)), each(run.cases.compactMap(\.culprit)), two(score.strict),
            run.takenBack ? "gate" : each(run.cases.flatMap(\.actions)), yes(score.neededPerson), yes(score.isVerified),
            yes(score.isUndone), yes(score.invariantsHold), seconds(score.endedAfter), "\(run.impact.failed)",
            "\(run.impact.late)", "\(run.impact.requests)", yes(score.isAsMarked),
        ]
    }

    /// One run, incident by incident.
    static func words(_ scored: Operator.Scored, _ paint: Paint) -> String {
        let (run, score) = (scored.run, scored.score)
        let end = score.isAsMarked ? paint("as marked", .green) : paint("not as marked", .red)
        var lines = [
            "\(paint(run.fault, .bold))  \(end) (\(score.mark.rawValue)), after \(Quantities.duration(run.seconds))"
        ]
        for found in run.cases {
            let guess = found.culprit.map { culprit in
                "\(found.category ?? "?") of \(culprit) (\(Quantities.percent((found.confidence ?? 0) * 100)))"
            }
            lines.append(harmless("  \(found.id)  \(found.stage)  \(guess ?? "no diagnosis")  \(found.title)"))
            if let change = found.blames { lines.append(harmless("      blames \(change)")) }
            let plans = found.plans.isEmpty ? "no plan" : "plans \(found.plans.joined(separator: ", "))"
            let actions = found.actions.isEmpty ? "nothing done" : "done \(found.actions.joined(separator: ", "))"
            lines.append(harmless("      \(plans); \(actions); \(found.note)"))
        }
        lines += score.deviations.map { "  \(paint("but", .yellow)) \(harmless($0))" }
        return lines.joined(separator: "\n") + "\n"
    }
}
