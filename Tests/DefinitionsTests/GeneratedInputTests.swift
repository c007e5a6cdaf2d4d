import Contracts
import Definitions
import Glibc
import Insight
import Settings
import Testing

@Suite("Generated files") struct GeneratedInputTests {
    private static let pieces = [
        ": ", "- ", "\n", "[", "]", "{", "}", "---\n", "\"", "'", "#", "~", "99999999999999999999", "-1", "NaN", "inf",
        "1e309", "spec:\n", "target: 0.5", "kind: SLI\n", "type: Prometheus\n", "query: sum(rate(a{b=~\"5..\"}[5m]))\n",
        "duration: 9Y", "timeSliceWindow: 1\n", "below: 250ms", "where: {a: [b]}", "𝄞", "  ", "{{", "'", "\\",
    ]

    private static func damaged(_ text: String, _ chance: inout Chance) -> String {
        var bytes = Array(text.utf8)
        for _ in 0..<Int.random(in: 1...5, using: &chance) {
            let place = Int.random(in: 0...bytes.count, using: &chance)
            let end = min(bytes.count, place + Int.random(in: 0...20, using: &chance))
            switch Int.random(in: 0..<3, using: &chance) {
            case 0: bytes.removeSubrange(place..<end)
            case 1: bytes.insert(contentsOf: Array((pieces.randomElement(using: &chance) ?? "").utf8), at: place)
            default: bytes.insert(contentsOf: bytes[place..<end], at: place)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("are read or refused with a place, what is read can be judged and written, and nothing ends the process")
    func generated() {
        let count = getenv("KINTSUGI_GENERATED_INPUTS").flatMap { Int(String(cString: $0)) } ?? 3_000
        let good = slo(more: "  alertPolicies: [fast]") + "\n---\n" + slo(name: "other", goal: "targetPercent: 90")
        var chance = Chance(seed: 11)
        var (read, refused) = (0, 0)
        for _ in 0..<count {
            let found = Definitions.objectives(text: Self.damaged(good, &chance), name: "generated")
            for mistake in found.mistakes + found.notes { #expect(mistake.place.hasPrefix("generated")) }
            for objective in found.objectives {
                #expect(objective.target >= 0 && objective.target < 1 && objective.period > .zero)
                #expect(objective.alerts.allSatisfy { $0.long > .zero && $0.short > .zero && $0.short <= $0.long })
                #expect(PrometheusRules([objective]).text.hasPrefix("groups:\n  - name: 'slo-"))
            }
            var engine = ObjectiveEngine(found.objectives)
            for status in engine.statuses(now: Moment(nanoseconds: 5)) { #expect(status.budgetLeft == 1) }
            read += found.objectives.count
            refused += found.mistakes.isEmpty ? 0 : 1
        }
        #expect(read > count / 4 && refused > count / 4)
    }
}

@Suite("Rules for Prometheus") struct PrometheusRulesTests {
    private func objective(_ indicator: Objective.Indicator, budgeting: Objective.Budgeting = .occurrences) throws
        -> Objective
    {
        try Objective(
            name: "it's", service: "shop", about: "{{ no template }}", target: 0.9, period: .seconds(7 * 86_400),
            budgeting: budgeting, indicator: indicator)
    }

    @Test("the names are those under which metrics are exposed, and values are escaped")
    func names() throws {
        let good = SeriesSelection(
            metric: "http.server.request.duration", kind: .histogram,
            conditions: [
                LabelCondition("http.route", .equals("/a\"b")), LabelCondition("code", .excludes([.beginning("5.")])),
            ], below: 0.25)
        let total = SeriesSelection(metric: "shop.requests", kind: .counter)
        let text = PrometheusRules([try objective(Objective.Indicator(.good(good), of: total))]).text
        let bucket =
            "sum(rate(http_server_request_duration_seconds_bucket{http_route=\"/a\\\"b\",code!~\"5\\\\..*\",le=\"0.25\"}[70s]))"
        #expect(text.contains(bucket))
        #expect(text.contains("(sum(rate(shop_requests_total[70s])) > 0)"))
        #expect(text.contains("  - name: 'slo-it''s'\n") && text.contains("description: '{ { no template }}'"))
        #expect(text.contains("window: '14m/70s'") && text.contains("slo:error_ratio:rate7d"))
        // 14.4 cannot be reached.
        #expect(text.contains("/ (1 - 0.9) > 9.0") && text.contains("more than 9.0 times"))
    }

    @Test("slices of time are judged once each")
    func slices() throws {
        let total = SeriesSelection(metric: "shop.requests", kind: .counter)
        let bad = SeriesSelection(metric: "shop.failures", kind: .counter)
        let slices = try objective(
            Objective.Indicator(.bad(bad), of: total), budgeting: .timeslices(length: .seconds(60), target: 0.95))
        let text = PrometheusRules([slices]).text
        #expect(text.contains("    interval: 1m\n"))
        #expect(
            text.contains("> bool (1 - 0.95)") && text.contains("avg_over_time(slo:slice_bad:bool{slo=\"it''s\"}[7d])"))
    }

    @Test("without objectives there are no groups")
    func none() { #expect(PrometheusRules([]).text == "groups: []\n") }
}
