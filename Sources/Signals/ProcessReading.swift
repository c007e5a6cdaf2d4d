import Glibc

/// What the kernel says about this process.
public struct ProcessReading: Sendable, Equatable {
    public let processorSeconds: Double
    public let residentBytes: Int
    public let openDescriptors: Int
    /// Seconds since 1970.
    public let startTime: Double

    /// Reads `/proc/self`; nil where it cannot be read, as without descriptors left.
    public static func now() -> ProcessReading? {
        guard let stat = text(of: "/proc/self/stat"), let boot = text(of: "/proc/stat"),
            let descriptors = countDescriptors()
        else { return nil }
        return ProcessReading(
            stat: stat, systemStat: boot, openDescriptors: descriptors, ticks: Double(sysconf(Int32(_SC_CLK_TCK))),
            pageBytes: Int(sysconf(Int32(_SC_PAGESIZE))))
    }

    /// Parses proc(5)'s `stat` of a process and of the system.
    init?(stat: String, systemStat: String, openDescriptors: Int, ticks: Double, pageBytes: Int) {
        // The name in parentheses may hold spaces and parentheses itself: count the fields from the last one.
        guard let close = stat.lastIndex(of: ")"), ticks > 0 else { return nil }
        let fields = stat[stat.index(after: close)...].split(separator: " ")
        guard fields.count > 21, let user = Double(fields[11]), let system = Double(fields[12]),
            let started = Double(fields[19]), let pages = Int(fields[21])
        else { return nil }
        let bootLine = systemStat.split(separator: "\n").first { $0.hasPrefix("btime ") }
        guard let boot = bootLine.flatMap({ Double($0.dropFirst(6)) }) else { return nil }
        processorSeconds = (user + system) / ticks
        residentBytes = pages * pageBytes
        self.openDescriptors = openDescriptors
        startTime = boot + started / ticks
    }

    /// Sets the process metrics of OpenTelemetry to this reading.
    public func record(in metrics: Metrics) {
        metrics.total("process.cpu.time", unit: .seconds, help: "Processor time used since the start").set(
            processorSeconds)
        metrics.gauge("process.memory.usage", unit: .bytes, help: "Resident memory").set(Double(residentBytes))
        metrics.gauge("process.unix.file_descriptor.count", help: "Open descriptors").set(Double(openDescriptors))
        metrics.gauge("process.start_time", unit: .seconds, help: "Start of the process since 1970").set(startTime)
    }

    private static func text(of path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(contentsOf: chunk[..<count])
        }
    }

    private static func countDescriptors() -> Int? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // Without `.`, `..` and the descriptor of this very reading.
        return count - 3
    }
}
