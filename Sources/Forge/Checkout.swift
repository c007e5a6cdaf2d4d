import CHost
import Glibc
import Host
import Synchronization

/// A commit's files as an immutable folder.
public struct Checkout: Sendable, Equatable {
    /// How it came to be there.
    public enum Origin: String, Sendable, Equatable {
        case made
        /// It was there, and is what it should be.
        case found
        /// It was there and was something else: now it is what it should be.
        case mended
    }

    public let commit: String
    public let folder: String
    public let origin: Origin
}

extension Repository {
    private static let checkouts = Atomic<Int>(0)

    /// Puts what a commit has under a path into a folder, whose name must be absolute. The folder has its name only when
    /// all of it is on disk; its files can be read alone. One that is there is compared, and made anew if it differs.
    @available(*, noasync, message: "it blocks its thread: go through Repository.aside")
    public func checkout(_ name: String, _ path: String = "config", into folder: String) throws(ForgeFault) -> Checkout
    {
        let hash = try commit(named: name)
        let files = try checkoutFiles(path, at: hash)
        let (parent, last) = (Self.folder(of: folder), String(folder.split(separator: "/").last ?? ""))
        try FileTree.make(parent)
        for left in Leftover.remove(beginning: "\(last).new-", in: parent) {
            say("removed \(left), which a process left that is gone")
        }
        if access(folder, F_OK) == 0, try Self.holds(folder, files) {
            return Checkout(commit: hash, folder: folder, origin: .found)
        }
        let number = Self.checkouts.wrappingAdd(1, ordering: .relaxed).newValue
        let beside = "\(folder).new-\(getpid()).\(number)"
        defer { Leftover.clear(beside) }
        try Self.write(files, to: beside)
        let origin = try Self.place(beside, at: folder, files)
        try FileTree.sync(folder: parent)
        if origin == .mended { say("\(folder) was not what commit \(hash) has: it was made anew") }
        return Checkout(commit: hash, folder: folder, origin: origin)
    }

    private struct File {
        let path: String
        let isProgram: Bool
        let bytes: ArraySlice<UInt8>
    }

    private func checkoutFiles(_ path: String, at hash: String) throws(ForgeFault) -> [File] {
        let entries = try files(under: path, at: hash)
        guard !entries.isEmpty else { throw .missing("files under \(path) at \(hash)") }
        if let odd = entries.first(where: { $0.kind != .file && $0.kind != .program }) {
            throw .invalid("\(odd.path): expected a file, found a \(odd.kind): a configuration has files alone")
        }
        let contents = try contents(of: entries.map(\.hash))
        let prefix = path.isEmpty ? 0 : path.utf8.count + (path.hasSuffix("/") ? 0 : 1)
        return zip(entries, contents).map { entry, bytes in
            File(
                path: String(decoding: entry.path.utf8.dropFirst(prefix), as: UTF8.self),
                isProgram: entry.kind == .program, bytes: bytes)
        }.sorted { $0.path < $1.path }
    }

    /// The bytes of many blobs, in their order.
    func contents(of hashes: [String]) throws(ForgeFault) -> [ArraySlice<UInt8>] {
        let answer = try call(
            ["cat-file", "--batch"], input: Array(hashes.map { "\($0)\n" }.joined().utf8), doing: "read files")
        var objects = BatchAnswer(answer.output)
        var found: [ArraySlice<UInt8>] = []
        for hash in hashes {
            guard let bytes = try objects.next() else { throw .corrupt("\(hash) is missing") }
            found.append(bytes)
        }
        return found
    }

    private static func write(_ files: [File], to folder: String) throws(ForgeFault) {
        var folders = [folder]
        for file in files {
            let parent = Self.folder(of: "\(folder)/\(file.path)")
            if !folders.contains(parent) {
                try FileTree.make(parent)
                // Those in between, too.
                var above = parent
                while !folders.contains(above), above.count > folder.count {
                    folders.append(above)
                    above = Self.folder(of: above)
                }
            } else if folders.count == 1 {
                try FileTree.make(folder)
            }
            try FileTree.write(file.bytes, to: "\(folder)/\(file.path)", isProgram: file.isProgram)
        }
        for folder in folders.sorted().reversed() { try FileTree.sync(folder: folder) }
    }

    private static func place(_ made: String, at folder: String, _ files: [File]) throws(ForgeFault) -> Checkout.Origin
    {
        if rename(made, folder) == 0 { return .made }
        guard errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR else {
            throw FileTree.fault("make \(folder)", errno)
        }
        // Somebody else may have been faster, with the same.
        if try holds(folder, files) { return .found }
        // In one step, so that nobody finds nothing there; the wrong one goes with the caller's cleaning up.
        guard host_exchange(made, folder) == 0 else { throw FileTree.fault("put \(folder) right", errno) }
        return .mended
    }

    /// Whether a folder holds these files and no others.
    private static func holds(_ folder: String, _ files: [File]) throws(ForgeFault) -> Bool {
        let present: [FileTree.Entry]
        do {
            present = try FileTree.entries(of: folder).sorted { $0.path < $1.path }
        } catch {
            return false
        }
        guard present.count == files.count else { return false }
        return zip(present, files).allSatisfy { entry, file in
            entry.path == file.path && entry.size == file.bytes.count && entry.isProgram == file.isProgram
                && FileTree.bytes(of: "\(folder)/\(file.path)").map { $0.elementsEqual(file.bytes) } ?? false
        }
    }
}
