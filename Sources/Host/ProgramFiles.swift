import CHost
import Glibc

/// Executables of two folders beside each other.
public enum ProgramFiles {
    private static let piece = 1 << 20

    /// The names whose files differ between two folders, or are in one of them alone.
    public static func differences(_ names: [String], _ old: String, _ new: String) -> [String] {
        guard old != new else { return [] }
        return names.filter { !areEqual("\(old)/\($0)", "\(new)/\($0)") }
    }

    /// The names that a folder has no executable of.
    public static func missing(_ names: [String], in folder: String) -> [String] {
        names.filter { access("\(folder)/\($0)", X_OK) != 0 }
    }

    /// Whether two files have the same content; two that are not there are equal.
    public static func areEqual(_ one: String, _ other: String) -> Bool {
        var (first, second) = (stat(), stat())
        let (hasFirst, hasSecond) = (stat(one, &first) == 0, stat(other, &second) == 0)
        guard hasFirst, hasSecond else { return hasFirst == hasSecond }
        if first.st_dev == second.st_dev, first.st_ino == second.st_ino { return true }
        guard first.st_size == second.st_size, let left = try? Descriptor.open(one, flags: O_RDONLY),
            let right = try? Descriptor.open(other, flags: O_RDONLY)
        else { return false }
        while let piece = try? whole(left), let same = try? whole(right) {
            guard piece == same else { return false }
            if piece.isEmpty { return true }
        }
        return false
    }

    /// As much as there is of a piece: a read may bring less.
    private static func whole(_ file: Descriptor) throws(SystemFault) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < piece, let part = try file.read(upTo: piece - bytes.count), !part.isEmpty { bytes += part }
        return bytes
    }
}
