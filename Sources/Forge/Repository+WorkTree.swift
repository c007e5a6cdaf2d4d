import Glibc

extension Repository {
    /// Makes a folder have a commit's files, for who builds there. A file that is the same as before is not touched, so that
    /// nothing is built of it again; what the commit does not have goes, but for the paths that are kept.
    ///
    /// `index` is where git notes what it knows of the folder; one process at a time may use it.
    @available(*, noasync, message: "it blocks its thread: go through Repository.aside")
    public func put(_ name: String, into folder: String, index: String, keeping: [String]) throws(ForgeFault) {
        let hash = try commit(named: name)
        try FileTree.make(folder)
        // Of a git that was killed: nobody else uses this index.
        unlink("\(index).lock")
        let environment = ["GIT_WORK_TREE=\(folder)", "GIT_INDEX_FILE=\(index)"]
        _ = try call(
            ["read-tree", "--reset", "-u", hash], environment: environment, doing: "put \(hash) into \(folder)")
        let kept = keeping.flatMap { ["-e", "/\($0)"] }
        _ = try call(
            ["clean", "-ffdxq"] + kept, environment: environment, doing: "clear what is not of \(hash) from \(folder)")
    }
}
