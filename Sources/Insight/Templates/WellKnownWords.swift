/// Words that are values wherever they stand: truth values, absences, and the names of days and months.
enum WellKnownWords {
    private static let values: [[UInt8]] = [
        "true", "false", "null", "nil", "True", "False", "TRUE", "FALSE", "NULL", "NaN",
        "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun",
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ].map { Array($0.utf8) }

    /// After a number they are part of it: of bytes, and of time.
    private static let units: [[UInt8]] = [
        "B", "KB", "MB", "GB", "TB", "kB", "KiB", "MiB", "GiB", "TiB", "bytes", "ns", "us", "ms", "s", "sec", "secs",
        "m", "min", "h",
    ].map { Array($0.utf8) }
    private static let topDomains: [[UInt8]] = [
        "com", "net", "org", "edu", "gov", "io", "local", "internal", "localdomain", "lan",
    ].map { Array($0.utf8) }
    /// Names with a digit in them that are no values.
    private static let protocols: [[UInt8]] = ["IPv4", "IPv6", "IPV4", "IPV6", "ipv4", "ipv6"].map { Array($0.utf8) }

    static func isValue(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> Bool {
        end - start >= 3 && contains(values, bytes, start, end)
    }

    static func isUnit(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> Bool {
        contains(units, bytes, start, end)
    }

    static func isTopDomain(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> Bool {
        contains(topDomains, bytes, start, end)
    }

    static func isProtocol(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> Bool {
        end - start == 4 && contains(protocols, bytes, start, end)
    }

    private static func contains(
        _ words: [[UInt8]], _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int
    ) -> Bool {
        let count = end - start
        guard count <= 11 else { return false }
        for word in words where word.count == count && word[0] == bytes[start] {
            var at = 1
            while at < count, word[at] == bytes[start + at] { at += 1 }
            if at == count { return true }
        }
        return false
    }
}
