import Testing

@testable import Settings

@Suite("A text of several documents") struct DocumentsTests {
    private func lines(_ text: String) -> [String] {
        Document.all(bytes: Array(text.utf8), name: "slo.yaml").map { result in
            switch result {
            case .success(let document): "\(document.root.position.line) \(document.root.found)"
            case .failure(let error): error.description
            }
        }
    }

    @Test("each document keeps its lines")
    func positions() {
        #expect(lines("a: 1\n---\n\nb: 2\n--- # third\nc: 3\n...\n") == ["1 a map", "4 a map", "6 a map"])
        #expect(lines("---\n---\n# nothing\n").isEmpty)
    }

    @Test("one that cannot be read leaves the others as they are")
    func broken() {
        let found = lines("a: 1\n---\nb: [1\n---\nc: &x 3\n---\nd: 4\n")
        #expect(found.count == 4 && found[0] == "1 a map" && found[3] == "7 a map")
        #expect(found[1].hasPrefix("slo.yaml:4: not readable as YAML"))
        #expect(found[2] == "slo.yaml:5: anchors (&name) are not read here: write the value out")
    }

    @Test("a line that only begins like a mark is none")
    func marks() {
        #expect(lines("a: |\n  ---\n  b\n") == ["1 a map"])
        #expect(lines("---a: 1\n") == ["1 a map"])
    }

    @Test("there are not too many, and not too many bytes")
    func bounded() {
        let many = lines(String(repeating: "---\na: 1\n", count: 600))
        #expect(many == ["slo.yaml: expected at most 500 documents, found 601"])
        #expect(
            lines(String(repeating: " ", count: 2 << 20)) == ["slo.yaml: expected at most 1048576 bytes, found more"])
    }

    @Test("words and maps may stand in one list, and a map tells its keys and their lines")
    func mixed() throws {
        let document = try Document(text: "list:\n  - word\n  - name: map\n    other: [1]\n", name: "x")
        let found = try document.read { section in
            section.mixed("list", word: .text(), { "word \($0)" }) { item in
                let kinds = item.keys.map { "\($0) \(item.line(of: $0)) \(item.kind(of: $0) == .list)" }
                return kinds.joined(separator: ", ")
            }
        }
        #expect(found == ["word word", "name 3 false, other 4 true"])
    }
}
