/// What became of one run of a canary.
public struct CanaryResult: Sendable, Equatable, Codable {
    /// One step with its time.
    public struct Step: Sendable, Equatable, Codable {
        public let name: String
        public let seconds: Double
        /// What was expected and what was found; nil where that is the same.
        public let fault: String?
    }

    public let canary: String
    /// Steps that were begun.
    public let steps: [Step]
    public let seconds: Double
    /// The order; nil where none was taken.
    public let order: String?
    /// Whether the order may still be there: its removal failed as well.
    public let leftBehind: Bool
    /// The trace under which all requests were sent.
    public var trace = ""

    /// What went wrong; nil where nothing did.
    public var fault: String? { steps.last?.fault.map { "\(steps.last?.name ?? ""): \($0)" } }
    public var passed: Bool { fault == nil }
}
