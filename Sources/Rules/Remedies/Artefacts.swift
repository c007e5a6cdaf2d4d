public import Contracts

/// What is kept of a proven commit: its executables, and what stands for the sources that they are made from.
public struct ArtefactManifest: Codable, Sendable, Equatable {
    public struct File: Codable, Sendable, Equatable {
        public var name: String
        public var size: Int
        /// When its content was changed last, in nanoseconds since 1970: who changes it in its place is noticed.
        public var changed: Int64
        /// Of its content; nil for what somebody else built and keeps.
        public var digest: Digest?
        /// Taken from what ran, as the pipeline does not make it.
        public var isCarriedOver: Bool

        public init(name: String, size: Int, changed: Int64, digest: Digest?, isCarriedOver: Bool = false) {
            self.name = name
            self.size = size
            self.changed = changed
            self.digest = digest
            self.isCarriedOver = isCarriedOver
        }
    }

    public var sources: Digest
    public var commit: String
    /// Nanoseconds since 1970.
    public var built: Int64
    /// `debug` or `release`.
    public var configuration: String
    /// Where the files are, if not beside this; of what is on another file system.
    public var folder: String?
    /// In the order of their names.
    public var files: [File]

    public init(
        sources: Digest, commit: String, built: Int64, configuration: String, folder: String? = nil, files: [File]
    ) {
        self.sources = sources
        self.commit = commit
        self.built = built
        self.configuration = configuration
        self.folder = folder
        self.files = files.sorted { $0.name < $1.name }
    }
}

/// Which artefacts are not needed any more.
public enum ArtefactRules {
    /// Of so many deploys everything is kept: going back to one of them needs no compiler.
    public static let deploysKept = 10
    /// What was proven, and not deployed: of open pull requests, and of what was taken back.
    public static let othersKept = 5

    /// Those that may go. `deployed` are the sources of deploys, the latest first; `needed` stay in any case.
    public static func spare(_ all: [ArtefactManifest], deployed: [Digest], needed: [Digest]) -> [Digest] {
        var kept = needed
        for sources in deployed where !kept.contains(sources) {
            guard kept.count < needed.count + deploysKept else { break }
            kept.append(sources)
        }
        let others = all.filter { !kept.contains($0.sources) }
            .sorted { ($1.built, $1.sources) < ($0.built, $0.sources) }
        return others.dropFirst(othersKept).map(\.sources).sorted()
    }
}
