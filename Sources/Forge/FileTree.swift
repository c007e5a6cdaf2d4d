import Glibc
import Host

/// Files on disk, as a repository sees them.
enum FileTree {
    struct Entry: Equatable {
        /// Within the folder.
        var path: String
        var isProgram: Bool
        var size: Int
    }

    /// All files below a folder, in the order of their paths. What is neither a file nor a folder is refused.
    static func entries(of folder: String, below path: String = "") throws(ForgeFault) -> [Entry] {
        var found: [Entry] = []
        let here = path.isEmpty ? folder : "\(folder)/\(path)"
        for name in ProcessFiles.entries(here).sorted() where name != "." && name != ".." && name != ".git" {
            let inside = path.isEmpty ? name : "\(path)/\(name)"
            var status = stat()
            guard lstat("\(folder)/\(inside)", &status) == 0 else { continue }
            switch status.st_mode & S_IFMT {
            case S_IFDIR: found += try entries(of: folder, below: inside)
            case S_IFREG:
                let isProgram = status.st_mode & S_IXUSR != 0
                found.append(Entry(path: inside, isProgram: isProgram, size: Int(status.st_size)))
            default: throw .invalid("\(folder)/\(inside): expected a file or a folder, found something else")
            }
        }
        return found
    }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// The whole of a file; nil where it cannot be read.
    static func bytes(of path: String) -> [UInt8]? {
        guard let file = try? Descriptor.open(path, flags: O_RDONLY) else { return nil }
        var bytes: [UInt8] = []
        while let part = try? file.read(upTo: 1 << 16) {
            if part.isEmpty { return bytes }
            bytes += part
        }
        return nil
    }

    /// Makes a folder and those above it.
    static func make(_ folder: String) throws(ForgeFault) {
        var made = ""
        for part in folder.split(separator: "/") {
            made += "/\(part)"
            if mkdir(made, 0o755) != 0, errno != EEXIST { throw fault("make the folder \(made)", errno) }
        }
    }

    /// Writes a file that nobody may write to, and waits until it is on disk.
    static func write(_ bytes: some Collection<UInt8>, to path: String, isProgram: Bool) throws(ForgeFault) {
        do throws(SystemFault) {
            let file = try Descriptor.open(path, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
            var rest = Array(bytes)[...]
            while !rest.isEmpty { rest = rest.dropFirst(try file.write(rest)) }
            // Whatever the mask of this process is.
            guard fchmod(file.number, isProgram ? 0o555 : 0o444) == 0, fsync(file.number) == 0 else {
                throw SystemFault("write \(path)")
            }
        } catch {
            throw fault("write \(path)", error.code)
        }
    }

    /// Waits until a folder's own entries are on disk.
    static func sync(folder: String) throws(ForgeFault) {
        do throws(SystemFault) {
            let file = try Descriptor.open(folder, flags: O_RDONLY | O_DIRECTORY)
            guard fsync(file.number) == 0 else { throw SystemFault("write \(folder)") }
        } catch {
            throw fault("write \(folder)", error.code)
        }
    }

    static func fault(_ doing: String, _ code: Int32) -> ForgeFault {
        let text = "could not \(doing): \(String(cString: strerror(code)))"
        return code == ENOSPC || code == EDQUOT
            ? .diskFull(doing) : .invalid("\(text) (look at the folder and its owner)")
    }
}
