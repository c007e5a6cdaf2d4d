import Commands
import FoundationEssentials
import Insight

extension Operator {
    func insight(_ invocation: Invocation) throws(Failure) {
        let text =
            switch invocation.path.last {
            case "rank": try rank(invocation)
            default: try table(invocation)
            }
        guard let out = invocation.text("out") else {
            terminal.write(text)
            return
        }
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: out), options: .atomic)
        } catch {
            throw Failure("the file \(out) cannot be written: \(error)")
        }
    }

    private func table(_ invocation: Invocation) throws(Failure) -> String {
        let path = invocation.text("INPUT.csv") ?? ""
        let table = CommaSeparated(try CaseFolder.bytes(path))
        do {
            return try invocation.path.last == "templates"
                ? InsightFiles.templates(table) : InsightFiles.anomalies(table)
        } catch {
            throw Failure("\(path): \(error)", exit: ExitCode.data)
        }
    }

    private func rank(_ invocation: Invocation) throws(Failure) -> String {
        let path = invocation.text("CASES.json") ?? ""
        return try Rankings.text(cases: path, onlyMetrics: invocation.text("signals") == "metrics")
    }
}
