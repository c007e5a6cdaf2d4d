import Alerting
import Contracts
import Testing

@Suite("Patterns") struct PatternTests {
    @Test(
        "fit whole texts, and nothing else",
        arguments: [
            ("orders|inventory", ["orders", "inventory"], ["order", "orders2", "ordersinventory", ""]),
            ("orders-.*", ["orders-", "orders-a-1"], ["orders", "xorders-1", "orders-\n"]),
            ("a{2,3}b?", ["aa", "aaa", "aab"], ["a", "aaaa", "aabb"]),
            ("[a-c0-9_]+", ["a", "c9_"], ["", "d", "a-b"]),
            ("[^/]+", ["abc"], ["a/b", ""]), ("[]a]", [], ["x"]),
            (#"\d+\.\d+"#, ["1.5", "10.02"], ["1x5", "1."]), ("(?:a|b)*c", ["c", "abac"], ["ab", "abca"]),
            ("^(a|)$", ["a", ""], ["b"]), (".", ["ä", "𝄞"], ["", "ab"]), ("", [""], ["a"]),
        ] as [(String, [String], [String])])
    func fit(_ text: String, _ yes: [String], _ no: [String]) throws {
        guard let pattern = try? Pattern(text) else {
            // The class that begins with its own end is none here.
            #expect(text == "[]a]")
            return
        }
        for one in yes { #expect(pattern.matches(one), "\(text) and \(one)") }
        for one in no { #expect(!pattern.matches(one), "\(text) and \(one)") }
    }

    @Test(
        "that are none are refused with a place",
        arguments: ["(", ")", "a**", "[", "[z-a]", "*", "a{3,2}", "a{999}", #"\q"#, "(?=a)", "a{", "[a"])
    func refusal(_ text: String) {
        #expect(throws: Pattern.Fault.self) { _ = try Pattern(text) }
    }

    @Test("take no longer than their length times that of the text, however they are nested")
    func time() throws {
        let text = String(repeating: "a", count: 4_000) + "!"
        let before = ContinuousClock.now
        #expect(!(try Pattern("(a+)+(a|a?)*(a*)*b").matches(text)))
        #expect(before.duration(to: .now) < .seconds(2))
        #expect(throws: Pattern.Fault.self) { _ = try Pattern("((a{90}){90}){90}") }
        #expect(throws: Pattern.Fault.self) { _ = try Pattern(String(repeating: "(", count: 400)) }
    }
}

@Suite("Matchers") struct MatcherTests {
    private func alert(_ labels: [SignalLabel] = []) -> RaisedAlert {
        RaisedAlert(
            .alertmanager, fingerprint: "f", name: "HighLatency", node: "orders", severity: .critical, labels: labels,
            began: 0)
    }

    @Test("compare labels and what the alert itself has; a label that is not there is empty")
    func comparison() throws {
        let one = alert([SignalLabel("zone", "eu-1")])
        for text in [
            "zone=eu-1", "zone=~\"eu-.*\"", "zone!=eu", "zone!~us-.*", "alertname=HighLatency", "node=orders",
            "severity=~critical|warning", "source=alertmanager", "none=\"\"", "fingerprint = \"f\"",
        ] {
            #expect(try LabelMatcher(text).matches(one), "\(text)")
        }
        for text in ["zone=eu", "zone=~eu", "zone!~eu-1", "none=x", "none=~.+", "node!=orders"] {
            #expect(!(try LabelMatcher(text).matches(one)), "\(text)")
        }
    }

    @Test("are written as they are read", arguments: ["a=\"b\"", "a!=\"b c\"", "a=~\"x|y\"", "a!~\"[0-9]+\""])
    func roundTrip(_ text: String) throws {
        let matcher = try LabelMatcher(text)
        #expect(matcher.description == text)
        #expect(try Packed.decode(LabelMatcher.self, from: Packed.encode(matcher)) == matcher)
    }

    @Test("that are none are refused", arguments: ["", "a", "=b", "a=~(", "a~b"])
    func refusal(_ text: String) {
        #expect(throws: LabelMatcher.Fault.self) { _ = try LabelMatcher(text) }
    }
}
