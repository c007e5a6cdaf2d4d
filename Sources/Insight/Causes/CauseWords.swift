/// What log lines, change texts and metric names say about the kind of a cause, in words that any system uses.
enum CauseWords {
    static let denial = [
        "denied", "forbidden", "unauthorized", "unauthorised", "not authorized", "not allowed", "not permitted", "401",
        "403", "permission", "eacces", "eperm", "access is", "credential", "token expired", "invalid token", "acl",
    ]
    static let exhaustion = [
        "out of memory", "oom", "no space", "enospc", "disk full", "too many open files", "emfile", "quota", "throttl",
        "rate limit", "429", "exhausted", "queue is full", "queue full", "overload", "resource temporarily", "enomem",
        "pool timeout", "capacity", "backpressure", "cannot allocate",
    ]
    static let exception = [
        "exception", "panic", "traceback", "stack trace", "null pointer", "nil pointer", "nullpointer", "assert",
        "segmentation", "index out of", "undefined", "unexpectedly found nil", "illegal state", "fatal error",
        "unhandled", "overflow", "division by zero", "type error", "typeerror", "invariant",
    ]
    static let configuration = [
        "config", "configuration", "environment variable", "missing key", "unknown key", "invalid value", "setting",
        "cannot parse", "no such file", "feature flag", "certificate", "unknown host", "name or service not known",
        "enoent", "misconfigured", "wrong version",
    ]
    static let unreachable = [
        "timed out", "timeout", "connection refused", "connection reset", "unreachable", "bad gateway", "502", "503",
        "504", "service unavailable", "upstream", "no route to host", "host is down", "etimedout", "econnrefused",
        "econnreset", "broken pipe",
    ]

    static func holds(_ text: String, _ words: [String]) -> String? {
        let lower = text.lowercased()
        return words.first { word in
            // A number must stand alone: 1403 is not 403.
            guard word.allSatisfy(\.isNumber) else { return lower.contains(word) }
            return lower.split { !$0.isNumber }.contains { $0 == word }
        }
    }
}
