import Building
import Bus
import Commands
import Contracts
import Glibc
import Host
import Remedies

extension Operator {
    func pipeline(_ invocation: Invocation, _ places: Places) throws(Failure) -> Int32 {
        let files = PipelineFiles(data: places.data)
        let asJSON = invocation.has("json")
        guard let name = invocation.text("COMMIT") else {
            let runs = files.runs()
            terminal.write(asJSON ? json(runs) : PipelineReport.list(runs, terminal.paint))
            return ExitCode.success
        }
        if invocation.path.last == "run" { return try prove(name, places, asJSON: asJSON) }
        let run = try known(name, files)
        guard let step = invocation.text("log") else {
            terminal.write(asJSON ? json(run) : PipelineReport.whole(run, terminal.paint))
            return ExitCode.success
        }
        guard let log = run.steps.first(where: { $0.name == step })?.log else {
            let names = run.steps.filter { $0.log != nil }.map(\.name)
            throw Failure(
                "expected a step with a log (\(names.isEmpty ? "it has none" : names.joined(separator: ", "))), found \(harmless(step))",
                exit: ExitCode.noInput)
        }
        guard let text = ProcessFiles.text(files.log(log, of: run.commit)) else {
            throw Failure("the step \(step) has not begun, or its log is gone", exit: ExitCode.noInput)
        }
        terminal.write(
            asJSON
                ? json(["log": text])
                : text.split(separator: "\n", omittingEmptySubsequences: false).map { PullReport.harmlessLine($0) }
                    .joined(separator: "\n"))
        return ExitCode.success
    }

    /// The run that a beginning of a commit means.
    private func known(_ name: String, _ files: PipelineFiles) throws(Failure) -> PipelineRun {
        let found = files.runs().filter { $0.commit.hasPrefix(name.lowercased()) }
        guard let run = found.first else {
            throw Failure(
                "no commit \(harmless(name)) went through the pipeline (see: kintsugi pipeline list)",
                exit: ExitCode.noInput)
        }
        guard found.count == 1 else {
            throw Failure("\(harmless(name)) is the beginning of \(found.count) commits: write more of it")
        }
        return run
    }

    private func prove(_ name: String, _ places: Places, asJSON: Bool) throws(Failure) -> Int32 {
        var isFirst = true
        var said = ""
        while true {
            let anew = isFirst
            let answer = try onBus(places) { bus in
                bus.allow(RemediationFault.self, as: "RemediationFault")
                let desk = try $PipelineDesk<BusSystem>.resolve(
                    id: BusID(role: "remediation", actor: PipelineAnswer.desk), using: bus)
                return try await withCallOptions(patience: .seconds(10), idempotent: true) {
                    try await desk.prove(name, anew: anew)
                }
            }
            isFirst = false
            guard answer.state == .underway else {
                terminal.write(asJSON ? json(answer) : PipelineReport.line(answer, terminal.paint))
                return answer.state == .failed ? ExitCode.failure : ExitCode.success
            }
            if !asJSON, answer.text != said {
                terminal.write(PipelineReport.line(answer, terminal.paint))
                said = answer.text
            }
            // The pace of asking.
            poll(nil, 0, 1_000)
        }
    }
}
