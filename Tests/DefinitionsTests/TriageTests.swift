import Alerting
import Contracts
import Definitions
import Settings
import Testing

private func read(_ texts: String...) -> Definitions.TriageFound {
    Definitions.triage(texts: texts.enumerated().map { ("t\($0.offset).yaml", Array($0.element.utf8)) }) { _ in nil }
}

@Suite("Files about alerts") struct TriageFileTests {
    @Test("What is shipped is right, and says what the code takes without it")
    func shipped() throws {
        let found = Definitions.triage(in: "config/triage")
        #expect(found.mistakes.isEmpty)
        let definition = try #require(found.definition)
        #expect(definition.settings == AlertSettings() && definition.hooks.isEmpty && !definition.requiresKeys)
    }

    @Test("Rules, windows and senders of several files are one list each")
    func all() throws {
        let one = """
            version: 1
            keys: required
            flapping: {changes: 4, window: 5m}
            inhibitions:
              - {name: down, source: [alertname=Down], target: ['severity=~warning|critical'], equal: [zone]}
            maintenance:
              - {name: backup, services: [inventory], days: [sunday], from: 02:00, until: 03:00}
              - {name: move, from: 2030-12-20 18:00, until: 2030-12-20 20:00}
            hooks: [{name: ci, secret-file: ci}]
            """
        let two = """
            version: 1
            hooks: [{name: deploys, secret-variable: DEPLOY_SECRET}]
            pagerduty: [{name: am, digest: \(Digest(of: []).description)}]
            """
        let definition = try #require(read(one, two).definition)
        #expect(definition.requiresKeys && definition.settings.flapping.changes == 4)
        #expect(definition.settings.flapping.window == 300_000_000_000)
        #expect(definition.settings.inhibitions.first?.target == [try LabelMatcher("severity=~warning|critical")])
        #expect(definition.settings.maintenance.map(\.name) == ["backup", "move"])
        #expect(definition.settings.maintenance.first?.times == .weekly(days: [6], from: 120, until: 180))
        #expect(definition.hooks.map(\.secret) == [.file("ci"), .environment("DEPLOY_SECRET")])
        #expect(definition.routingKeys.map(\.name) == ["am"])
    }

    @Test(
        "A mistake is told with its line, and then nothing is taken",
        arguments: [
            ("flapping: {changes: 1}", "flapping.changes"), ("hooks: [{name: a}]", "secret-file"),
            ("hooks: [{name: a, secret-file: ../x}]", "secret-file"),
            ("inhibitions: [{name: a, source: ['a=~('], target: [b=c]}]", "letter"),
            ("inhibitions: [{name: a, target: [b=c]}]", "matcher"), ("unknown: 1", "unknown"),
            ("pagerduty: [{name: a, digest: abc}]", "digest"),
            ("maintenance: [{name: a, from: 2030-12-20 18:00, until: 2030-12-20 18:00}]", "until"),
            ("maintenance: [{name: a, zone: No/Where, days: [monday], from: 01:00, until: 02:00}]", "zone"),
            ("hooks: [{name: a, secret-file: b}, {name: a, secret-file: c}]", "again"),
        ])
    func mistakes(_ line: String, _ word: String) {
        let found = read("version: 1\n\(line)\n")
        #expect(found.definition == nil)
        #expect(
            found.mistakes.contains { "\($0)".contains(word) && $0.place.hasPrefix("t0.yaml:2") }, "\(found.mistakes)")
    }

    @Test("What there is one of stands in one file")
    func once() {
        let found = read("version: 1\nflapping: {changes: 3}\n", "version: 1\nflapping: {changes: 4}\n")
        #expect(found.definition == nil && found.mistakes.first?.place.hasPrefix("t1.yaml:2") == true)
    }
}
