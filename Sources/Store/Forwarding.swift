/// A named write on its way to the process that writes.
public struct ForwardedWrite: Codable, Sendable, Equatable {
    /// Under which it takes effect once, however often it comes.
    public var id: String
    public var command: String
    public var body: [UInt8]

    public init(id: String, command: String, body: [UInt8]) {
        self.id = id
        self.command = command
        self.body = body
    }
}

/// What became of a forwarded write.
public struct ForwardedAnswer: Codable, Sendable, Equatable {
    public enum Outcome: Codable, Sendable, Equatable {
        /// It is on disk; the command's output.
        case done([UInt8])
        /// The command threw: nothing of it took effect, and the same again would be refused again.
        case refused(String)
        /// Nothing of it took effect, and later it may.
        case later(String)
    }

    public var id: String
    public var outcome: Outcome
}
