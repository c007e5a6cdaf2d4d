public import Distributed

/// Has the sources of commits built and tested. Whoever asks again begins nothing a second time.
@Resolvable
public protocol PipelineDesk: DistributedActor where ActorSystem: DistributedActorSystem<any Codable> {
    /// Begins what is not begun, and says how far it is; `anew` begins once more what has failed.
    distributed func prove(_ commit: String, anew: Bool) async throws -> PipelineAnswer
}

/// How far the proof of a commit is.
public struct PipelineAnswer: Codable, Sendable, Equatable {
    public enum State: String, Codable, Sendable, Equatable, CaseIterable {
        /// The commit has no sources, or nothing says how programs are made of them.
        case needless
        case underway, passed, failed
    }

    /// The name of the desk's actor, beside the main one of its role.
    public static let desk = "pipeline"

    public var commit: String
    public var state: State
    /// In a sentence.
    public var text: String
    /// The folder of its programs, once it has passed.
    public var programs: String?

    public init(commit: String, state: State, text: String, programs: String? = nil) {
        self.commit = commit
        self.state = state
        self.text = text
        self.programs = programs
    }
}
