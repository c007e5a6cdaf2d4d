/// What the name of a metric says about what it measures.
enum MetricWords {
    private static let latency = [
        "latency", "lat", "duration", "delay", "elapsed", "seconds", "millis", "p50", "p90", "p95", "p99", "rtt",
        "wait",
    ]
    private static let latencyPhrases = ["responsetime", "response_time", "roundtrip", "latency", "duration"]
    private static let goodness = ["availability", "success", "successful", "successes", "available", "healthy"]
    private static let error = [
        "error", "errors", "err", "fail", "failed", "failure", "failures", "exception", "exceptions", "fault", "faults",
        "4xx", "5xx", "rejected", "dropped", "timeout", "timeouts", "retries", "dead",
    ]
    private static let usage = [
        "cpu", "mem", "memory", "disk", "heap", "usage", "utilization", "utilisation", "saturation", "queue", "backlog",
        "lag", "pool", "connections", "threads", "handles", "descriptors", "space", "swap", "inodes", "pending",
    ]
    private static let traffic = [
        "requests", "request", "rps", "qps", "ops", "workload", "load", "throughput", "traffic", "calls", "count",
        "receive", "received", "transmit", "transmitted", "sent", "bytes", "read", "write", "network", "syscall",
    ]

    private static let outbound = ["client", "outbound", "outgoing", "egress", "upstream"]

    /// Whether it is about the calls that a node makes, and so about others more than about itself.
    static func isOutbound(_ name: String) -> Bool { words(of: name).contains { outbound.contains($0) } }

    static func guess(_ name: String) -> (kind: SignalKind, lowIsBad: Bool) {
        let words = words(of: name)
        func names(_ list: [String]) -> Bool { words.contains { list.contains($0) } }
        if names(goodness) { return (.error, true) }
        if names(error) { return (.error, false) }
        let lower = name.lowercased()
        if names(latency) || latencyPhrases.contains(where: { lower.contains($0) }) { return (.latency, false) }
        if names(usage) { return (.usage, false) }
        if names(traffic) { return (.traffic, false) }
        return (.other, false)
    }

    /// The words of a name, in small letters: `CpuUsageRate(%)` has three.
    static func words(of name: String) -> [String] {
        var words: [String] = []
        var word = ""
        var wasLower = false
        for character in name {
            let isLetter = character.isLetter || character.isNumber
            if !isLetter || (character.isUppercase && wasLower) {
                if !word.isEmpty { words.append(word.lowercased()) }
                word = ""
            }
            if isLetter { word.append(character) }
            wasLower = character.isLowercase
        }
        if !word.isEmpty { words.append(word.lowercased()) }
        return words
    }
}
