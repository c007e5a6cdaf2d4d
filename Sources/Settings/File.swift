import Glibc

/// The bytes of a file, one more than `limit` at most, so that the caller sees when it is too long.
func contents(of path: String, atMost limit: Int) throws(ConfigurationError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw unreadable(path, errno) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while bytes.count <= limit {
        let count = Glibc.read(descriptor, &chunk, chunk.count)
        if count < 0 && errno == EINTR { continue }
        guard count >= 0 else { throw unreadable(path, errno) }
        if count == 0 { break }
        bytes.append(contentsOf: chunk[..<count])
    }
    return bytes
}

private func unreadable(_ path: String, _ code: Int32) -> ConfigurationError {
    ConfigurationError([
        Mistake(place: path, text: "expected a readable file, found: \(String(cString: strerror(code)))")
    ])
}
