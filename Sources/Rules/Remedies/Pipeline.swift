public import Contracts

/// What is proven of a commit's sources: they are checked out, built and tested, and what was made is kept.
///
/// | step is | after | goes on to |
/// |---|---|---|
/// | waiting | its begin | running |
/// | running | its end | passed, failed, timed out |
/// | running | the death of the process that ran it | waiting; failed after the third time |
/// | waiting | another one's failure | skipped |
///
/// It is over when all have passed, or one has not. Whoever reads it from disk goes on where it was, and what is over says the
/// same for ever.
public struct PipelineRun: Codable, Sendable, Equatable {
    public enum Outcome: String, Codable, Sendable, Equatable, CaseIterable {
        case passed
        /// These sources had been proven before: nothing was built.
        case reused
        case failed
    }

    /// What a step does.
    public enum Kind: String, Codable, Sendable, Equatable, CaseIterable {
        case checkout, command, keep
    }

    public enum State: String, Codable, Sendable, Equatable, CaseIterable {
        case waiting, running, passed, failed, timedOut, skipped
    }

    public struct Step: Codable, Sendable, Equatable {
        public var name: String
        public var kind: Kind
        public var command: String?
        public var withinSeconds: Double
        public var state = State.waiting
        /// How often it was begun.
        public var starts = 0
        /// Nanoseconds since 1970.
        public var began: Int64?
        public var ended: Int64?
        /// What came of it, in a sentence.
        public var text = ""
        /// The name of its log in the folder of the run; nil for what writes none.
        public var log: String? { kind == .command ? "\(name).log" : nil }
    }

    public let commit: String
    /// What stands for its sources.
    public let sources: Digest
    public private(set) var steps: [Step]
    public private(set) var outcome: Outcome?
    /// What came of it, in a sentence.
    public private(set) var text: String
    /// Nanoseconds since 1970.
    public let began: Int64
    public private(set) var ended: Int64?

    /// Who is there when three processes end is the cause.
    static let mostStarts = 3
    /// For what is no command of a person's.
    static let ownPatience = 300.0

    /// One that is to be done.
    public init(_ commit: String, _ sources: Digest, _ plan: PipelinePlan, at now: Int64) {
        self.commit = commit
        self.sources = sources
        let commands = plan.steps.map {
            Step(name: $0.name, kind: .command, command: $0.run, withinSeconds: $0.withinSeconds)
        }
        steps =
            [Step(name: "checkout", kind: .checkout, withinSeconds: Self.ownPatience)] + commands
            + [Step(name: "keep", kind: .keep, withinSeconds: Self.ownPatience)]
        text = ""
        began = now
    }

    /// One of sources that were proven before.
    public init(_ commit: String, _ sources: Digest, reusing text: String, at now: Int64) {
        (self.commit, self.sources, self.text, began, ended) = (commit, sources, text, now, now)
        steps = []
        outcome = .reused
    }

    /// One that cannot even begin.
    public init(_ commit: String, _ sources: Digest, impossible text: String, at now: Int64) {
        (self.commit, self.sources, self.text, began, ended) = (commit, sources, text, now, now)
        steps = []
        outcome = .failed
    }
}

/// What happened to a run.
public enum PipelineEvent: Sendable, Equatable {
    case began(step: Int)
    case passed(step: Int, text: String)
    case failed(step: Int, text: String)
    case timedOut(step: Int)
    /// The process that ran it is gone, and another one reads it.
    case reopened
}

extension PipelineRun {
    /// The step that is to be begun; nil while one is running, and when it is over.
    public var errand: Int? {
        guard outcome == nil, !steps.contains(where: { $0.state == .running }) else { return nil }
        return steps.firstIndex { $0.state == .waiting }
    }

    /// Whether the sources may be deployed.
    public var isProven: Bool { outcome == .passed || outcome == .reused }

    /// Takes an event; whether it changed anything. What does not fit was said before, or comes too late.
    public mutating func take(_ event: PipelineEvent, at now: Int64) -> Bool {
        guard outcome == nil else { return false }
        switch event {
        case .began(let step):
            guard errand == step else { return false }
            steps[step].state = .running
            steps[step].starts += 1
            steps[step].began = now
        case .passed(let step, let text): return end(step, .passed, text, now)
        case .failed(let step, let text): return end(step, .failed, text, now)
        case .timedOut(let step):
            guard steps.indices.contains(step) else { return false }
            let text = "it was not done within \(Self.words(steps[step].withinSeconds)), and was killed"
            return end(step, .timedOut, text, now)
        case .reopened:
            guard let step = steps.firstIndex(where: { $0.state == .running }) else { return false }
            guard steps[step].starts < Self.mostStarts else {
                return end(step, .failed, "\(steps[step].starts) processes ended while they did it", now)
            }
            steps[step].state = .waiting
        }
        return true
    }

    private mutating func end(_ step: Int, _ state: State, _ said: String, _ now: Int64) -> Bool {
        guard steps.indices.contains(step), steps[step].state == .running else { return false }
        steps[step].state = state
        steps[step].ended = now
        steps[step].text = said
        if state != .passed {
            for index in steps.indices where steps[index].state == .waiting { steps[index].state = .skipped }
            outcome = .failed
            text = "\(steps[step].name): \(said)"
            ended = now
        } else if step == steps.count - 1 {
            outcome = .passed
            text = said
            ended = now
        }
        return true
    }

    private static func words(_ seconds: Double) -> String {
        let whole = Int(seconds.rounded())
        return whole >= 120 && whole % 60 == 0 ? "\(whole / 60) min" : "\(whole) s"
    }
}
