import Building
import Contracts
import Definitions
import Forge
import Glibc
import Host
import Remedies
import Signals
import Supervision

/// What runs now, and from what it was made: what a pipeline builds beside, and goes back to.
struct Ground: Sendable {
    struct Seen: Sendable {
        /// The folder of the programs that run.
        var programs: String
        /// The folder of the guardian's own.
        var own: String
        /// `debug` or `release`: how those are built.
        var configuration: String
        /// The executables of the plan that are found by their names.
        var executables: [String]
        var release: Release
    }

    let status: @Sendable () async throws -> ClusterStatus

    func look() async throws -> Seen { Self.seen(try await status()) }

    static func seen(_ status: ClusterStatus) -> Seen {
        let release = status.release ?? Release(commit: "", configuration: "")
        let executable = ProcessFiles.executable(status.guardian) ?? ""
        let own = executable.lastIndex(of: "/").map { String(executable[..<$0]) } ?? ProcessFiles.ownFolder()
        return Seen(
            programs: release.programs ?? own, own: own, configuration: configuration(of: own),
            executables: executables(in: release.configuration), release: release)
    }

    /// A folder that the build made has the name of its configuration; elsewhere programs are for use.
    static func configuration(of folder: String) -> String { folder.hasSuffix("/debug") ? "debug" : "release" }

    /// The executables that a configuration names, without those that it gives a path.
    static func executables(in configuration: String) -> [String] {
        let names = ConfigurationCheck.plan(in: configuration)?.roles.map(\.executable) ?? []
        var found: [String] = []
        for name in names where !name.contains("/") && !found.contains(name) { found.append(name) }
        return found
    }
}

/// Which sources what runs was made from.
struct Origins: Sendable {
    let workshop: Workshop
    let files: PipelineFiles
    let store: ArtefactStore
    let log: Log
    let now: @Sendable () -> Int64

    /// What stands for the sources of what runs; nil where nobody knows.
    ///
    /// Programs beside the guardian's own are taken to be of the sources of the commit that they were first seen with. They are
    /// kept as its artefact, so that going back to them needs no compiler.
    func sources(of seen: Ground.Seen) async -> Digest? {
        if let programs = seen.release.programs {
            return store.sources(of: programs)
        }
        let found = ArtefactStore.files(seen.executables, in: seen.own)
        if let base = files.base, base.folder == seen.own,
            base.files.allSatisfy({ file in found.first { $0.name == file.name }.map { $0 == file } ?? true })
        {
            return base.sources
        }
        return await registered(seen, found)
    }

    private func registered(_ seen: Ground.Seen, _ found: [ArtefactManifest.File]) async -> Digest? {
        do {
            guard let sources = try await workshop.sources(of: seen.release.commit) else { return nil }
            let (store, time) = (store, now())
            if store.programs(of: sources) == nil {
                let folder = try await workshop.repository.aside { _ in
                    try store.register(
                        found.map(\.name), in: seen.own, of: sources, commit: seen.release.commit,
                        configuration: seen.configuration, at: time)
                }
                log.info("what runs is kept for the way back", ["programs": .text(folder)])
            }
            try files.keep(PipelineFiles.Base(folder: seen.own, sources: sources, files: found))
            return sources
        } catch {
            log.limited(
                "base", .warning, "what runs could not be kept: going back to it would need a build",
                ["why": "\(error)"])
            return nil
        }
    }

    /// Forgets the artefacts that nobody will go back to.
    func sweep(_ status: ClusterStatus, needed: [Digest]) {
        let deployed = (status.deploys ?? []).filter { $0.outcome == .done }
            .compactMap { $0.release.programs.flatMap { store.sources(of: $0) } }
        let base = files.base.map { [$0.sources] } ?? []
        for sources in ArtefactRules.spare(store.all(), deployed: deployed, needed: needed + base) {
            store.remove(sources)
            log.info("an artefact that nobody goes back to was removed", ["sources": .text(sources.brief)])
        }
    }
}
