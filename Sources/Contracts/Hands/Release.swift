/// What a cluster, or one role of it, runs: a commit of the configuration, and the programs that go with it.
public struct Release: Codable, Sendable, Equatable {
    /// Of the repository's `main`; empty for a folder that no repository knows.
    public var commit: String
    /// The immutable folder that was checked out for it.
    public var configuration: String
    /// The folder of its programs; nil for those beside the guardian's own.
    public var programs: String?

    public init(commit: String, configuration: String, programs: String? = nil) {
        self.commit = commit
        self.configuration = configuration
        self.programs = programs
    }

    /// As people name it.
    public var brief: String { commit.isEmpty ? configuration : String(commit.prefix(10)) }
}

/// What is asked of the supervisor: run this from now on.
public struct DeployOrder: Codable, Sendable, Equatable {
    public var release: Release
    /// Who merged it, and what for.
    public var author: String
    public var text: String
    /// The paths that it changes.
    public var touched: [String]
    /// The executables that it changes; the supervisor looks for itself.
    public var executables: [String]?

    public init(release: Release, author: String, text: String, touched: [String]) {
        self.release = release
        self.author = author
        self.text = text
        self.touched = touched
    }
}

/// What became of a deploy.
public struct DeployRecord: Codable, Sendable, Equatable {
    public enum Outcome: String, Codable, Sendable, Equatable, CaseIterable {
        case underway
        /// Every role that it touches runs it.
        case done
        /// It did not pass the gate: what had been rolled runs what it ran before.
        case takenBack
        /// Nothing was touched.
        case refused
    }

    public var release: Release
    public var outcome: Outcome
    /// Why, in a sentence.
    public var text: String
    /// The roles that were rolled for it.
    public var roles: [String]
    /// Nanoseconds since 1970.
    public var began: Int64
    public var ended: Int64?

    public init(
        release: Release, outcome: Outcome, text: String, roles: [String] = [], began: Int64, ended: Int64? = nil
    ) {
        self.release = release
        self.outcome = outcome
        self.text = text
        self.roles = roles
        self.began = began
        self.ended = ended
    }
}
