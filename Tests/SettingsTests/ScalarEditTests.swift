import Testing

@testable import Settings

@Suite struct ScalarEditTests {
    private let text = """
        # What runs.
        version: 1
        host: "local"   # this one
        empty:
        listeners: [{name: metrics, port: 9464}, {name: orders, port: 8081}]

        roles:
          - name: orders
            replicas: 2     # two of them
            limits: {memory: 1GiB, note: 'it''s'}
          # and the other one
          - name: inventory
            words: |
              several
              lines

            last: x

        # The end.

        """

    private func set(_ path: String, _ value: String, in text: String? = nil) throws -> String {
        try ScalarEdit.set(#require(NodePath(path)), to: value, in: text ?? self.text, name: "cluster.yaml")
    }

    /// What the texts differ in: the lines that went, and those that came.
    private func change(_ path: String, _ value: String) throws -> [String] {
        let (old, new) = (text.split(separator: "\n"), try set(path, value).split(separator: "\n"))
        return new.difference(from: old).map {
            switch $0 {
            case .remove(_, let line, _): "-\(line)"
            case .insert(_, let line, _): "+\(line)"
            }
        }
    }

    @Test(
        "one value changes and all else of the text stays",
        arguments: [
            ("version", "2", ["-version: 1", "+version: 2"]),
            ("host", "far", ["-host: \"local\"   # this one", "+host: \"far\"   # this one"]),
            ("empty", "full", ["-empty:", "+empty: full"]),
            (
                "roles[orders].replicas", "3",
                ["-    replicas: 2     # two of them", "+    replicas: 3     # two of them"]
            ),
            ("roles[0].replicas", "3", ["-    replicas: 2     # two of them", "+    replicas: 3     # two of them"]),
            (
                "listeners[orders].port", "9000",
                [
                    "-listeners: [{name: metrics, port: 9464}, {name: orders, port: 8081}]",
                    "+listeners: [{name: metrics, port: 9464}, {name: orders, port: 9000}]",
                ]
            ),
            (
                "roles[orders].limits.note", "so",
                [
                    "-    limits: {memory: 1GiB, note: 'it''s'}", "+    limits: {memory: 1GiB, note: \"so\"}",
                ]
            ),
        ])
    func changed(path: String, value: String, expected: [String]) throws {
        #expect(try change(path, value) == expected)
    }

    @Test(
        "a key that is missing is added at the end of its map",
        arguments: [
            ("added", "1", ["+added: 1"]),
            ("roles[orders].memory_limit", "1GiB", ["+    memory_limit: 1GiB"]),
            ("roles[inventory].memory_limit", "1GiB", ["+    memory_limit: 1GiB"]),
            ("empty.inside", "1", ["+  inside: 1"]),
            (
                "roles[orders].limits.files", "9",
                [
                    "-    limits: {memory: 1GiB, note: 'it''s'}",
                    "+    limits: {memory: 1GiB, note: 'it''s', files: 9}",
                ]
            ),
        ])
    func added(path: String, value: String, expected: [String]) throws {
        #expect(try change(path, value) == expected)
        #expect(try Document(text: set(path, value), name: "x") != Document(text: text, name: "x"))
    }

    @Test(
        "a value that would mean something else is put in quotes",
        arguments: ["null", "~", "", "a: b", "x # y", "- a", "[1]", "line\nbreak", "\"", "{", "*x", "Grüße \u{1}"])
    func quoted(value: String) throws {
        let result = try Document(text: set("version", value), name: "x")
        #expect(result.root.child(.key("version"))?.content == .scalar(value))
        let inside = try Document(text: set("roles[orders].limits.memory", value), name: "x")
        let limits = inside.root.child(.key("roles"))?.child(.item("orders"))?.child(.key("limits"))
        #expect(limits?.child(.key("memory"))?.content == .scalar(value))
    }

    @Test(
        "what is not one value is left alone, and that is said",
        arguments: [
            ("roles", "cluster.yaml: roles: expected one value, found a list"),
            (
                "roles[carrier].replicas",
                "cluster.yaml: roles[carrier].replicas: expected roles to have it, found a list"
            ),
            ("version.x", "cluster.yaml: version.x: expected version to be a map, found \"1\""),
            (
                "roles[inventory].words",
                "cluster.yaml: roles[inventory].words: it stands there in a way that cannot be changed by itself: "
                    + "edit the file"
            ),
        ])
    func refused(path: String, message: String) {
        let error = #expect(throws: ConfigurationError.self) { try set(path, "1") }
        #expect(error?.description == message)
    }

    @Test(arguments: ["", ".", "a.", "a[", "[0]", "a..b", "a]b.", "\"x"])
    func whatIsNoPathIsNone(path: String) {
        // `a]b.` ends in a dot.
        #expect(NodePath(path) == nil)
    }

    @Test func aPathIsWrittenAsItIsRead() throws {
        for text in ["a", "a.b[0].c", "roles[orders].x", "\"a.b\".c"] {
            #expect(try #require(NodePath(text)).description == text)
        }
    }

    @Test func anEmptyFileAndLinesOfWindowsAreEdited() throws {
        #expect(try set("a", "1", in: "") == "a: 1\n")
        #expect(try set("a", "1", in: "# nothing yet\n") == "# nothing yet\na: 1\n")
        #expect(try set("a", "2", in: "a: 1\r\nb: 1\r\n") == "a: 2\r\nb: 1\r\n")
        #expect(try set("c", "2", in: "a: 1\r\nb: 1\r\n") == "a: 1\r\nb: 1\r\nc: 2\r\n")
    }
}
