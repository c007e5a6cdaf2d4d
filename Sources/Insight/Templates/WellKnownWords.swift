/// Words that are values wherever they stand, units of what stands before them, and endings of hosts; by their hashes.
enum WellKnownWords {
    /// Truth values, absences, and the names of days and months.
    private static let values = [
        "true", "false", "null", "nil", "True", "False", "TRUE", "FALSE", "NULL", "NaN",
        "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun",
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ].map { WordHash.of($0) }
    /// After a number they are part of it: of bytes, and of time.
    private static let units = [
        "B", "KB", "MB", "GB", "TB", "kB", "KiB", "MiB", "GiB", "TiB", "bytes", "ns", "us", "ms", "s", "sec", "secs",
        "m", "min", "h",
    ].map { WordHash.of($0) }
    private static let topDomains = [
        "com", "net", "org", "edu", "gov", "io", "local", "internal", "localdomain", "lan",
    ].map { WordHash.of($0) }
    /// Names with a digit in them that are no values.
    private static let protocols = ["IPv4", "IPv6", "IPV4", "IPV6", "ipv4", "ipv6"].map { WordHash.of($0) }

    /// By the first byte of a hash: 0 where no value and no unit has such a one, which is mostly so.
    static let table: [UInt8] = {
        var table = [UInt8](repeating: 0, count: 256)
        for hash in values + units { table[Int(hash >> 56)] = 1 }
        return table
    }()

    static func isValue(_ hash: UInt64) -> Bool { values.contains(hash) }
    static func isUnit(_ hash: UInt64) -> Bool { units.contains(hash) }
    static func isTopDomain(_ hash: UInt64) -> Bool { topDomains.contains(hash) }
    static func isProtocol(_ hash: UInt64) -> Bool { protocols.contains(hash) }
}
