import Contracts
import Reckoning
import Testing

@Suite("Figures about incidents")
struct IndicatorTests {
    private static let march = Int64.seconds(1_900_000_660)

    private func one(
        _ id: String, _ outcome: IncidentStage = .resolved, at ended: Int64 = march,
        _ change: (inout IncidentFigures) -> Void = { _ in }
    ) -> IncidentFigures {
        var figures = IncidentFigures(incident: id, outcome: outcome, ended: ended)
        figures.category = "Config_Error"
        figures.culprit = "orders"
        change(&figures)
        return figures
    }

    @Test("of nothing every figure is none of none, and no figure is not a number")
    func nothing() {
        let indicators = Indicators([])
        #expect(indicators.incidents == 0)
        #expect(indicators.automation.share == nil)
        #expect(indicators.noiseReduction.share == nil)
        #expect(indicators.brier == nil)
        #expect(indicators.groups.map(\.incidents) == [0])
        #expect(indicators.reliability.isEmpty)
    }

    @Test("times have a median, a mean and a count, and what is no time is not counted")
    func spreads() throws {
        let spread = try #require(Indicators.Spread([4, nil, 1, .nan, -3, .infinity, 7, 8]))
        #expect(spread.count == 4)
        #expect(spread.median == 5.5)
        #expect(spread.mean == 5)
        #expect(Indicators.Spread([nil, .nan]) == nil)
        let largest = try #require(Indicators.Spread([.greatestFiniteMagnitude, .greatestFiniteMagnitude]))
        #expect(largest.mean.isFinite && largest.median.isFinite)
    }

    @Test("times stand by category and by month, and noise is in none of them")
    func groups() {
        let all = [
            one("I-1") { $0.resolution = 10 },
            one("I-2", at: Self.march + .seconds(31 * 86_400)) { $0.resolution = 30 },
            one("I-3") {
                $0.category = "Code_Bug"
                $0.resolution = 50
            },
            one("I-4", .suppressed) { $0.resolution = 1_000 },
        ]
        let groups = Indicators(all).groups
        #expect(groups.first?.resolution?.median == 30)
        #expect(groups.first { $0.category == "Config_Error" && $0.month == nil }?.resolution?.mean == 20)
        #expect(groups.compactMap(\.month).sorted() == ["2030-03", "2030-03", "2030-04"])
        #expect(Indicators(all).noise == 1)
    }

    @Test("only what agents mended with nobody asked is automatic")
    func automation() {
        let all = [
            one("I-1") { $0.actions = [.init(.helped, people: 0, text: "roll")] },
            one("I-2") { $0.actions = [.init(.helped, people: 1, text: "roll")] },
            one("I-3") {
                $0.actions = [.init(.helped, people: 0, text: "roll")]
                $0.wasTaken = true
            },
            one("I-4", .escalated),
        ]
        #expect(Indicators(all).automation == Indicators.Share(1, of: 4))
    }

    @Test("an action is false where it was undone, or where a person says so")
    func falseActions() {
        let all = [
            one("I-1") { $0.actions = [.init(.undone, people: 0, text: ""), .init(.helped, people: 0, text: "")] },
            one("I-2") {
                $0.actions = [.init(.helped, people: 0, text: "")]
                $0.score = 2
            },
            one("I-3", .suppressed) { $0.actions = [.init(.stays, people: 0, text: "")] },
            one("I-4") { $0.actions = [.init(.helped, people: 0, text: "")] },
            one("I-5") { $0.actions = [.init(.refused, people: 0, text: "")] },
        ]
        #expect(Indicators(all).falseActions == Indicators.Share(3, of: 4))
    }

    @Test("noise, prevention and objectives are shares of what is known")
    func shares() {
        let all = [
            one("I-1") {
                $0.alerts = 6
                $0.failedRequests = 0
            },
            one("I-2") {
                $0.alerts = 4
                $0.failedRequests = 17
            },
            one("I-3") { $0.failedRequests = .nan },
        ]
        let budgets = [
            BudgetStanding(objective: "a", service: "orders", left: 0.4),
            BudgetStanding(objective: "b", service: "orders", left: -0.1),
        ]
        let indicators = Indicators(all, budgets: budgets)
        #expect(indicators.noiseReduction == Indicators.Share(7, of: 10))
        #expect(indicators.prevented == Indicators.Share(1, of: 2))
        #expect(indicators.objectives == Indicators.Share(1, of: 2))
        #expect(Indicators(all, alerts: 500).noiseReduction == Indicators.Share(497, of: 500))
    }

    @Test("how sure the diagnoses were is held against how many were right")
    func calibration() throws {
        let all = [
            one("I-1") {
                $0.confidence = 0.9
                $0.wasRight = true
            },
            one("I-2") {
                $0.confidence = 1
                $0.wasRight = false
            },
            one("I-3") { $0.confidence = 0.5 },
        ]
        let indicators = Indicators(all)
        #expect(abs(try #require(indicators.brier) - 0.505) < 1e-12)
        #expect(indicators.reliability.map(\.count) == [2])
        #expect(indicators.reliability.map(\.right) == [1])
    }

    @Test("the same cause three times is told with what would prevent it, twice is not")
    func recommendations() throws {
        let same = ["I-3", "I-1", "I-2"].enumerated().map { index, id in
            one(id, at: Self.march + .seconds(Int64(index))) { $0.blamed = "configuration" }
        }
        #expect(Recommendations.of(Array(same.prefix(2))).isEmpty)
        let found = try #require(Recommendations.of(same + [one("I-9")]).first)
        #expect(found.incidents == ["I-3", "I-1", "I-2"])
        #expect(found.text.contains("I-3, I-1, I-2"))
        #expect(found.text.contains("Config_Error in orders (configuration) came 3 times"))
        #expect(Recommendations.of(same + [same[0]]).first?.incidents.count == 3)
        let refuted = same.map { one in
            var one = one
            one.wasRight = false
            return one
        }
        #expect(Recommendations.of(refuted).isEmpty)
    }
}
