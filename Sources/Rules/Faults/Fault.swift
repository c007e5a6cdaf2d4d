/// One thing that can go wrong, as data: what is done to a cluster, and what is known about it before anybody looks.
public struct Fault: Codable, Sendable, Equatable {
    /// What has to come of it; fixed before any run.
    public enum Mark: String, Codable, Sendable, Equatable, CaseIterable {
        /// The agents, or the gate of the deploy, mend it, and it is seen that it helped.
        case heals
        /// Nobody within can mend it: a person is told the right cause. That it is mended after all is as good.
        case escalates
        /// It is none of the agents' business: nothing is done.
        case nothing
    }

    /// Orders a second, before the fault and from it on.
    public struct Traffic: Codable, Sendable, Equatable {
        public var before: Double
        public var after: Double

        public init(before: Double, after: Double) {
            self.before = before
            self.after = after
        }
    }

    /// What a category may be beside those of root causes.
    public static let control = "control"
    public static let cluster = "cluster"
    public static let categories = [
        "Code_Bug", "Config_Error", "Permission_Issue", "Resource_Limit", "External_Dependency", cluster, control,
    ]

    /// Such as `carrier-time-out`, or `killed@orders` for one of several.
    public var name: String
    public var about: String
    public var category: String
    public var mark: Mark
    /// What the cluster must be able to do for it, such as `pipeline`.
    public var needs: [String]
    public var traffic: Traffic
    /// The data folder stands on a file system of so many bytes; nil for that of the host.
    public var diskBytes: Int?
    /// How long all is well before it begins.
    public var baselineSeconds: Double
    /// How long its handling may take; where nothing shall happen, for how long that is looked at.
    public var withinSeconds: Double
    public var steps: [FaultStep]

    public init(
        name: String, about: String, category: String, mark: Mark, needs: [String] = [], traffic: Traffic,
        diskBytes: Int? = nil, baselineSeconds: Double, withinSeconds: Double, steps: [FaultStep]
    ) {
        self.name = name
        self.about = about
        self.category = category
        self.mark = mark
        self.needs = needs
        self.traffic = traffic
        self.diskBytes = diskBytes
        self.baselineSeconds = baselineSeconds
        self.withinSeconds = withinSeconds
        self.steps = steps
    }
}

/// One step of a fault.
public enum FaultStep: Codable, Sendable, Equatable {
    /// Values of the configuration become others, by one commit on `main`.
    case set(title: String, values: [String])
    /// A patch of the repository, as `git diff` prints it, by one commit on `main`.
    case patch(title: String, text: String)
    /// A line of a file of the configuration goes, by one commit on `main`.
    case remove(title: String, file: String, line: String)
    case signal(SignalStep)
    case fill(FillStep)
    case row(RowStep)
    case carrier(CarrierStep)
    case load(LoadStep)
    /// Nothing is done for a while.
    case wait(seconds: Double)

    /// Whether it goes on until it is told to end.
    public var lasts: Bool {
        switch self {
        case .set, .patch, .remove, .row, .carrier, .wait: false
        case .signal(let step): step.everySeconds != nil
        case .fill, .load: true
        }
    }
}

/// A signal to the processes of a role.
public struct SignalStep: Codable, Sendable, Equatable {
    public var role: String
    /// One worker of it; all where nil.
    public var slot: Int?
    /// Such as `KILL` or `STOP`.
    public var signal: String
    /// So often, for a part of that time; once where nil.
    public var everySeconds: Double?
    /// After so long a stopped process goes on.
    public var forSeconds: Double?

    public init(
        role: String, slot: Int? = nil, signal: String, everySeconds: Double? = nil, forSeconds: Double? = nil
    ) {
        self.role = role
        self.slot = slot
        self.signal = signal
        self.everySeconds = everySeconds
        self.forSeconds = forSeconds
    }
}

/// A file in the data folder that grows.
public struct FillStep: Codable, Sendable, Equatable {
    /// Its path below the data folder.
    public var file: String
    public var bytesPerSecond: Int
    /// It does not grow beyond it.
    public var size: Int

    public init(file: String, bytesPerSecond: Int, size: Int) {
        self.file = file
        self.bytesPerSecond = bytesPerSecond
        self.size = size
    }
}

/// Statements on a service's file, and those that take them back.
///
/// The inverse may run more than once, and also where the statements never ran: it must be harmless then.
public struct RowStep: Codable, Sendable, Equatable {
    public var service: String
    public var statements: [String]
    public var inverse: [String]

    public init(service: String, statements: [String], inverse: [String]) {
        self.service = service
        self.statements = statements
        self.inverse = inverse
    }
}

/// How the simulated carrier treats its callers from now on.
public struct CarrierStep: Codable, Sendable, Equatable {
    public var mode: String
    /// Of a hundred requests.
    public var share: Int
    public var delayMilliseconds: Int

    public init(mode: String, share: Int = 100, delayMilliseconds: Int = 2_000) {
        self.mode = mode
        self.share = share
        self.delayMilliseconds = delayMilliseconds
    }
}

/// More orders than usual.
public struct LoadStep: Codable, Sendable, Equatable {
    /// Orders a second, beside the usual ones.
    public var rate: Double
    public var seconds: Double

    public init(rate: Double, seconds: Double) {
        self.rate = rate
        self.seconds = seconds
    }
}
