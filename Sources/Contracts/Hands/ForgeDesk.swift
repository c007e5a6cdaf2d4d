public import Distributed

/// Pull requests, for who shows them to people and takes people's words to them. Any replica answers: what is asked is asked of the
/// forge itself, which two cannot change at the same time.
@Resolvable
public protocol ForgeDesk: DistributedActor where ActorSystem: DistributedActorSystem<any Codable> {
    /// Those in one state, or all of them.
    distributed func pulls(in state: Pull.State?) async throws -> [Pull]
    /// One of them, with what it would change.
    distributed func pull(numbered number: Int) async throws -> PullView
    /// A person's word.
    distributed func review(_ number: Int, _ review: PullReview) async throws -> Pull
    /// A person merges it: that is an authority of its own. `head` is the commit that was looked at.
    distributed func merge(_ number: Int, by person: String, head: String) async throws -> Pull
    distributed func close(_ number: Int, by person: String, why: String) async throws -> Pull
    /// The latest commits of `main`, the youngest first.
    distributed func history(_ limit: Int) async throws -> [MainCommit]
}

/// A pull request with its diff.
public struct PullView: Codable, Sendable, Equatable {
    public var pull: Pull
    public var diff: String

    public init(pull: Pull, diff: String) {
        self.pull = pull
        self.diff = diff
    }
}

/// A commit of `main`, in a line.
public struct MainCommit: Codable, Sendable, Equatable {
    public var commit: String
    public var author: String
    public var title: String
    /// The incident that it was made for.
    public var incident: String?
    /// Nanoseconds since 1970.
    public var at: Int64

    public init(commit: String, author: String, title: String, incident: String?, at: Int64) {
        self.commit = commit
        self.author = author
        self.title = title
        self.incident = incident
        self.at = at
    }
}

/// Why the forge did not do it. It crosses the bus where both sides allow it under the name `ForgeRefusal`.
public struct ForgeRefusal: Error, Codable, Sendable, Equatable, CustomStringConvertible {
    public var description: String
    /// Whether the same may be asked again soon.
    public var isPassing: Bool

    /// The name of the desk's actor, beside the main one of its role.
    public static let desk = "forge"

    public init(_ description: String, isPassing: Bool) {
        self.description = description
        self.isPassing = isPassing
    }
}
