import Building
import Contracts
import Definitions
import Forge
import Glibc
import Host
import Remedies
import Signals
import Supervision

/// The repository that a cluster runs from, as `kintsugi up` creates or opens it.
struct ClusterRepository {
    let places: Places
    /// Who starts the cluster, for what is committed in the name of a person.
    var author: String { LocalPerson.name }

    /// Beside the configuration these are the sources of the programs, where there are any.
    private static let sources = [
        "Package.swift", "Package.resolved", "Sources", "Tests", "Makefile", "scripts", ".swift-format",
    ]

    /// What the cluster shall start with.
    ///
    /// `folder` is what a person named on the command line: where it differs from `main` it is committed there first. Without
    /// one, `main` is what it is, and `usual` is what a new repository begins with.
    func release(named folder: String?, usual: String) throws(Failure) -> Release {
        // No worker is born with a PATH; who builds looks where this person does.
        do { try PipelineFiles(data: places.data).keep(path: getenv("PATH").map { String(cString: $0) }) } catch {
            throw Failure("\(error)", exit: ExitCode.unavailable)
        }
        if folder != nil || !Repository.exists(at: Repository.place(data: places.data)) {
            try check(folder ?? usual)
        }
        do throws(ForgeFault) {
            let path = Repository.place(data: places.data)
            guard Repository.exists(at: path) else {
                return try created(at: path, from: configuration(in: folder ?? usual))
            }
            let repository = try opened(path)
            if let folder { try take(configuration(in: folder), into: repository) }
            return try release(of: repository)
        } catch {
            throw Failure("\(error)", exit: ExitCode.configuration)
        }
    }

    private func opened(_ path: String) throws(ForgeFault) -> Repository { try Repository.open(path) }

    /// What cannot even be started is not committed.
    private func check(_ folder: String) throws(Failure) {
        guard access(folder, F_OK) == 0 else {
            throw Failure(
                "--config \(folder): there is no such folder (expected one with cluster.yaml and acl.yaml)",
                exit: ExitCode.configuration)
        }
        do {
            _ = try ClusterFile.read(path: "\(folder)/cluster.yaml")
            _ = try AccessFile.read(path: "\(folder)/acl.yaml")
        } catch { throw Failure("\(error)", exit: ExitCode.configuration) }
    }

    /// The absolute path of a folder whose configuration is right.
    private func configuration(in folder: String) -> String {
        guard let real = realpath(folder, nil) else { return folder }
        defer { free(real) }
        return String(cString: real)
    }

    private func created(at path: String, from folder: String) throws(ForgeFault) -> Release {
        let root = String(folder.prefix(upTo: folder.lastIndex(of: "/") ?? folder.startIndex))
        let sources = Self.sources.filter {
            access("\(root)/Package.swift", R_OK) == 0 && access("\(root)/\($0)", R_OK) == 0
        }
        let repository = try Repository.create(
            path, configuration: folder, sources: sources.isEmpty ? nil : (root, sources),
            CommitNote(
                author: author, at: WallTime.now.nanoseconds, title: "Begin with the configuration in \(folder)"))
        return try release(of: repository)
    }

    /// Commits a folder that differs from `main`, as a person's own change.
    private func take(_ folder: String, into repository: Repository) throws(ForgeFault) {
        let main = try repository.main()
        let there = try repository.files(under: "config", at: main).map(\.path)
        let here = ReleaseFiles.entries(below: folder).map { "config/\($0.path)" }
        var changes: [FileChange] = there.filter { !here.contains($0) }.map { FileChange(path: $0, content: nil) }
        for path in here {
            let content = ProcessFiles.bytes("\(folder)/\(path.dropFirst("config/".count))") ?? []
            if there.contains(path), try repository.file(path, at: main) == content { continue }
            changes.append(FileChange(path: path, content: content))
        }
        guard !changes.isEmpty else { return }
        let commit = try repository.commit(
            changes, onto: main,
            CommitNote(author: author, at: WallTime.now.nanoseconds, title: "Take the configuration in \(folder)"))
        try repository.advanceMain(from: main, to: commit)
    }

    /// `main`, unless it did not pass the gate the last time, or has sources that nobody has proven yet; then what ran before
    /// it, and the cluster goes on from there.
    private func release(of repository: Repository) throws(ForgeFault) -> Release {
        let main = try repository.main()
        var last = ReleaseFiles.last(data: places.data)
        if let programs = last?.programs, access(programs, R_OK) != 0 { last?.programs = nil }
        let isOther =
            try last.map { (last) throws(ForgeFault) in try hasOtherSources(main, than: last, repository) } ?? false
        if let last, last.commit != main, isOther || ReleaseFiles.wasTakenBack(main, data: places.data),
            access("\(last.configuration)/cluster.yaml", R_OK) == 0
        {
            return last
        }
        let checkout = try repository.checkout(
            main, into: ReleaseFiles.configuration(data: places.data, commit: main))
        return Release(
            commit: main, configuration: checkout.folder, programs: isOther ? nil : last?.programs)
    }

    /// Whether a commit has other sources than the one that ran last.
    private func hasOtherSources(_ main: String, than last: Release, _ repository: Repository) throws(ForgeFault)
        -> Bool
    {
        guard !last.commit.isEmpty, last.commit != main, try repository.entry("config/pipeline.yaml", at: main) != nil
        else { return false }
        for path in SourceHash.paths
        where try repository.entry(path, at: main)?.hash != repository.entry(path, at: last.commit)?.hash {
            return true
        }
        return false
    }
}
