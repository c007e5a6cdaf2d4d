/// What a peer says of itself when it joins.
public struct ReadyBody: Codable, Sendable, Equatable {
    /// `role@host.n`; the role must be the one that was authenticated.
    public var slot: String
    /// Which start of that slot this is; an older one is refused. 0 where nobody counts.
    public var spawn: UInt64
    /// A random number of this process, kept over its reconnections.
    public var session: UInt64
    /// How many calls it takes at once; 0 for one that only calls.
    public var window: Int

    public init(slot: String, spawn: UInt64, session: UInt64, window: Int) {
        self.slot = slot
        self.spawn = spawn
        self.session = session
        self.window = window
    }
}

/// What the broker expects of a peer that it let in.
public struct WelcomeBody: Codable, Sendable, Equatable {
    public var heartbeatMilliseconds: Int
    /// After so long without a word either side takes the other for gone.
    public var silenceMilliseconds: Int
    /// The largest body in bytes.
    public var bodyLimit: Int

    public init(heartbeatMilliseconds: Int, silenceMilliseconds: Int, bodyLimit: Int) {
        self.heartbeatMilliseconds = heartbeatMilliseconds
        self.silenceMilliseconds = silenceMilliseconds
        self.bodyLimit = bodyLimit
    }
}

/// Why a peer was not let in, or was put out.
public enum RefusalReason: String, Codable, Sendable, CaseIterable {
    /// READY was missing: say it again.
    case unknown
    /// This life was taken for dead: join anew, and forget what was in hand.
    case fenced
    /// The slot is not the authenticated role's, or the name is no slot's name.
    case identity
    /// A younger start of this slot is in.
    case outdated
    /// Another process holds the slot and is alive.
    case held
    /// The bytes were no frame.
    case malformed

    /// Whether joining again may help.
    public var retry: Bool { self == .unknown || self == .fenced || self == .held }
}
