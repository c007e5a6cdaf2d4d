public import Contracts

/// How well the cluster's troubles are handled: figures that follow from incidents that are over.
public struct Indicators: Codable, Sendable, Equatable {
    /// Of some spans of time; in seconds.
    public struct Spread: Codable, Sendable, Equatable {
        public var count: Int
        public var median: Double
        public var mean: Double

        /// Nil where none of them is known. What is no span is not counted.
        public init?(_ values: [Double?]) {
            let known = values.compactMap { $0 }.filter { $0.isFinite && $0 >= 0 }.sorted()
            guard !known.isEmpty else { return nil }
            count = known.count
            let middle = known.count / 2
            median = known.count % 2 == 1 ? known[middle] : known[middle - 1] / 2 + known[middle] / 2
            // Summed in shares: no sum is too large for a figure.
            mean = known.reduce(0) { $0 + $1 / Double(known.count) }
        }
    }

    /// Incidents of one category that ended in one month; nil stands for all.
    public struct Group: Codable, Sendable, Equatable {
        public var category: String?
        public var month: String?
        public var incidents: Int
        public var detection: Spread?
        public var acknowledgement: Spread?
        public var resolution: Spread?
    }

    /// So many of so many.
    public struct Share: Codable, Sendable, Equatable {
        public var count: Int
        public var of: Int
        /// From 0 to 1; nil of none.
        public var share: Double? { of > 0 ? Double(count) / Double(of) : nil }

        public init(_ count: Int, of: Int) {
            self.count = count
            self.of = of
        }

        enum CodingKeys: String, CodingKey { case count, of, share }

        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            self.init(try container.decode(Int.self, forKey: .count), of: try container.decode(Int.self, forKey: .of))
        }

        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(count, forKey: .count)
            try container.encode(of, forKey: .of)
            try container.encodeIfPresent(share, forKey: .share)
        }
    }

    /// Diagnoses that were about as sure, and how many were right.
    public struct Reliability: Codable, Sendable, Equatable {
        /// From this confidence, up to a tenth more.
        public var from: Double
        public var count: Int
        public var right: Int
        public var stated: Double
    }

    /// Those that were no noise.
    public var incidents: Int
    public var noise: Int
    /// The first is of all; then by category, then by category and month.
    public var groups: [Group]
    /// Mended by agents with nobody asked, of those that were no noise.
    public var automation: Share
    /// Of incidents in which something took effect.
    public var falseActions: Share
    /// Alerts that became no incident of their own, of all alerts.
    public var noiseReduction: Share
    /// Ended before any request had failed, of those of which that is known.
    public var prevented: Share
    /// Objectives whose budget is not used up; none of none where nobody could be asked.
    public var objectives: Share
    /// The mean squared distance of what was stated and what was found; nil where nothing is known.
    public var brier: Double?
    public var reliability: [Reliability]

    /// Of incidents that are over, each once. `alerts` where more were heard than belong to them; `budgets` as they are now.
    public init(_ all: [IncidentFigures], alerts: Int? = nil, budgets: [BudgetStanding] = []) {
        let real = all.filter { $0.outcome != .suppressed }
        incidents = real.count
        noise = all.count - real.count
        groups = Self.groups(real)
        automation = Share(real.count { $0.wasAutomatic }, of: real.count)
        falseActions = Share(all.count { $0.wasFalselyActed }, of: all.count { $0.wasActed })
        let heard = max(alerts ?? 0, all.reduce(0) { $0 + max(0, $1.alerts) })
        noiseReduction = Share(max(0, heard - all.count), of: heard)
        let known = real.filter { $0.failedRequests?.isFinite ?? false }
        prevented = Share(known.count { $0.outcome == .resolved && $0.failedRequests ?? 1 <= 0 }, of: known.count)
        objectives = Share(budgets.count { $0.left >= 0 }, of: budgets.count { $0.left.isFinite })
        let judged = all.compactMap { one -> (confidence: Double, wasRight: Bool)? in
            guard let confidence = one.confidence, (0...1).contains(confidence), let wasRight = one.wasRight else {
                return nil
            }
            return (confidence, wasRight)
        }
        brier =
            judged.isEmpty
            ? nil
            : judged.reduce(0) { sum, one in
                let distance = one.confidence - (one.wasRight ? 1 : 0)
                return sum + distance * distance
            } / Double(judged.count)
        reliability = Self.reliability(judged)
    }

    private static func groups(_ all: [IncidentFigures]) -> [Group] {
        func group(_ category: String?, _ month: String?) -> Group {
            let some = all.filter {
                (category == nil || ($0.category ?? "none") == category) && (month == nil || $0.month == month)
            }
            return Group(
                category: category, month: month, incidents: some.count, detection: Spread(some.map(\.detection)),
                acknowledgement: Spread(some.map(\.acknowledgement)), resolution: Spread(some.map(\.resolution)))
        }
        let categories = once(all.map { $0.category ?? "none" })
        let months = once(all.map(\.month))
        let both = categories.flatMap { category in months.map { group(category, $0) } }.filter { $0.incidents > 0 }
        return [group(nil, nil)] + categories.map { group($0, nil) } + both
    }

    private static func once(_ names: [String]) -> [String] {
        names.sorted().reduce(into: []) { found, name in if found.last != name { found.append(name) } }
    }

    private static func reliability(_ judged: [(confidence: Double, wasRight: Bool)]) -> [Reliability] {
        (0..<10).compactMap { tenth in
            let some = judged.filter { min(9, Int($0.confidence * 10)) == tenth }
            guard !some.isEmpty else { return nil }
            return Reliability(
                from: Double(tenth) / 10, count: some.count, right: some.count { $0.wasRight },
                stated: some.reduce(0) { $0 + $1.confidence } / Double(some.count))
        }
    }
}
