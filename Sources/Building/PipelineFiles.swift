public import Contracts
import Glibc
public import Host
public import Remedies

/// Where a cluster's pipeline keeps its things, so that whoever takes over, and a person, finds them.
public struct PipelineFiles: Sendable {
    public let data: String

    public init(data: String) { self.data = data }

    /// Above all the others.
    public var folder: String { "\(data)/pipeline" }
    /// The sources of the commit that was looked at last, and what was built of them.
    public var work: String { "\(folder)/work" }
    /// What git knows of that folder.
    public var index: String { "\(folder)/index" }

    /// Where what is known of a commit stands.
    public func runFolder(_ commit: String) -> String { "\(folder)/runs/\(commit)" }
    /// The log of a step.
    public func log(_ name: String, of commit: String) -> String { "\(runFolder(commit))/\(name)" }

    /// With what processes of this pipeline are marked, and found again after a sudden death.
    public var mark: String { "KINTSUGI_PIPELINE=\(folder)" }

    // MARK: - Runs

    /// What is known of a commit; nil where nothing is.
    public func run(_ commit: String) -> PipelineRun? { Self.read("\(runFolder(commit))/run.json") }

    /// Keeps it; on disk when this returns.
    public func keep(_ run: PipelineRun) throws(SystemFault) {
        try Self.makeFolder(runFolder(run.commit))
        try Self.write(run, to: "\(runFolder(run.commit))/run.json")
    }

    /// All runs, the latest first.
    public func runs() -> [PipelineRun] {
        ProcessFiles.entries("\(folder)/runs").filter { $0.count == 40 }.compactMap { run($0) }
            .sorted { ($1.began, $1.commit) < ($0.began, $0.commit) }
    }

    /// Forgets all runs but the latest that are over.
    public func forgetRuns(but most: Int) {
        for run in runs().filter({ $0.outcome != nil }).dropFirst(most) {
            TemporaryFolder.remove(runFolder(run.commit))
        }
    }

    // MARK: - What the cluster began with

    /// The programs beside the guardian's own, and what sources they are taken to be of.
    public struct Base: Codable, Sendable, Equatable {
        public var folder: String
        public var sources: Digest
        public var files: [ArtefactManifest.File]

        public init(folder: String, sources: Digest, files: [ArtefactManifest.File]) {
            self.folder = folder
            self.sources = sources
            self.files = files
        }
    }

    /// What the cluster began with; nil where its `main` has no sources.
    public var base: Base? { Self.read("\(folder)/base.json") }

    /// Keeps it; on disk when this returns.
    public func keep(_ base: Base) throws(SystemFault) {
        try Self.makeFolder(folder)
        try Self.write(base, to: "\(folder)/base.json")
    }

    // MARK: - Searches

    /// A search for the commit to blame, as far as it went.
    public func search(_ id: String) -> Bisect? { Self.read("\(folder)/searches/\(id).json") }

    /// Keeps it; on disk when this returns.
    public func keep(_ search: Bisect, as id: String) throws(SystemFault) {
        try Self.makeFolder("\(folder)/searches")
        try Self.write(search, to: "\(folder)/searches/\(id).json")
    }

    // MARK: - Where commands are

    /// Where commands are looked for: where the person looks who started the cluster, whose PATH no worker is born with.
    public var path: String {
        let known = ProcessFiles.text("\(folder)/path").map { String($0.prefix { $0 != "\n" }) } ?? ""
        return known.isEmpty ? "/usr/local/bin:/usr/bin:/bin" : known
    }

    /// Keeps a person's PATH; without one the usual one stays.
    public func keep(path: String?) throws(SystemFault) {
        guard let path, !path.isEmpty, !path.contains("\n") else { return }
        try Self.makeFolder(folder)
        try WholeFile.write(path + "\n", to: "\(folder)/path")
    }

    // MARK: - Files

    static func read<Value: Decodable>(_ path: String) -> Value? {
        guard let bytes = ProcessFiles.bytes(path), let packed = try? JSONText.pack(bytes) else { return nil }
        return try? Packed.decode(Value.self, from: packed)
    }

    static func write(_ value: some Encodable, to path: String) throws(SystemFault) {
        guard let bytes = try? Packed.encode(value), let text = try? JSONText.unpack(bytes) else {
            throw SystemFault("write \(path)", code: EINVAL)
        }
        try WholeFile.write(String(decoding: text, as: UTF8.self) + "\n", to: path, durable: true)
    }

    /// Makes a folder and those above it.
    static func makeFolder(_ folder: String) throws(SystemFault) {
        var made = ""
        for part in folder.split(separator: "/") {
            made += "/\(part)"
            if mkdir(made, 0o755) != 0, errno != EEXIST { throw SystemFault("make the folder \(made)") }
        }
    }
}
