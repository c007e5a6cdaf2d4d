/// Who listens on a port: the kernel tells the socket's number, and the holder has it among its descriptors.
public enum PortHolder {
    /// "process 812 (nginx)"; nil when nobody listens there, or when it is not ours to see.
    public static func describe(port: UInt16) -> String? {
        let sockets = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap { listeners(in: $0, port: port) }
        guard !sockets.isEmpty else { return nil }
        let wanted = sockets.map { "socket:[\($0)]" }
        for pid in ProcessFiles.all() {
            let folder = "/proc/\(pid)/fd"
            for entry in ProcessFiles.entries(folder) {
                guard let target = ProcessFiles.link("\(folder)/\(entry)"), wanted.contains(target) else { continue }
                return "process \(pid) (\(ProcessFiles.name(pid) ?? "without a name"))"
            }
        }
        return nil
    }

    private static func listeners(in file: String, port: UInt16) -> [Substring] {
        guard let table = ProcessFiles.text(file) else { return [] }
        var found: [Substring] = []
        for line in table.split(separator: "\n").dropFirst() {
            // sl, local address:port, remote address:port, state, queues, timer, retransmits, uid, timeout, inode
            let fields = line.split(separator: " ")
            guard fields.count > 9, fields[3] == "0A", let colon = fields[1].lastIndex(of: ":"),
                UInt16(fields[1][fields[1].index(after: colon)...], radix: 16) == port
            else { continue }
            found.append(fields[9])
        }
        return found
    }
}
