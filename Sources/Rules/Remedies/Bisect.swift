/// The search for the first bad one of some commits, as a person would do it: the middle one is tried, and one half is left.
public struct Bisect: Codable, Sendable, Equatable {
    public enum Mark: String, Codable, Sendable, Equatable, CaseIterable {
        case good, bad
        /// It cannot be told: it does not build, say.
        case untestable
    }

    /// What is known.
    public enum Answer: Sendable, Equatable {
        /// This one is to be tried.
        case test(String)
        /// It is the first bad one.
        case found(String)
        /// One of these is, and none of them can be told from the others; the oldest first.
        case among([String])
        /// The latest one is good: none of them is to blame.
        case nothing
    }

    /// The oldest first; what was before them is taken for good.
    public let commits: [String]
    /// One mark a commit that was tried, in the order of trying.
    public private(set) var marks: [Marked] = []

    public struct Marked: Codable, Sendable, Equatable {
        public var commit: String
        public var mark: Mark
    }

    public init(_ commits: [String]) { self.commits = commits }

    /// Takes what a trial said; the first word about a commit counts.
    public mutating func take(_ commit: String, _ mark: Mark) -> Bool {
        guard commits.contains(commit), self.mark(of: commit) == nil else { return false }
        marks.append(Marked(commit: commit, mark: mark))
        return true
    }

    private func mark(of commit: String) -> Mark? { marks.first { $0.commit == commit }?.mark }

    /// What is to be done, or what was found.
    public var answer: Answer {
        guard let last = commits.last else { return .nothing }
        switch mark(of: last) {
        // Whether there is anything to be searched for is tried first.
        case nil: return .test(last)
        case .good: return .nothing
        case .untestable: return .among(commits)
        case .bad: break
        }
        let firstBad = commits.firstIndex { mark(of: $0) == .bad } ?? commits.count - 1
        let lastGood = commits[..<firstBad].lastIndex { mark(of: $0) == .good } ?? -1
        let between = Array((lastGood + 1)..<firstBad)
        let open = between.filter { mark(of: commits[$0]) == nil }
        guard !open.isEmpty else {
            // Those that cannot be told are not to be told from the first bad one behind them.
            return between.isEmpty ? .found(commits[firstBad]) : .among(Array(commits[(lastGood + 1)...firstBad]))
        }
        let middle = (lastGood + firstBad) / 2
        let nearest = open.min { (abs($0 - middle), $0) < (abs($1 - middle), $1) } ?? open[0]
        return .test(commits[nearest])
    }
}
