import Contracts
import Testing

@testable import Postmortems

@Suite("How things stand in a document")
struct WritingTests {
    @Test(
        "a time has one spelling, and is read as itself", arguments: [0, 1, -1, 1_900_000_000_123_456_789, .min, .max])
    func times(_ nanoseconds: Int64) throws {
        let instant = Instant(nanoseconds)
        if nanoseconds > Int64.min && nanoseconds < Int64.max {
            #expect(Instant(instant.description) == instant)
        }
        #expect(instant.description.utf8.count == 30)
    }

    @Test("what only looks like a time is none")
    func noTimes() {
        #expect(Instant(1_900_000_000_123_456_789).description == "2030-03-17T17:46:40.123456789Z")
        for text in [
            "", "2030-03-17T17:46:40Z", "2030-03-17T17:46:40.12345678Z", "2030-02-30T17:46:40.123456789Z",
            "2030-03-17T24:00:00.000000000Z", "2030-03-17 17:46:40.123456789Z", "2030-03-17T17:46:60.123456789Z",
        ] { #expect(Instant(text) == nil, "\(text)") }
    }

    @Test("spans read as people say them")
    func spans() {
        #expect(Printed.span(0, .milliseconds(12_349)) == "12.3 s")
        #expect(Printed.span(0, .seconds(245)) == "4 min 5 s")
        #expect(Printed.span(0, .seconds(11_045)) == "3 h 4 min")
        #expect(Printed.span(5, 4) == "0.0 s")
    }

    @Test("what others wrote stands in quotes that it cannot end")
    func quotes() {
        #expect(Printed.quote("a ”b“\nc") == "“a \"b\" c”")
        #expect(Printed.name("orders@host.1") == "orders@host.1")
        #expect(Printed.name("two words") == "“two words”")
        #expect(Printed.name("ends.") == "“ends.”")
        #expect(Printed.quoted(String(repeating: "x", count: 400)).count == 300)
        let tokens = Tokens("It was “kim's \"word\".”, (P2) 84 %.")
        #expect(tokens.words == ["It", "was", "P2", "84"])
        #expect(tokens.quotes == ["kim's \"word\"."])
        #expect(Tokens("a “b").isBroken)
    }

    @Test("what others wrote does nothing in Markdown")
    func markdown() {
        #expect(Markdown.text("<b>*x* [y](http://z)") == "\\<b\\>\\*x\\* \\[y\\](http:\\//z)")
        #expect(Markdown.text("1. x") == "1\\. x")
        #expect(Markdown.text("- x\n# y") == "\\- x \\# y")
        #expect(Markdown.text("www.x") == "www\\.x")
        #expect(Markdown.text("a\u{202E}b") == "a(U+202E)b")
        #expect(Markdown.block("a\n````\nb").hasPrefix("`````diff\n"))
    }

    @Test("a word of the writer's own is no number, and no outcome")
    func vocabulary() {
        for word in ["resolved", "escalated", "helped", "undone", "auto", "granted", "orders", "5", "P2", "holds"] {
            #expect(!Vocabulary.has(word))
        }
    }
}
