import CSodium
import Contracts
import Glibc
import Host

/// Whole files that are too large to hold.
enum FileContent {
    private static let piece = 1 << 20

    /// The SHA-256 of a file.
    static func digest(of path: String) throws(SystemFault) -> Digest {
        var state = crypto_hash_sha256_state()
        guard sodium_init() >= 0 else { throw SystemFault("begin a SHA-256", code: EIO) }
        crypto_hash_sha256_init(&state)
        try read(path) { bytes in crypto_hash_sha256_update(&state, bytes, UInt64(bytes.count)) }
        var bytes = [UInt8](repeating: 0, count: Digest.length)
        crypto_hash_sha256_final(&state, &bytes)
        guard let digest = Digest(bytes: bytes) else { throw SystemFault("end a SHA-256", code: EIO) }
        return digest
    }

    /// Copies an executable; on disk when this returns, and nobody may write to it.
    static func copy(_ path: String, to copy: String) throws(SystemFault) {
        let file = try Descriptor.open(copy, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
        var fault: SystemFault?
        try read(path) { bytes in
            var rest = bytes[...]
            while fault == nil, !rest.isEmpty {
                do throws(SystemFault) {
                    rest = rest.dropFirst(try file.write(rest))
                } catch { fault = error }
            }
        }
        if let fault { throw fault }
        guard fchmod(file.number, 0o555) == 0, fsync(file.number) == 0 else { throw SystemFault("write \(copy)") }
    }

    /// Waits until a folder's own entries are on disk.
    static func sync(_ folder: String) throws(SystemFault) {
        let file = try Descriptor.open(folder, flags: O_RDONLY | O_DIRECTORY)
        guard fsync(file.number) == 0 else { throw SystemFault("write \(folder)") }
    }

    private static func read(_ path: String, _ take: ([UInt8]) -> Void) throws(SystemFault) {
        let file = try Descriptor.open(path, flags: O_RDONLY)
        while let bytes = try file.read(upTo: piece), !bytes.isEmpty { take(bytes) }
    }
}
