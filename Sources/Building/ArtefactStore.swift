import CHost
public import Contracts
import Glibc
public import Host
public import Remedies

/// The executables of proven sources, by what stands for those sources. What is there is whole, and nobody may write to it.
///
/// One process at a time keeps and removes; everybody may read.
public struct ArtefactStore: Sendable {
    public let folder: String

    public init(data: String) { folder = "\(data)/artefacts" }

    /// One executable, as it is to be kept.
    public struct Product: Sendable, Equatable {
        public var name: String
        public var path: String
        /// It is taken from what runs.
        public var isCarriedOver: Bool

        public init(_ name: String, path: String, isCarriedOver: Bool = false) {
            self.name = name
            self.path = path
            self.isCarriedOver = isCarriedOver
        }
    }

    private func place(_ sources: Digest) -> String { "\(folder)/\(sources)" }

    // MARK: - What is there

    /// All that is there, in the order of their names.
    public func all() -> [ArtefactManifest] {
        ProcessFiles.entries(folder).sorted().compactMap { Digest($0) }.compactMap { manifest(of: $0) }
    }

    /// What is kept of these sources, whether it is whole or not.
    public func manifest(of sources: Digest) -> ArtefactManifest? {
        let found: ArtefactManifest? = PipelineFiles.read("\(place(sources))/manifest.json")
        return found?.sources == sources ? found : nil
    }

    /// The folder of these sources' programs; nil where there is none, and where somebody changed one of them.
    public func programs(of sources: Digest) -> String? {
        guard let manifest = manifest(of: sources) else { return nil }
        let programs = manifest.folder ?? place(sources)
        let isWhole = manifest.files.allSatisfy { file in
            guard let there = Self.file(file.name, in: programs) else { return false }
            return there.size == file.size && there.changed == file.changed
        }
        return isWhole ? programs : nil
    }

    /// The sources that a folder of programs was made from; nil where that is none of these.
    public func sources(of programs: String) -> Digest? {
        if programs.hasPrefix("\(folder)/") {
            return Digest(programs.dropFirst(folder.count + 1)).flatMap { manifest(of: $0)?.sources }
        }
        return all().first { $0.folder == programs }?.sources
    }

    /// A file as it stands; nil where there is none that can be run.
    static func file(_ name: String, in folder: String) -> ArtefactManifest.File? {
        var status = stat()
        let path = "\(folder)/\(name)"
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, access(path, X_OK) == 0 else { return nil }
        let changed = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        return ArtefactManifest.File(name: name, size: Int(status.st_size), changed: changed, digest: nil)
    }

    /// The executables of a folder that have these names, as they stand.
    public static func files(_ names: [String], in folder: String) -> [ArtefactManifest.File] {
        names.compactMap { file($0, in: folder) }
    }

    // MARK: - What comes and goes

    /// Keeps what was made, in one step; the folder of the programs. It reads and writes whole executables: on a thread of its
    /// own.
    public func keep(
        _ products: [Product], of sources: Digest, commit: String, configuration: String, at now: Int64
    ) throws(SystemFault) -> String {
        let others = all().compactMap { other in other.folder == nil ? (other, place(other.sources)) : nil }
        return try place(sources) { (beside) throws(SystemFault) in
            var files: [ArtefactManifest.File] = []
            for product in products {
                guard let there = Self.file(product.name, product.path) else {
                    throw SystemFault("find the executable \(product.path) that was to be made", code: ENOENT)
                }
                let digest = try FileContent.digest(of: product.path)
                let copy = "\(beside)/\(product.name)"
                // Files that are the same are one file: who compares two artefacts need not read them.
                let same = others.first { other, _ in
                    other.files.contains { $0.name == product.name && $0.digest == digest && $0.size == there.size }
                }
                if let same, programs(of: same.0.sources) != nil, link("\(same.1)/\(product.name)", copy) == 0 {
                } else {
                    try FileContent.copy(product.path, to: copy)
                }
                guard var kept = Self.file(product.name, in: beside) else { throw SystemFault("read \(copy)") }
                kept.digest = digest
                kept.isCarriedOver = product.isCarriedOver
                files.append(kept)
            }
            return ArtefactManifest(
                sources: sources, commit: commit, built: now, configuration: configuration, files: files)
        }
    }

    /// Keeps executables that somebody else built, without copying them: a second name where they are on the same file system,
    /// and where they are otherwise.
    public func register(
        _ names: [String], in built: String, of sources: Digest, commit: String, configuration: String, at now: Int64
    ) throws(SystemFault) -> String {
        try place(sources) { (beside) throws(SystemFault) in
            let isLinked = names.allSatisfy {
                linkat(AT_FDCWD, "\(built)/\($0)", AT_FDCWD, "\(beside)/\($0)", AT_SYMLINK_FOLLOW) == 0
            }
            if !isLinked { for name in names { unlink("\(beside)/\(name)") } }
            return ArtefactManifest(
                sources: sources, commit: commit, built: now, configuration: configuration,
                folder: isLinked ? nil : built, files: Self.files(names, in: built))
        }
    }

    /// Fills a folder beside, and gives it its name when all of it is on disk.
    private func place(
        _ sources: Digest, _ fill: (String) throws(SystemFault) -> ArtefactManifest
    ) throws(SystemFault) -> String {
        try PipelineFiles.makeFolder(folder)
        for left in ProcessFiles.entries(folder) where left.contains(".new") || left.contains(".old") {
            TemporaryFolder.remove("\(folder)/\(left)")
        }
        let (beside, last) = ("\(place(sources)).new", place(sources))
        try PipelineFiles.makeFolder(beside)
        defer { TemporaryFolder.remove(beside) }
        let manifest = try fill(beside)
        try PipelineFiles.write(manifest, to: "\(beside)/manifest.json")
        // What was there is not whole: somebody changed it.
        if access(last, F_OK) == 0, rename(last, "\(last).old") != 0 { throw SystemFault("replace \(last)") }
        defer { TemporaryFolder.remove("\(last).old") }
        guard rename(beside, last) == 0 else { throw SystemFault("make \(last)") }
        try FileContent.sync(folder)
        return manifest.folder ?? last
    }

    /// Removes what is kept of these sources.
    public func remove(_ sources: Digest) {
        // Its manifest first: half of it is none.
        unlink("\(place(sources))/manifest.json")
        TemporaryFolder.remove(place(sources))
    }

    private static func file(_ name: String, _ path: String) -> ArtefactManifest.File? {
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        return file(String(path[path.index(after: slash)...]), in: String(path[..<slash])).map {
            var found = $0
            found.name = name
            return found
        }
    }
}
