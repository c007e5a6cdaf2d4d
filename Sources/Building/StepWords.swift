public import Remedies

/// What the end of a command means, in a sentence that says what to do.
public enum StepWords {
    /// The event for the run.
    public static func event(_ end: StepEnd, step: Int, path: String) -> PipelineEvent {
        switch end {
        case .late: return .timedOut(step: step)
        case .impossible(let why): return .failed(step: step, text: why)
        case .ended(0, _): return .passed(step: step, text: "")
        case .ended(let status, let said):
            let words = said.joined(separator: "; ")
            if said.contains(where: { $0.lowercased().contains("no space left on device") }) {
                return .failed(step: step, text: "the disk is full (\(words)): free some space, then try again")
            }
            if status == 127 {
                return .failed(
                    step: step,
                    text: "expected every command in \(path), found one missing (\(words)): install it, or start the "
                        + "cluster with a PATH that has it")
            }
            let text = words.isEmpty ? "it said nothing" : words
            return .failed(step: step, text: "it ended with status \(status): \(text)")
        }
    }

    /// What a trial of a commit says: as `git bisect run` has it, 125 means that it cannot be told.
    public static func mark(_ end: StepEnd) -> Bisect.Mark {
        switch end {
        case .ended(0, _): .good
        case .ended(125, _), .ended(126, _), .ended(127, _), .late, .impossible: .untestable
        case .ended: .bad
        }
    }
}
