import Testing

@testable import Settings

private enum Strategy: String, CaseIterable, Sendable { case oneForOne = "one-for-one", restForOne = "rest-for-one" }

@Suite struct SectionTests {
    @Test("a good file is read by its schema")
    func good() throws {
        let text = """
            strategy: rest-for-one
            listen: 127.0.0.1:8081
            stop: 10s
            memory: 64MiB
            verbose: true
            ratio: 0.25
            arguments: [a, b]
            environment: {home: /tmp}
            roles:
              echo: {replicas: 3}
            """
        try Document(text: text, name: "x").read { top in
            #expect(top.required("strategy", .choice(of: Strategy.self)) == .restForOne)
            #expect(top.required("listen", .address) == Address(host: "127.0.0.1", port: 8081))
            #expect(top.required("stop", .duration(in: .zero ... .seconds(60))) == .seconds(10))
            #expect(top.required("memory", .size(in: 0...1 << 30)) == 64 << 20)
            #expect(top.required("verbose", .boolean))
            #expect(top.required("ratio", .number(in: 0...1)) == 0.25)
            #expect(top.list("arguments", of: .text()) == ["a", "b"])
            #expect(top.map("environment", of: .text()).map { "\($0.name)=\($0.value)" } == ["home=/tmp"])
            let roles = top.namedSections("roles") { name, role in
                role.value("replicas", .wholeNumber(in: 1...64), otherwise: 1)
            }
            #expect(roles.map(\.name) == ["echo"] && roles.map(\.value) == [3])
            #expect(top.optional("absent", .boolean) == nil)
            #expect(top.optionalSection("gone") { _ in 1 } == nil)
            #expect(!top.has("nothing") && top.has("roles"))
        }
    }

    @Test("a wrong value is named with file, line, path, what was expected and what was found")
    func wrongValue() {
        let text = "roles:\n  - replicas: 1\n  - replicas: 2\n  - replicas: many\n"
        let found = complaints(text) { top in
            _ = top.sections("roles") { $0.required("replicas", .wholeNumber(in: 1...64)) }
        }
        #expect(
            found == ["cluster.yaml:4: roles[2].replicas: expected a whole number from 1 to 64, found \"many\""])
    }

    @Test("an unknown key names the nearest known one")
    func unknown() {
        let found = complaints("replcas: 1\nzzz: 2\n") { _ = $0.optional("replicas", .boolean) }
        #expect(
            found == [
                "cluster.yaml:1: replcas: unknown key; did you mean \"replicas\"?",
                "cluster.yaml:2: zzz: unknown key; known here: replicas",
            ])
    }

    @Test("all mistakes of a file are told, in its order")
    func all() {
        let found = complaints("b: x\na: [1]\nc:\n  d: 1\nf: {Bad: 1}\n") { top in
            _ = top.required("a", .boolean)
            _ = top.required("b", .wholeNumber(in: 0...9))
            _ = top.list("c", of: .boolean)
            _ = top.required("e", .name)
            _ = top.map("f", of: .boolean)
        }
        #expect(
            found == [
                "cluster.yaml:1: b: expected a whole number from 0 to 9, found \"x\"",
                "cluster.yaml:1: e: expected a name of 1 to 32 lowercase letters, digits and hyphens, found nothing",
                "cluster.yaml:2: a: expected true or false, found a list",
                "cluster.yaml:4: c: expected a list, found a map",
                "cluster.yaml:5: f: expected a name of 1 to 32 lowercase letters, digits and hyphens as key, "
                    + "found \"Bad\"",
                "cluster.yaml:5: f.Bad: expected true or false, found \"1\"",
            ])
    }

    @Test("a file that is wrong all over is told in bounded words")
    func bounded() {
        let text = (0..<500).map { "key\($0): 1\n" }.joined()
        let found = complaints(text)
        #expect(found.count == 51)
        #expect(found.last?.hasSuffix("and 450 more mistakes") == true)
    }

    @Test("a mistake that only the whole shows is told at its key")
    func refusal() {
        let found = complaints("a: 1\nneeds: ghost\n") { top in
            _ = top.required("a", .text())
            _ = top.required("needs", .name)
            top.refuse("needs", "there is no role \"ghost\"")
        }
        #expect(found == ["cluster.yaml:2: needs: there is no role \"ghost\""])
    }

    @Test(
        "durations are a whole number and a unit",
        arguments: [("250ms", 250), ("5s", 5_000), ("10m", 600_000), ("1h", 3_600_000), ("0s", 0)])
    func durations(text: String, milliseconds: Int) {
        #expect(Scalar<Duration>.duration(in: .zero ... .seconds(7_200)).parse(text) == .milliseconds(milliseconds))
    }

    @Test(
        "what is no duration, size or address is refused", arguments: ["", "5", "s", "5 s", "-5s", "5S", "9h", "1e3s"])
    func notDurations(text: String) {
        #expect(Scalar<Duration>.duration(in: .zero ... .seconds(7_200)).parse(text) == nil)
        #expect(Scalar<Int>.size(in: 0...1 << 40).parse(text) == nil)
        #expect(Address(text) == nil)
    }

    @Test("sizes count in powers of two, and overflow is refused")
    func sizes() {
        let size = Scalar<Int>.size(in: 0...Int.max)
        #expect(size.parse("512KiB") == 512 << 10 && size.parse("1GiB") == 1 << 30 && size.parse("7B") == 7)
        #expect(size.parse("999999999999GiB") == nil && size.parse("1MB") == nil)
    }

    @Test("addresses have a host and a port")
    func addresses() {
        #expect(Address("[::1]:80") == Address(host: "::1", port: 80))
        #expect(Address("[::1]:80")?.description == "[::1]:80")
        #expect(Address("db.local:65535")?.port == 65_535)
        for bad in ["host", ":80", "host:", "host:65536", "a b:1", "::1:80", "[x]:1", "host:0x1"] {
            #expect(Address(bad) == nil, "\(bad)")
        }
    }

    @Test("what was found is shown bounded and on one line")
    func shown() {
        #expect(quoted("a\n\u{1B}[31m\"") == "\"a\\n\\u{1b}[31m\\\"\"")
        #expect(quoted(String(repeating: "x", count: 500)).count < 70)
    }
}
