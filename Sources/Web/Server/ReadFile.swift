import Glibc

/// The bytes of a file; nil when it cannot be read or is longer.
func readFile(_ path: String, atMost limit: Int) -> [UInt8]? {
    guard let file = fopen(path, "re") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: limit + 1)
    let count = fread(&bytes, 1, bytes.count, file)
    guard ferror(file) == 0, count <= limit else { return nil }
    bytes.removeSubrange(count...)
    return bytes
}
