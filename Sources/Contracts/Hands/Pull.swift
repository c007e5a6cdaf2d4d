/// A pull request: a branch with a commit that somebody wants in `main`, and what was said about it.
public struct Pull: Codable, Sendable, Equatable {
    public enum State: String, Codable, Sendable, Equatable, CaseIterable {
        case open, merged, closed
    }

    public var number: Int
    /// Given by who proposed it: the same proposal made twice is one.
    public var key: String?
    public var title: String
    /// Markdown.
    public var text: String
    public var author: String
    public var branch: String
    /// The commit of `main` that it was made on, and its own.
    public var base: String
    public var head: String
    public var state: State
    /// The commit on `main`, once it is merged, and who merged it.
    public var merged: String?
    public var mergedBy: String?
    public var incident: String?
    /// The hash of the plan that it belongs to.
    public var plan: String?
    public var reviews: [PullReview]
    public var checks: [PullCheck]
    /// Nanoseconds since 1970.
    public var created: Int64
    public var changed: Int64

    public init(
        number: Int, key: String? = nil, title: String, text: String, author: String, branch: String, base: String,
        head: String, state: State = .open, incident: String? = nil, plan: String? = nil, created: Int64
    ) {
        self.number = number
        self.key = key
        self.title = title
        self.text = text
        self.author = author
        self.branch = branch
        self.base = base
        self.head = head
        self.state = state
        self.incident = incident
        self.plan = plan
        reviews = []
        checks = []
        self.created = created
        changed = created
    }
}

/// What somebody said to a pull request.
public struct PullReview: Codable, Sendable, Equatable {
    public enum Verdict: String, Codable, Sendable, Equatable, CaseIterable {
        case approve, reject, comment
    }

    public var by: String
    public var verdict: Verdict
    public var text: String
    /// The commit that was looked at.
    public var head: String
    public var at: Int64

    public init(by: String, verdict: Verdict, text: String, head: String, at: Int64) {
        self.by = by
        self.verdict = verdict
        self.text = text
        self.head = head
        self.at = at
    }
}

/// What a machine found out about a pull request.
public struct PullCheck: Codable, Sendable, Equatable {
    public enum State: String, Codable, Sendable, Equatable, CaseIterable {
        case pending, passed, failed
    }

    /// A later check of the same name takes the place of the earlier.
    public var name: String
    public var state: State
    public var text: String
    public var head: String
    public var at: Int64

    public init(name: String, state: State, text: String, head: String, at: Int64) {
        self.name = name
        self.state = state
        self.text = text
        self.head = head
        self.at = at
    }
}

/// What somebody wants in `main`.
public struct PullProposal: Codable, Sendable, Equatable {
    /// What is to be changed.
    public enum Change: Codable, Sendable, Equatable {
        /// A commit of `main` is taken back.
        case revert(commit: String)
        /// Whole files, by their paths in the repository; nil takes one away.
        case files([FileChange])
        /// A patch as `git diff` prints it.
        case patch(String)
    }

    public var key: String?
    public var title: String
    public var text: String
    public var author: String
    public var change: Change
    /// The commit of `main` that it is made on.
    public var base: String
    public var incident: String?
    public var plan: String?
    /// Nanoseconds since 1970: the time of its commit, too, so that the same proposal makes the same commit.
    public var at: Int64

    public init(
        key: String? = nil, title: String, text: String, author: String, change: Change, base: String,
        incident: String? = nil, plan: String? = nil, at: Int64
    ) {
        self.key = key
        self.title = title
        self.text = text
        self.author = author
        self.change = change
        self.base = base
        self.incident = incident
        self.plan = plan
        self.at = at
    }
}

/// A file as it shall be.
public struct FileChange: Codable, Sendable, Equatable {
    public var path: String
    public var content: [UInt8]?

    public init(path: String, content: [UInt8]?) {
        self.path = path
        self.content = content
    }
}
