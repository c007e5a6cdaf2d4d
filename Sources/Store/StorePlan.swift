public import Signals

/// What a store is opened with.
public struct StorePlan: Sendable {
    /// The path of the SQLite file; `-wal`, `-shm` and `.lease` stand beside it.
    public var file: String
    public var migrations: [Migration]
    public var limits = StoreLimits()
    /// Hands writes to the process that writes; nil where there is no other.
    public var forward: Forward?
    public var metrics: Metrics = .standard
    /// How the other processes of the service can reach this one, for when it is the one that writes.
    public var holder = ""

    /// Brings writes to the writer and its answers back, in any order. It throws when it does not know what became
    /// of them: they are sent again then, and take effect once.
    public typealias Forward = @Sendable ([ForwardedWrite]) async throws -> [ForwardedAnswer]

    public init(file: String, migrations: [Migration], forward: Forward? = nil) {
        self.file = file
        self.migrations = migrations
        self.forward = forward
    }
}

/// The bounds of a store.
public struct StoreLimits: Sendable {
    /// Writes that wait; more are refused as `overloaded`.
    public var waitingWrites = 4_096
    /// Writes in one commit.
    public var batch = 1_024
    /// How far apart commits begin while little waits.
    public var pace: Duration = .milliseconds(5)
    public var readers = 2
    /// Pages of the file that the writer keeps in memory, in KiB; each reader keeps a quarter of it.
    public var cache = 16_384
    /// Reads that wait; more are refused as `overloaded`.
    public var waitingReads = 1_024
    /// The log is moved into the file after so many pages, also while writes come.
    public var logPages = 4_000
    /// So long without a write and the log is emptied.
    public var quiet: Duration = .milliseconds(250)
    /// Longer than the longest time after which a message may come again.
    public var inboxRetention: Duration = .seconds(86_400)
    /// The same for writes that other processes of the service forward.
    public var forwardRetention: Duration = .seconds(600)
    /// So long is a forwarded write sent again before its caller is told that its fate is unknown.
    public var forwardPatience: Duration = .seconds(10)
    /// The file may not grow beyond so many pages; nil for no bound but the disk.
    public var mostPages: Int?

    public init() {}
}
