import Testing

@testable import Settings

/// What a document says is wrong with `text`, line by line.
func complaints(_ text: String, bounds: Document.Bounds = .init(), _ read: (Section) -> Void = { _ in }) -> [String] {
    do {
        try Document(text: text, name: "cluster.yaml", bounds: bounds).read(read)
        return []
    } catch {
        return error.mistakes.map(\.description)
    }
}

@Suite struct DocumentTests {
    @Test("a tree keeps line and column of every key and value")
    func positions() throws {
        let document = try Document(text: "a: 1\nroles:\n  - name: echo\n", name: "x")
        guard case .map(let entries) = document.root.content, case .list(let roles) = entries[1].value.content,
            case .map(let role) = roles[0].content
        else { Issue.record("not the tree that was written"); return }
        #expect(entries.map(\.key) == ["a", "roles"])
        #expect(entries[0].position == Position(line: 1, column: 1))
        #expect(entries[0].value.position == Position(line: 1, column: 4))
        #expect(role[0].position == Position(line: 3, column: 5))
        #expect(role[0].value == Node(content: .scalar("echo"), position: Position(line: 3, column: 11)))
    }

    @Test("an empty file is a document without keys")
    func empty() throws {
        #expect(try Document(text: "", name: "x").root.content == .nothing)
        #expect(try Document(text: "# nothing\n", name: "x").root.content == .nothing)
    }

    @Test(
        "what a configuration has no use for is refused in a clear word",
        arguments: [
            ("a: 1\na: 2\n", "cluster.yaml:2: the key \"a\" stands here a second time (first on line 1)"),
            ("a: &x 1\n", "cluster.yaml:1: anchors (&name) are not read here: write the value out"),
            ("a: 1\nb: *x\n", "cluster.yaml:2: aliases (*name) are not read here: write the value out"),
            ("a: !!int 1\n", "cluster.yaml:1: tags (!name) are not read here: the reader knows the types"),
            ("a: 1\n---\nb: 2\n", "cluster.yaml:2: expected one document in the file, found a second: remove \"---\""),
            ("? [a]\n: 1\n", "cluster.yaml:1: expected a word as key, found a list or a map"),
            ("[[[[]]]]\n", "cluster.yaml:1: nested deeper than 3 levels"),
        ])
    func refused(text: String, complaint: String) {
        var bounds = Document.Bounds()
        bounds.depth = 3
        #expect(complaints(text, bounds: bounds) == [complaint])
    }

    @Test("a text that is no YAML is refused with its line")
    func broken() {
        #expect(complaints("a: 1\nb: [1, 2\nc: 3\n").first?.hasPrefix("cluster.yaml:3: not readable as YAML: ") == true)
        #expect(throws: ConfigurationError.self) { try Document(bytes: [0x61, 0x3A, 0x20, 0xFF], name: "x") }
    }

    @Test("size, depth and number of nodes are bounded")
    func bounded() {
        var bounds = Document.Bounds()
        bounds.bytes = 10
        #expect(complaints("a: 123456789", bounds: bounds) == ["cluster.yaml: expected at most 10 bytes, found more"])
        bounds = .init()
        bounds.nodes = 5
        #expect(
            complaints("[1, 2, 3, 4, 5, 6]", bounds: bounds) == [
                "cluster.yaml:1: expected at most 5 keys and values in one file"
            ])
        #expect(complaints(String(repeating: "[", count: 500_000)).count == 1)
    }

    @Test("a file that is not there is named")
    func missing() {
        let error = #expect(throws: ConfigurationError.self) { try Document(path: "/nowhere/cluster.yaml") }
        #expect(
            error?.description
                == "/nowhere/cluster.yaml: expected a readable file, found: No such file or directory")
    }
}
