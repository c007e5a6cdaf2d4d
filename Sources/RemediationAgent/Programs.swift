import Contracts
import Forge
import Host
import Remedies
import Signals

/// What programs a commit is to be run with.
struct Programs: Sendable {
    enum Answer: Sendable, Equatable {
        /// Those of this folder; nil for those beside the guardian's own.
        case these(String?)
        /// They are being made.
        case wait(String)
        case refused(String)
    }

    let workshop: Workshop
    let pipeline: Pipeline
    let origins: Origins
    let log: Log

    /// Those that run where the sources are the same; otherwise those that the pipeline has proven.
    func of(_ commit: String, _ status: ClusterStatus) async throws(ForgeFault) -> Answer {
        let running = status.release?.programs
        guard let wanted = try await workshop.sources(of: commit), try await runs(status) != wanted else {
            return .these(running)
        }
        switch try await pipeline.standing(of: commit) {
        case .proven(_, let programs): return .these(programs)
        case .underway(let text): return .wait(text)
        case .failed(let why): return .refused("pipeline: \(why)")
        case .needless(let why):
            log.limited(
                "programs", .warning, "other sources are merged, and no programs are made of them",
                ["commit": .text(commit), "why": .text(why)])
            return .these(running)
        }
    }

    /// The sources of what runs.
    func runs(_ status: ClusterStatus) async throws(ForgeFault) -> Digest? {
        if let known = await origins.sources(of: Ground.seen(status)) { return known }
        return try await workshop.sources(of: status.release?.commit ?? "")
    }

    /// The paths of the repository that go back with what runs: all of them where the sources are others.
    func wayBack(from commit: String, _ status: ClusterStatus) async throws(ForgeFault) -> String {
        let running = try await workshop.sources(of: status.release?.commit ?? "")
        return try await workshop.sources(of: commit) == running ? "config" : ""
    }
}
