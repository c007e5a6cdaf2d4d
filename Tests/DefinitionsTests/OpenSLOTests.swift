import Definitions
import Insight
import Settings
import Testing

/// A document that is right, with places for what a test changes.
func slo(
    name: String = "orders-availability", source: String = "type: kintsugi",
    window: String = "{duration: 30d, isRolling: true}",
    goal: String = "target: 0.999", method: String = "Occurrences", more: String = ""
) -> String {
    """
    apiVersion: openslo/v1
    kind: SLO
    metadata: {name: \(name), displayName: Orders, labels: {team: [a, b]}, annotations: {a.b/c: d}}
    spec:
      description: Orders are taken.
      service: orders
      timeWindow: [\(window)]
      budgetingMethod: \(method)
      indicator:
        metadata: {name: availability}
        spec:
          ratioMetric:
            counter: true
            bad:
              metricSource:
                \(source)
                spec: {metric: http.server.request.duration, where: {role: orders, code: {begins: "5"}}}
            total:
              metricSource:
                \(source)
                spec: {metric: http.server.request.duration, where: {role: orders}}
      objectives:
        - {\(goal)}
    \(more)
    """
}

func complaints(_ text: String) -> [String] {
    let found = Definitions.objectives(text: text, name: "slo.yaml")
    return found.mistakes.map(\.description)
}

