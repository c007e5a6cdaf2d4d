import Contracts
import Definitions
import FoundationEssentials
import Notices
import Settings
import Testing

private func read(_ texts: String...) -> Definitions.CommsFound {
    Definitions.comms(texts: texts.enumerated().map { ("t\($0.offset).yaml", Array($0.element.utf8)) }) { _ in nil }
}

@Suite("Files about telling people") struct CommsFileTests {
    @Test("What is shipped is right, and tells the journal everything")
    func shipped() throws {
        let found = Definitions.comms(in: "config/comms")
        #expect(found.mistakes.isEmpty)
        let definition = try #require(found.definition)
        #expect(definition.rules == NoticeRules() && definition.channels.isEmpty && definition.link == nil)
    }

    @Test("The examples of the shipped file are right, once they are taken out of their comments")
    func examples() throws {
        let text = try String(contentsOfFile: "config/comms/default.yaml", encoding: .utf8)
        let example = text.split(separator: "\n").map(String.init).filter { line in
            line.hasPrefix("version") || line.hasPrefix("# link:") || line.hasPrefix("#   ")
                || line.hasPrefix("# slack:")
                || line.hasPrefix("# mail-links:") || line.hasPrefix("#      ")
                || ["# channels:", "# audiences:", "# routes:"].contains(line)
        }.map { $0.hasPrefix("# ") ? String($0.dropFirst(2)) : $0 }.joined(separator: "\n")
        let found = read(example.replacing("zone: Europe/Berlin", with: "zone: UTC"))
        #expect(found.mistakes.isEmpty, "\(found.mistakes)")
        let definition = try #require(found.definition)
        #expect(definition.channels.map(\.name) == ["chat", "chat-plain", "pager", "ada", "owners", "ours"])
        #expect(definition.rules.routes.map(\.channels) == [["chat", "ada"], ["pager"], ["owners"], ["journal"]])
        #expect(definition.slack?.people.map(\.person) == ["ada"] && definition.mailLinks?.valid == .seconds(3_600))
        #expect(definition.rules.channels.filter(\.pages).map(\.name) == ["pager"])
        #expect(definition.rules.audiences.first { $0.name == "payers" }?.quiet?.passes == 1)
    }

    @Test(
        "A mistake is told with its line, and then nothing is taken",
        arguments: [
            ("channels: [{name: a, kind: pigeon}]", "slack-hook"),
            ("channels: [{name: a, kind: slack-hook}]", "secret-file"),
            ("channels: [{name: journal, kind: webhook, url: 'https://x', secret-file: a}]", "journal"),
            ("channels: [{name: a, kind: webhook, url: 'ftp://x', secret-file: a}]", "https://"),
            ("channels: [{name: a, kind: pagerduty, secret-file: a, storm: {}}]", "its own"),
            ("channels: [{name: a, kind: mail, server: x, from: a@b, to: ['a b@c']}]", "address"),
            ("channels: [{name: a, kind: mail, server: x, from: a@b, to: []}]", "at least one"),
            ("channels: [{name: a, kind: mail, server: x, from: a@b, to: [a@b, c@d], person: ada}]", "one address"),
            ("channels: [{name: a, kind: mail, server: x, from: a@b, to: [a@b], user: me}]", "both user"),
            ("audiences: [{name: a, words: poet}]", "engineer"),
            ("routes: [{audience: b, channels: [journal]}]", "audience"),
            ("routes: [{audience: engineers, channels: [x]}]", "found x"),
            ("routes: [{audience: engineers, channels: [journal], kinds: [opend]}]", "opened"),
            ("audiences: [{name: a, quiet: {zone: UTC, from: 22:00, until: 22:00}}]", "another time"),
            ("audiences: [{name: a, quiet: {zone: No/Where, from: 22:00, until: 07:00}}]", "No/Where"),
            ("link: console", "https://"), ("slack: {secret-file: a, people: {ada: ada}}", "U024BE7LH"),
            ("mail-links: {valid: 1s}", "secret-file"), ("unknown: 1", "unknown"),
        ])
    func mistakes(_ line: String, _ word: String) {
        let found = read("version: 1\n\(line)")
        #expect(found.definition == nil)
        #expect(found.mistakes.contains { "\($0)".contains(word) && $0.place == "t0.yaml:2" }, "\(found.mistakes)")
    }
}
