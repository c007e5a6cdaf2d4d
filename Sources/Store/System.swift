import CHost
import CSodium
import Contracts
import Glibc
public import Signals
import Synchronization

extension Moment {
    /// The monotonic clock of this host.
    static var clock: Moment {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Moment(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
    }
}

func systemText(_ code: Int32) -> String { String(cString: strerror(code)) }

/// Throws what errno says unless the call went well.
@discardableResult
func checkedFile(_ result: Int32, _ path: String, _ doing: String) throws -> Int32 {
    guard result >= 0 else { throw StoreError.file(path: path, doing: doing, code: errno) }
    return result
}

/// Makes what was written to a file, or the names in a folder, outlive the power.
func synchronise(_ path: String) throws {
    let descriptor = try checkedFile(host_open(path, O_RDONLY | O_CLOEXEC, 0), path, "open")
    defer { close(descriptor) }
    try checkedFile(fsync(descriptor), path, "synchronise")
}

func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
}

/// BLAKE2b of some bytes: so that a body need not be kept to be recognised.
public func fingerprint(_ bytes: [UInt8]) -> [UInt8] {
    var hash = [UInt8](repeating: 0, count: 16)
    crypto_generichash(&hash, hash.count, bytes, UInt64(bytes.count), nil, 0)
    return hash
}

/// An identifier that nobody else gives: a UUID of version 7 (RFC 9562). It begins with the time, so that rows of one
/// hour lie beside each other in an index, however many there are.
public func newIdentifier(at time: WallTime = .now) -> String {
    let milliseconds = UInt64(max(0, time.nanoseconds / 1_000_000))
    return IdentifierChance.shared.withLock { chance in
        UUID.ordered(milliseconds: milliseconds, using: &chance).description
    }
}

/// The kernel's chance, asked for many numbers at once: a call for each would cost more than the row it names.
private struct IdentifierChance: RandomNumberGenerator, Sendable {
    static let shared = Mutex(IdentifierChance())
    private var numbers: [UInt64] = []

    mutating func next() -> UInt64 {
        if numbers.isEmpty {
            numbers = [UInt64](repeating: 0, count: 512)
            randombytes_buf(&numbers, numbers.count * MemoryLayout<UInt64>.size)
        }
        return numbers.removeLast()
    }
}
