/// The figures by which alerts are judged.
public struct AlertSettings: Sendable, Equatable {
    /// How often a thing may begin and end before nobody wants to hear of it.
    public struct Flapping: Sendable, Equatable {
        /// Beginnings and ends within the window from which on it flaps.
        public var changes = 6
        /// Nanoseconds.
        public var window: Int64 = 600_000_000_000
        /// It flaps no longer once nothing has changed for so long.
        public var quiet: Int64 = 300_000_000_000

        public init() {}
    }

    /// What is kept at most.
    public struct Limits: Sendable, Equatable {
        public var alerts = 20_000
        /// Bytes of the alerts that are kept, as they are counted.
        public var bytes = 32 << 20
        /// Alerts of one incident that are kept whole; of the others only that they are.
        public var samples = 100
        /// Decisions about one alert that can be asked for.
        public var decisions = 8
        /// Alerts that wait for company.
        public var watched = 512

        public init() {}
    }

    public var flapping = Flapping()
    public var limits = Limits()
    public var inhibitions: [Inhibition] = []
    public var maintenance: [MaintenanceWindow] = []
    /// The agents' own roles: what is about them is no user's trouble.
    public var agents: [String] = ["triage", "telemetry", "risk", "remediation", "comms"]
    /// Nanoseconds: as far ahead of now as a sender's clock is believed.
    public var clockAhead: Int64 = 60_000_000_000
    /// An alert of a neighbouring service joins an incident that had one so lately.
    public var joinsWithin: Int64 = 600_000_000_000
    /// What was watched so lately belongs to an incident that opens near it.
    public var recallsWithin: Int64 = 120_000_000_000
    /// Calls between two services that one incident may leap.
    public var reach = 2
    /// A process that is silent, and what is critical, open an incident when they last so long.
    public var lasting: Int64 = 60_000_000_000
    /// After an incident of the agents' own, the next one waits so long.
    public var ownPause: Int64 = 600_000_000_000
    /// Troubles of the agents' own within `ownWithin` that are an incident.
    public var ownTroubles = 3
    public var ownWithin: Int64 = 300_000_000_000

    public init() {}
}

/// How often one thing began and ended of late.
public struct FlapWatch: Sendable, Equatable {
    /// Nanoseconds since 1970 of the latest changes.
    private var changes: [Int64] = []
    /// Whether it flaps.
    public private(set) var isFlapping = false

    public init() {}

    /// Changes within the window, as of the last one.
    public var count: Int { changes.count }

    /// It began or ended.
    public mutating func change(at now: Int64, _ settings: AlertSettings.Flapping) {
        look(at: now, settings)
        changes.removeAll { now - $0 > settings.window }
        // More than twice as many say no more.
        if changes.count >= 2 * settings.changes { changes.removeFirst() }
        changes.append(now)
        if changes.count >= settings.changes { isFlapping = true }
    }

    /// Time passes: after a quiet while it flaps no longer.
    public mutating func look(at now: Int64, _ settings: AlertSettings.Flapping) {
        guard let last = changes.last, now - last >= settings.quiet else { return }
        if isFlapping { changes = [] }
        isFlapping = false
    }
}
