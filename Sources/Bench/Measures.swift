import Bus
import Contracts
import FoundationEssentials
import Glibc

/// Time since its making, on the monotonic clock.
struct Stopwatch {
    private let start = Moment.now
    var microseconds: Double { Double(Moment.now.nanoseconds(since: start)) / 1e3 }
}

/// What one measuring process says at its end.
struct ClientReport: Codable {
    var calls = 0
    var seconds = 0.0
    var failures = 0
    /// In microseconds; only when one call is under way at a time.
    var latencies: [Double] = []

    var rate: Double { seconds > 0 ? Double(calls) / seconds : 0 }

    func percentile(_ share: Double) -> Double {
        guard !latencies.isEmpty else { return 0 }
        let sorted = latencies.sorted()
        return sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }
}

/// How a part speaks to the bench that started it: lines on its standard output.
enum Report {
    static func ready() { say("ready") }
    static func result(_ report: ClientReport) {
        // Numbers and lists of numbers: they encode.
        let json = (try? JSONEncoder().encode(report)) ?? Data()
        say(String(decoding: json, as: UTF8.self))
    }
    private static func say(_ line: String) {
        print(line)
        fflush(nil)
    }
}

enum Wait {
    /// A subscription takes a moment to travel, and nothing tells a publisher of the bare sockets that it has.
    static func settle() { poll(nil, 0, 300) }
}