@Suite("OpenSLO") struct OpenSLOTests {
    @Test("an SLO is read as an objective")
    func good() throws {
        let found = Definitions.objectives(text: slo(), name: "slo.yaml")
        #expect(found.mistakes.isEmpty && found.notes.isEmpty)
        let role = LabelCondition("role", .equals("orders"))
        let total = SeriesSelection(metric: "http.server.request.duration", kind: .histogram, conditions: [role])
        let bad = SeriesSelection(
            metric: "http.server.request.duration", kind: .histogram,
            conditions: [role, LabelCondition("code", .matches([.beginning("5")]))])
        #expect(
            found.objectives == [
                try Objective(
                    name: "orders-availability", service: "orders", about: "Orders are taken.", target: 0.999,
                    indicator: Objective.Indicator(.bad(bad), of: total))
            ])
    }

    @Test(
        "durations are those of OpenSLO",
        arguments: [
            ("45m", 2_700), ("12h", 43_200), ("28d", 2_419_200), ("4w", 2_419_200), ("1M", 2_592_000),
            ("1Q", 7_776_000), ("1Y", 31_536_000),
        ])
    func durations(text: String, seconds: Int64) {
        let found = Definitions.objectives(
            text: slo(window: "{duration: \(text), isRolling: true}"), name: "slo.yaml")
        #expect(found.objectives.first?.period == .seconds(seconds))
    }

    @Test("targets are shares or percents, and several objectives are told apart")
    func targets() {
        let found = Definitions.objectives(
            text: slo(goal: "targetPercent: 99.5}\n    - {target: 0.9"), name: "slo.yaml")
        #expect(found.objectives.map(\.name) == ["orders-availability-1", "orders-availability-2"])
        #expect(found.objectives.map(\.target) == [0.995, 0.9])
    }

    @Test("slices of time are read")
    func slices() {
        let found = Definitions.objectives(
            text: slo(goal: "target: 0.99, timeSliceTarget: 0.95, timeSliceWindow: 5", method: "Timeslices"),
            name: "slo.yaml")
        #expect(found.objectives.first?.budgeting == .timeslices(length: .seconds(300), target: 0.95))
    }

    @Test(
        "a mistake is told with its line, what was expected and what was found",
        arguments: [
            (
                slo(goal: "target: 1"),
                "slo.yaml:23: spec.objectives[0].target: expected a number of at least 0 and below 1, found \"1\""
            ),
            (
                slo(goal: "target: 0.9, targetPercent: 90"),
                "slo.yaml:23: spec.objectives[0].targetPercent: expected target or targetPercent, found both"
            ),
            (
                slo(goal: "displayName: x"),
                "slo.yaml:23: spec.objectives[0].target: expected target or targetPercent, found neither"
            ),
            (
                slo(window: "{duration: 30d, isRolling: true}, {duration: 7d, isRolling: true}"),
                "slo.yaml:7: spec.timeWindow: expected exactly one time window, found 2"
            ),
            (
                slo(window: "{duration: 30 days, isRolling: true}"),
                "slo.yaml:7: spec.timeWindow[0].duration: expected a duration such as 5m, 1h, 28d, 4w, 1M, 1Q or 1Y, of ten years at most, found \"30 days\""
            ),
            (slo(window: "{duration: 30d}, "), nil),
            (
                slo(method: "Occurences"),
                "slo.yaml:8: spec.budgetingMethod: expected Occurrences, Timeslices or RatioTimeslices, found \"Occurences\""
            ),
            (
                slo(method: "Timeslices"),
                "slo.yaml:23: spec.objectives[0].timeSliceTarget: expected a number from 0 to 1 with budgetingMethod Timeslices, found nothing"
            ),
            (
                slo(more: "  alertPolicys: []"),
                "slo.yaml:24: spec.alertPolicys: unknown key; did you mean \"alertPolicies\"?"
            ),
            (
                slo(more: "  alertPolicies: [fast]"),
                "slo.yaml:24: spec.alertPolicies: expected the name of an AlertPolicy, found \"fast\"; there is none"
            ),
            (
                slo(name: "\"\""),
                "slo.yaml:3: metadata.name: expected a name of 1 to 63 letters, digits, dots, hyphens and underscores, found \"\""
            ),
        ] as [(String, String?)])
    func mistakes(text: String, complaint: String?) {
        let found = complaints(text)
        if let complaint { #expect(found.contains(complaint), "\(found)") } else { #expect(found.isEmpty, "\(found)") }
    }

    @Test("the other documents go on")
    func others() {
        let text = [slo(name: "a"), "nonsense: [1", slo(name: "b", goal: "target: 2"), slo(name: "c")]
            .joined(separator: "\n---\n")
        let found = Definitions.objectives(text: text, name: "slo.yaml")
        #expect(found.objectives.map(\.name) == ["a", "c"])
        #expect(found.mistakes.count == 2)
        #expect(found.mistakes[0].description.hasPrefix("slo.yaml:27: not readable as YAML"))
        #expect(found.mistakes[1].description.hasPrefix("slo.yaml:50: spec.objectives[0].target: "))
    }

    @Test("a name that stands twice is told with both places")
    func twice() {
        let found = complaints(slo() + "\n---\n" + slo())
        #expect(found == ["slo.yaml:28: metadata: the SLO \"orders-availability\" stands in slo.yaml:3 already"])
    }

    @Test("indicators, policies and conditions may stand elsewhere, in any order")
    func references() throws {
        let text = """
            apiVersion: openslo/v1
            kind: SLO
            metadata: {name: fast}
            spec:
              service: orders
              timeWindow: [{duration: 7d, isRolling: true}]
              budgetingMethod: Occurrences
              indicatorRef: latency
              objectives: [{target: 0.95}]
              alertPolicies:
                - page
                - alertPolicyRef: page
                - kind: AlertPolicy
                  metadata: {name: here}
                  spec:
                    conditions:
                      - kind: AlertCondition
                        metadata: {name: c, annotations: {kintsugi/short-window: 5s}}
                        spec:
                          severity: demo
                          condition: {kind: burnrate, op: gte, threshold: 10, lookbackWindow: 1m}
            ---
            apiVersion: openslo/v1
            kind: SLI
            metadata: {name: latency}
            spec:
              ratioMetric:
                counter: true
                good: {metricSource: {metricSourceRef: ours, spec: {metric: http.server.request.duration, below: 250ms}}}
                total: {metricSource: {metricSourceRef: ours, spec: {metric: http.server.request.duration}}}
            ---
            apiVersion: openslo/v1
            kind: AlertPolicy
            metadata: {name: page}
            spec:
              alertWhenBreaching: true
              conditions: [{conditionRef: quick}]
              notificationTargets: [{targetRef: anybody}]
            ---
            apiVersion: openslo/v1
            kind: AlertCondition
            metadata: {name: quick}
            spec:
              severity: page
              condition: {kind: burnrate, op: gt, threshold: 14.4, lookbackWindow: 1h, alertAfter: 5m}
            ---
            apiVersion: openslo/v1
            kind: Service
            metadata: {name: orders}
            spec: {description: takes orders}
            ---
            apiVersion: openslo/v1
            kind: DataSource
            metadata: {name: ours}
            spec: {type: kintsugi, connectionDetails: {url: here}}
            """
        let found = Definitions.objectives(text: text, name: "slo.yaml")
        #expect(found.mistakes.isEmpty, "\(found.mistakes)")
        let objective = try #require(found.objectives.first)
        #expect(objective.indicator.part.selection.below == 0.25 && objective.indicator.total.below == nil)
        let page = BurnWindow(
            long: .seconds(3_600), short: .seconds(300), burn: 14.4, hold: .seconds(300), severity: "page",
            policy: "page")
        let here = BurnWindow(
            long: .seconds(60), short: .seconds(5), burn: 10, includesThreshold: true, severity: "demo", policy: "here")
        #expect(objective.alerts == [page, page, here])
    }

    @Test("without policies the usual windows are those of its own time")
    func usual() {
        let found = Definitions.objectives(text: slo(window: "{duration: 15d, isRolling: true}"), name: "slo.yaml")
        #expect(
            found.objectives.first?.alerts.map(\.long) == [
                .seconds(1_800), .seconds(10_800), .seconds(43_200), .seconds(129_600),
            ])
        #expect(found.objectives.first?.alerts.map(\.burn) == [14.4, 6, 3, 1])
    }

    @Test(
        "what is right and not evaluated here is named, and no mistake",
        arguments: [
            (slo(source: "type: Datadog"), "a metric source of the type Datadog is not read here"),
            (
                slo(window: "{duration: 1M, calendar: {startTime: 2020-01-21 12:30:00, timeZone: Europe/Berlin}}"),
                "a window of the calendar is not evaluated here"
            ),
            (
                slo(goal: "target: 0.9, timeSliceWindow: 1m", method: "RatioTimeslices"),
                "the method RatioTimeslices is not evaluated here"
            ),
            (slo(goal: "target: 0.9, indicatorRef: other"), "an objective with an indicator of its own"),
        ])
    func notes(text: String, note: String) {
        let found = Definitions.objectives(text: text, name: "slo.yaml")
        #expect(found.mistakes.isEmpty, "\(found.mistakes)")
        #expect(found.objectives.isEmpty)
        #expect(found.notes.first?.description.contains(note) == true, "\(found.notes)")
    }

    @Test("v1alpha is read as well")
    func alpha() throws {
        let text = """
            apiVersion: openslo/v1alpha
            kind: SLO
            metadata: {displayName: Ratio, name: ratio}
            spec:
              budgetingMethod: Occurrences
              description: of old
              objectives:
              - ratioMetrics:
                  good: {source: prometheus, queryType: promql, query: 'sum(rate(http_requests_total{code!~"5.."}[5m]))'}
                  incremental: true
                  total: {source: prometheus, queryType: promql, query: 'sum(rate(http_requests_total[5m]))'}
                displayName: painful
                target: 0.98
                value: 1
              service: my-service
              timeWindows:
              - {count: 28, isRolling: true, unit: Day}
            """
        let found = Definitions.objectives(text: text, name: "old.yaml")
        #expect(found.mistakes.isEmpty && found.notes.isEmpty, "\(found.mistakes) \(found.notes)")
        let objective = try #require(found.objectives.first)
        #expect(objective.period == .seconds(28 * 86_400) && objective.target == 0.98)
        let codes = try #require(LabelPattern.patterns(ofRegularExpression: "5.."))
        #expect(
            objective.indicator.part
                == .good(
                    SeriesSelection(
                        metric: "http_requests", kind: .counter, conditions: [LabelCondition("code", .excludes(codes))])
                ))
    }

    @Test("a threshold of ours must be an edge, and says which are")
    func edges() {
        let text = slo().replacing("role: orders}}", with: "role: orders}, below: 300ms}")
        let found = complaints(text)
        #expect(
            found.first?.contains("expected a power of two of seconds, such as 125ms, 250ms, 500ms, 1s or 2s") == true)
    }
}

