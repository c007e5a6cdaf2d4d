import Commands
import Contracts
import Definitions
import FoundationEssentials
import Host
import Risk
import Settings

extension Operator {
    private struct Linted: Encodable {
        let policy: String?
        let mistakes: [String]
        let notes: [String]
    }

    func policy(_ invocation: Invocation, _ places: Places) throws(Failure) -> Int32 {
        switch invocation.path.last {
        case "lint": return lint(invocation)
        case "explain" where invocation.has("INCIDENT"): try explain(invocation, places)
        case "explain": try explain(invocation)
        case "test": return try test(invocation, places)
        default: try compare(invocation)
        }
        return ExitCode.success
    }

    private func lint(_ invocation: Invocation) -> Int32 {
        let path = invocation.text("DIR") ?? "config/policy"
        let found = Definitions.policy(in: path)
        // Who may agree, and the record of earlier runs, stand beside the folder: a verdict depends on them, too.
        let beside = Definitions.people(files: ["\(path)/../people.yaml"]).mistakes
        let record = ["calibration", "calibration/leads"].flatMap {
            Definitions.calibration(in: "\(path)/../\($0)").mistakes
        }
        let mistakes = (found.mistakes + beside + record).map(\.description)
        let notes = found.notes.map(\.description)
        if invocation.has("json") {
            terminal.write(json(Linted(policy: found.policy?.version, mistakes: mistakes, notes: notes)))
        } else {
            for mistake in mistakes { terminal.write(terminal.paint("wrong  ", .red) + harmless(mistake) + "\n") }
            for note in notes { terminal.write(terminal.paint("note   ", .yellow) + harmless(note) + "\n") }
            let end =
                found.policy.map {
                    "the policy \($0.version), "
                        + (mistakes.isEmpty ? "nothing is wrong" : "wrong is only what stands beside it")
                }
                ?? "no policy: nothing goes alone"
            terminal.write(harmless("\(path): \(end)") + "\n")
        }
        return mistakes.isEmpty ? ExitCode.success : ExitCode.configuration
    }

    private func explain(_ invocation: Invocation) throws(Failure) {
        let policy = try policy(at: invocation.text("policy") ?? "config/policy")
        let proposal: Proposal = try input(invocation, "input")
        let verdict = RiskJudge.verdict(on: proposal, under: policy)
        guard !invocation.has("json") else { return terminal.write(json(verdict)) }
        terminal.write(verdict.text.split(separator: "\n").map { harmless(String($0)) + "\n" }.joined())
    }

    /// The latest verdict that is kept of an incident, with all its reasons.
    private func explain(_ invocation: Invocation, _ places: Places) throws(Failure) {
        let incident = invocation.text("INCIDENT") ?? ""
        guard let kept = try verdicts(VerdictQuery(incident: incident, limit: 1), places).first else {
            throw Failure("no plan was judged for the incident \(harmless(incident))", exit: ExitCode.noInput)
        }
        guard !invocation.has("json") else { return terminal.write(json(kept)) }
        terminal.write(kept.verdict.text.split(separator: "\n").map { harmless(String($0)) + "\n" }.joined())
    }

    /// So many verdicts of the past are judged again, the latest.
    private static let mostTested = 1_000

    private func test(_ invocation: Invocation, _ places: Places) throws(Failure) -> Int32 {
        let policy = try policy(at: invocation.text("with") ?? "config/policy")
        let kept = try verdicts(VerdictQuery(limit: Self.mostTested), places)
        let comparison = PolicyComparison(kept: kept.reversed(), after: policy)
        terminal.write(invocation.has("json") ? json(comparison) : text(comparison))
        return comparison.milder == 0 ? ExitCode.success : ExitCode.failure
    }

    private func compare(_ invocation: Invocation) throws(Failure) {
        guard let other = invocation.text("with") else {
            throw Failure("expected --with DIR, found nothing", exit: ExitCode.usage)
        }
        let past: [PastProposal] = try input(invocation, "past")
        let comparison = PolicyComparison(
            past, before: try policy(at: invocation.text("policy") ?? "config/policy"), after: try policy(at: other))
        terminal.write(invocation.has("json") ? json(comparison) : text(comparison))
    }

    private func text(_ comparison: PolicyComparison) -> String {
        var lines = comparison.changes.map { change in
            "\(change.incident) \(change.plan.brief): \(change.before.rawValue) would be \(change.after.rawValue) "
                + "(it ended \(change.ended)): \(change.because.joined(separator: "; "))"
        }
        lines += comparison.counts.map {
            "\($0.before.rawValue) to \($0.after.rawValue), ended \($0.ended): \($0.count)"
        }
        lines.append(
            "\(comparison.changes.count) of \(comparison.count) verdicts would be others, \(comparison.milder) of them milder"
        )
        return lines.map { harmless($0) + "\n" }.joined()
    }

    func policy(at path: String) throws(Failure) -> Policy {
        let found = Definitions.policy(in: path)
        guard let policy = found.policy else {
            throw Failure(
                found.mistakes.map { harmless($0.description) }.joined(separator: "\n"), exit: ExitCode.configuration)
        }
        return policy
    }

    /// What the JSON file of an option says.
    private func input<Value: Decodable>(_ invocation: Invocation, _ option: String) throws(Failure) -> Value {
        guard let path = invocation.text(option) else {
            throw Failure("expected --\(option) FILE.json, found nothing", exit: ExitCode.usage)
        }
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)) else {
            throw Failure("the file \(path) cannot be read", exit: ExitCode.noInput)
        }
        do {
            return try JSONDecoder().decode(Value.self, from: data)
        } catch let error as DecodingError {
            throw Failure(harmless("\(path): \(Self.words(of: error))"), exit: ExitCode.data)
        } catch { throw Failure("\(path): \(error)", exit: ExitCode.data) }
    }

    /// Where in a file something else was expected.
    private static func words(of error: DecodingError) -> String {
        func place(_ path: [any CodingKey]) -> String {
            path.map { key in key.intValue.map { "[\($0)]" } ?? "\(key.stringValue)" }.joined(separator: ".")
        }
        switch error {
        case .keyNotFound(let key, let context):
            return "\(place(context.codingPath + [key])): expected a value, found none"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            let at = place(context.codingPath)
            return (at.isEmpty ? "" : "\(at): ") + context.debugDescription
        @unknown default: return "\(error)"
        }
    }
}
