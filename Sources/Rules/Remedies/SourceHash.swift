public import Contracts

/// What stands for the sources of a commit: equal sources make equal programs, whichever commit they are in.
public enum SourceHash {
    /// What programs are made from. Not the tests, and not the configuration.
    public static let paths = ["Package.swift", "Package.resolved", "Sources"]

    /// `entries` are those of the paths that are there, each with git's own hash; nil where there are no sources at all.
    public static func digest(_ entries: [ActionArgument]) -> Digest? {
        let found = entries.filter { paths.contains($0.name) }.sorted()
        guard found.contains(where: { $0.name == "Sources" }) else { return nil }
        var writer = PackedWriter()
        writer.list(count: found.count)
        for entry in found {
            writer.text(entry.name)
            writer.text(entry.value)
        }
        return Digest("kintsugi sources 1", of: writer.bytes)
    }
}
