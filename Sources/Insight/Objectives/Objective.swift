/// What a service promises: which share of which events must be good over which time.
public struct Objective: Sendable, Equatable {
    /// The events, and which of them are good or bad.
    public struct Indicator: Sendable, Equatable {
        /// The part of the events that is counted beside all of them.
        public enum Part: Sendable, Equatable {
            case good(SeriesSelection)
            case bad(SeriesSelection)

            public var selection: SeriesSelection {
                switch self {
                case .good(let selection), .bad(let selection): selection
                }
            }
        }

        public let part: Part
        public let total: SeriesSelection

        public init(_ part: Part, of total: SeriesSelection) {
            self.part = part
            self.total = total
        }
    }

    /// What the budget is counted in.
    public enum Budgeting: Sendable, Equatable {
        case occurrences
        /// Slices of time, each of which is good when this share of its events was.
        case timeslices(length: Duration, target: Double)
    }

    public let name: String
    public let service: String
    public let about: String
    /// The share that must be good: at least 0 and below 1.
    public let target: Double
    /// The rolling time over which it must.
    public let period: Duration
    public let budgeting: Budgeting
    public let indicator: Indicator
    public let alerts: [BurnWindow]

    /// Without `alerts` they are the usual ones for this period.
    public init(
        name: String, service: String, about: String = "", target: Double,
        period: Duration = BurnWindow.usualPeriod, budgeting: Budgeting = .occurrences, indicator: Indicator,
        alerts: [BurnWindow]? = nil
    ) throws(BurnRate.InvalidObjective) {
        guard target >= 0, target < 1 else { throw BurnRate.InvalidObjective(found: target) }
        self.name = name
        self.service = service
        self.about = about
        self.target = target
        self.period = period
        self.budgeting = budgeting
        self.indicator = indicator
        self.alerts = alerts ?? BurnWindow.usual(for: period)
    }

    private init(_ other: Objective, scaledBy factor: Double) {
        name = other.name
        service = other.service
        about = other.about
        target = other.target
        period = other.period.scaled(by: factor)
        indicator = other.indicator
        alerts = other.alerts.map { $0.scaled(by: factor) }
        budgeting =
            switch other.budgeting {
            case .occurrences: .occurrences
            case .timeslices(let length, let target): .timeslices(length: length.scaled(by: factor), target: target)
            }
    }

    /// The same in a shorter time, for demonstrations: a factor of 1/3600 makes a second of every hour.
    public func scaled(by factor: Double) -> Objective {
        factor == 1 ? self : Objective(self, scaledBy: factor)
    }
}
