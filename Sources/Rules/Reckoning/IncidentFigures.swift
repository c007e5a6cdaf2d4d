public import Contracts

/// What the figures about incidents are made of: one incident that is over, as its post-mortem tells it.
public struct IncidentFigures: Codable, Sendable, Equatable {
    /// A plan that was carried out.
    public struct Action: Codable, Sendable, Equatable {
        public enum Fate: String, Codable, Sendable, Equatable, CaseIterable {
            case helped, stays, undone, refused, stuck
        }

        public var fate: Fate
        /// How many people had agreed.
        public var people: Int
        public var text: String

        public init(_ fate: Fate, people: Int, text: String) {
            self.fate = fate
            self.people = people
            self.text = text
        }
    }

    public var incident: String
    public var outcome: IncidentStage
    /// Nanoseconds since 1970.
    public var ended: Int64
    public var category: String?
    public var culprit: String?
    /// What was blamed, such as `configuration`: a kind of change; or the signal that tells most.
    public var blamed: String?
    /// In seconds, where known.
    public var detection: Double?
    public var acknowledgement: Double?
    public var resolution: Double?
    public var actions: [Action]
    /// Somebody took it over or ended it: the agents did not.
    public var wasTaken: Bool
    public var score: Int?
    public var alerts: Int
    public var failedRequests: Double?
    public var confidence: Double?
    /// Whether the diagnosis was right, where that is known.
    public var wasRight: Bool?

    public init(incident: String, outcome: IncidentStage, ended: Int64) {
        self.incident = incident
        self.outcome = outcome
        self.ended = ended
        actions = []
        wasTaken = false
        alerts = 0
    }
}

extension IncidentFigures {
    /// `2030-03`, in UTC.
    var month: String {
        let civil = CivilTime(seconds: ended / 1_000_000_000 - (ended % 1_000_000_000 < 0 ? 1 : 0))
        return "\(civil.year)-\(civil.month < 10 ? "0" : "")\(civil.month)"
    }

    /// Something took effect.
    var wasActed: Bool { actions.contains { $0.fate != .refused } }

    /// Something was done that had to be taken back, or of which a person says that it was wrong.
    var wasFalselyActed: Bool {
        guard wasActed else { return false }
        if actions.contains(where: { $0.fate == .undone || $0.fate == .stuck }) { return true }
        return outcome == .suppressed || (score ?? 5) <= 2
    }

    /// Mended by what agents did, with nobody asked.
    var wasAutomatic: Bool {
        guard outcome == .resolved, !wasTaken, let last = actions.last(where: { $0.fate == .helped }) else {
            return false
        }
        return last.people == 0
    }
}
