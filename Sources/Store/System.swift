import CHost
import CSodium
import Contracts
import Glibc
public import Signals

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
    var chance = SystemRandomNumberGenerator()
    let milliseconds = UInt64(bitPattern: time.nanoseconds / 1_000_000)
    let high = milliseconds << 16 | 0x7000 | chance.next() & 0x0FFF
    let low = 0x8000_0000_0000_0000 | chance.next() >> 2
    return String(unsafeUninitializedCapacity: 36) { text in
        var place = 0
        for digit in 0..<32 {
            if digit == 8 || digit == 12 || digit == 16 || digit == 20 {
                text[place] = UInt8(ascii: "-")
                place += 1
            }
            let half = digit < 16 ? high : low
            let value = UInt8(truncatingIfNeeded: half >> UInt64(60 - digit % 16 * 4)) & 15
            text[place] = value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
            place += 1
        }
        return place
    }
}

/// A detached thread that no signal interrupts.
func startThread(_ name: String, _ body: @escaping @Sendable () -> Void) {
    final class Start: Sendable {
        let name: String
        let body: @Sendable () -> Void
        init(_ name: String, _ body: @escaping @Sendable () -> Void) { (self.name, self.body) = (name, body) }
    }
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    pthread_attr_setstacksize(&attributes, 1 << 20)
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    var thread = pthread_t()
    let code = pthread_create(
        &thread, &attributes,
        { pointer in
            guard let pointer else { return nil }
            let start = Unmanaged<Start>.fromOpaque(pointer).takeRetainedValue()
            host_name_thread(String(start.name.prefix(15)))
            start.body()
            return nil
        }, Unmanaged.passRetained(Start(name, body)).toOpaque())
    precondition(code == 0, "the system gave no thread for \(name): \(systemText(code))")
}