@Suite("A query of Prometheus") struct PromQLTests {
    private func selection(_ query: String) -> (selection: SeriesSelection?, note: String?) {
        let source = "type: Prometheus, spec: {query: '\(query.replacing("'", with: "''"))'}"
        let text = """
            apiVersion: openslo/v1
            kind: SLO
            metadata: {name: x}
            spec:
              service: x
              timeWindow: [{duration: 30d, isRolling: true}]
              budgetingMethod: Occurrences
              objectives: [{target: 0.9}]
              indicator:
                metadata: {name: x}
                spec:
                  ratioMetric: {counter: true, good: {metricSource: {\(source)}}, total: {metricSource: {\(source)}}}
            """
        let found = Definitions.objectives(text: text, name: "x")
        return (found.objectives.first?.indicator.total, found.notes.first?.text ?? found.mistakes.first?.text)
    }

    @Test(
        "of a simple shape is a selection",
        arguments: [
            "http_requests_total{code=~\"5..\",role=\"orders\"}",
            "sum(http_requests_total{code=~\"5..\", role='orders'})",
            "sum(rate(http_requests_total{code=~\"5..\",role=\"orders\",}[5m]))",
            " sum ( increase( http_requests_total { code =~ \"5..\" , role = \"orders\" } [1h] ) ) ",
        ])
    func simple(query: String) throws {
        let codes = try #require(LabelPattern.patterns(ofRegularExpression: "5.."))
        let expected = SeriesSelection(
            metric: "http_requests", kind: .counter,
            conditions: [LabelCondition("code", .matches(codes)), LabelCondition("role", .equals("orders"))])
        #expect(selection(query).selection == expected, "\(selection(query))")
    }

    @Test("of a bucket is what is below its edge")
    func buckets() {
        let bucket = selection("sum(rate(http_server_request_duration_seconds_bucket{le=\"0.25\"}[5m]))").selection
        #expect(bucket == SeriesSelection(metric: "http_server_request_duration", kind: .histogram, below: 0.25))
        let count = selection("sum(rate(http_server_request_duration_seconds_count[5m]))").selection
        #expect(count == SeriesSelection(metric: "http_server_request_duration", kind: .histogram))
    }

    @Test(
        "of any other shape is named as not evaluated",
        arguments: [
            "sum(rate(a[5m])) / sum(rate(b[5m]))", "sum by (code) (rate(a[5m]))", "histogram_quantile(0.9, a)",
            "a{job=\"x\"}", "a{code=~\"[45]..\"}", "a_bucket{le=\"0.3\"}", "a_bucket", "a{", "a{b}", "1", "a{b=\"c}",
        ])
    func others(query: String) {
        let found = selection(query)
        #expect(found.selection == nil && found.note?.contains("is not evaluated here") == true, "\(found)")
    }
}
