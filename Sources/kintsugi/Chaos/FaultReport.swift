import Chaos
import Faults

/// A fault for people.
enum FaultReport {
    struct Shown: Encodable {
        let fault: Fault
        let truth: GroundTruth
    }

    static func text(_ known: KnownFault, _ paint: Paint) -> String {
        let (fault, truth) = (known.fault, known.truth)
        let traffic = "\(one(fault.traffic.before)) orders a second, then \(one(fault.traffic.after))"
        var rows = [
            ("category", fault.category), ("marked", fault.mark.rawValue), ("traffic", traffic),
            ("baseline", Quantities.duration(fault.baselineSeconds)),
            ("within", Quantities.duration(fault.withinSeconds)),
        ]
        if !fault.needs.isEmpty { rows.append(("needs", fault.needs.joined(separator: ", "))) }
        var lines = [paint(fault.name, .bold) + "  \(harmless(fault.about))"]
        lines += rows.map { "  \($0.0)\(String(repeating: " ", count: 10 - $0.0.count))\(harmless($0.1))" }
        lines.append(paint("What is done", .bold))
        lines += fault.steps.map { "  \(harmless(words($0)))" }
        lines.append(paint("What is true", .bold))
        lines += truth.causes.map { "  \(harmless("\($0.name): \($0.condition)"))" }
        lines += truth.propagations.map { "  \(harmless("\($0.source) → \($0.target): \($0.effect)"))" }
        lines += truth.solutions.map { "  \(harmless("helps: \($0.id), \($0.actions.joined(separator: "; "))"))" }
        return lines.joined(separator: "\n") + "\n"
    }

    static func words(_ step: FaultStep) -> String {
        switch step {
        case .set(let title, let values): "commit \"\(title)\": \(values.joined(separator: ", "))"
        case .patch(let title, let text): "commit \"\(title)\": a patch of \(text.split(separator: "\n").count) lines"
        case .remove(let title, let file, let line): "commit \"\(title)\": without the line \"\(line)\" in \(file)"
        case .signal(let step):
            "\(step.signal) to \(step.role)" + (step.slot.map { ".\($0)" } ?? "")
                + (step.forSeconds.map { " for \($0) s" } ?? "") + (step.everySeconds.map { ", every \($0) s" } ?? "")
        case .fill(let step):
            "the file \(step.file) grows by \(Quantities.bytes(step.bytesPerSecond)) a second to \(Quantities.bytes(step.size))"
        case .row(let step): "rows of \(step.service): \(step.statements.joined(separator: "; "))"
        case .carrier(let step): "the carrier is \(step.mode) for \(step.share) of a hundred requests"
        case .load(let step): "\(one(step.rate)) orders a second more, for \(Quantities.duration(step.seconds))"
        case .wait(let seconds): "nothing for \(Quantities.duration(seconds))"
        }
    }
}
