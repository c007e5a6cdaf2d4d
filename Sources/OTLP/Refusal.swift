/// Why a whole request is refused; nothing of it is kept.
public enum OTLPRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    case malformed(expected: String, at: Int)
    case tooLarge(limit: Int)
    case tooManyParts(limit: Int)
    case notGzip(why: String)

    /// The HTTP status that says it; none of them invites a repetition.
    public var status: Int {
        switch self {
        case .malformed, .notGzip: 400
        case .tooLarge, .tooManyParts: 413
        }
    }

    /// What was expected, what was found, what to do.
    public var description: String {
        switch self {
        case .malformed(let expected, let at):
            "the body is no OTLP request: expected \(expected) at byte \(at); check the Content-Type and the exporter"
        case .tooLarge(let limit):
            "the body is larger than \(limit) bytes after decompression; send smaller batches"
        case .tooManyParts(let limit): "the body holds more than \(limit) messages; send smaller batches"
        case .notGzip(let why): "the body is no whole gzip stream: \(why); check the Content-Encoding"
        }
    }
}

/// Why one span, data point or log record is refused, while the rest of its request is kept.
public enum Fault: Int, CaseIterable, Sendable {
    case timeTooOld, timeInFuture, endBeforeStart, identityLength, notFinite, negativeCount, unevenBuckets
    case tooManyBuckets, noValue

    /// The reason in words, as the sender reads it.
    public var words: String {
        switch self {
        case .timeTooOld: "a time before what is kept"
        case .timeInFuture: "a time in the future"
        case .endBeforeStart: "an end before its start"
        case .identityLength: "a trace or span id of the wrong length or all zero"
        case .notFinite: "a value that is NaN or infinite"
        case .negativeCount: "a negative count"
        case .unevenBuckets: "buckets that do not fit their bounds or their count"
        case .tooManyBuckets: "too many buckets or quantiles"
        case .noValue: "no value"
        }
    }
}

/// How many parts were refused, by reason.
public struct Faults: Sendable, Equatable {
    private var counts = [Int](repeating: 0, count: Fault.allCases.count)

    public init() {}

    /// How many parts were refused for this reason.
    public subscript(fault: Fault) -> Int { counts[fault.rawValue] }
    /// How many parts were refused in all: the `rejected_…` of a partial success.
    public var total: Int { counts.reduce(0, +) }

    /// Counts one more.
    public mutating func note(_ fault: Fault) { counts[fault.rawValue] += 1 }

    /// Each reason with its count; empty when nothing was refused.
    public var message: String {
        Fault.allCases.filter { self[$0] > 0 }.map { "\(self[$0]) with \($0.words)" }.joined(separator: ", ")
    }
}

/// What one request may cost and which times are believed.
public struct IntakeLimits: Sendable, Equatable {
    /// Nanoseconds since 1970 before which nothing is kept.
    public var earliest: UInt64
    /// Nanoseconds since 1970 after which nothing is believed.
    public var latest: UInt64
    /// Bytes of a body, after decompression.
    public var mostBytes = 64 << 20
    /// Messages inside one body: what bounds the memory of many empty ones.
    public var mostParts = 4_000_000
    /// Attributes of one part; the others are counted as dropped.
    public var mostAttributes = 128
    /// Buckets or quantiles of one data point.
    public var mostBuckets = 4_096

    /// Believes times from `past` before `now` to `future` after it, all in nanoseconds.
    public init(now: UInt64, past: UInt64 = 31 * 86_400_000_000_000, future: UInt64 = 3_600_000_000_000) {
        earliest = now > past ? now - past : 1
        let (sum, overflow) = now.addingReportingOverflow(future)
        latest = overflow ? .max : sum
    }

    func fault(of time: UInt64) -> Fault? {
        time < earliest ? .timeTooOld : time > latest ? .timeInFuture : nil
    }
}
