import Contracts
import Definitions
import Glibc
import Risk
import Settings
import Testing

/// Files in a folder of a test's own.
private final class Folder {
    let path: String

    init() {
        var template = Array("/tmp/kintsugi-test-XXXXXX".utf8CString)
        _ = mkdtemp(&template)
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func write(_ text: String, _ name: String) -> String {
        let file = "\(path)/\(name)"
        let handle = fopen(file, "w")
        fputs(text, handle)
        fclose(handle)
        return file
    }

    deinit {
        for name in ["one.yaml", "two.yaml"] { unlink("\(path)/\(name)") }
        rmdir(path)
    }
}

@Suite("Files of people, and of counts")
struct PeopleTests {
    private static let key = String(decoding: Base64.encode([UInt8](repeating: 5, count: 32)), as: UTF8.self)
    private static let other = String(decoding: Base64.encode([UInt8](repeating: 6, count: 32)), as: UTF8.self)

    private func file(_ people: String) -> String { "version: 1\npeople:\n" + people }

    @Test func `people are read with roles and keys; who stands in two files is who the first says`() throws {
        let folder = Folder()
        let one = folder.write(file("  - {name: ann, roles: [approver], keys: [\"\(Self.key)\"]}\n"), "one.yaml")
        let two = folder.write(
            file(
                "  - {name: ann, roles: [operator], keys: [\"\(Self.other)\"]}\n"
                    + "  - {name: bob, roles: [], keys: [\"\(Self.other)\"]}\n"), "two.yaml")
        let found = Definitions.people(files: [one, two, "\(folder.path)/nowhere.yaml"])
        #expect(found.mistakes.isEmpty)
        #expect(
            found.people.persons == [
                Person("ann", roles: [.approver], publicKeys: [[UInt8](repeating: 5, count: 32)]),
                Person("bob", roles: [], publicKeys: [[UInt8](repeating: 6, count: 32)]),
            ])
    }

    @Test(arguments: [
        ("  - {name: ann, roles: [approver], keys: []}\n", "keys"),
        ("  - {name: ann, roles: [king], keys: [\"KEY\"]}\n", "roles[0]"),
        ("  - {name: ann, roles: [approver], keys: [\"c2hvcnQ=\"]}\n", "keys[0]"),
        ("  - {name: ann, keys: [\"KEY\"]}\n  - {name: ann, keys: [\"KEY\"]}\n", "people[1].name"),
    ])
    func `with a mistake nobody is read, and the mistake has its line`(_ text: String, _ place: String) throws {
        let folder = Folder()
        let good = folder.write(file("  - {name: bob, roles: [approver], keys: [\"\(Self.key)\"]}\n"), "two.yaml")
        let bad = folder.write(file(text.replacing("KEY", with: Self.key)), "one.yaml")
        let found = Definitions.people(files: [bad, good])
        #expect(found.people.persons.isEmpty)
        #expect(found.mistakes.contains { $0.description.contains("one.yaml:") && $0.description.contains(place) })
    }

    private static let counts = """
        version: 1
        measured: forty runs of the table of faults on one host
        categories:
          - category: Code_Bug
            cells:
              - {from: 0.9, count: 40, right: 39, stated: 0.92, brier: 0.028}
              - {from: 0.85, count: 10, right: 8, stated: 0.87, brier: 0.16}

        """

    @Test func `counts of earlier runs become a table with the figures that they stand for`() throws {
        let found = Definitions.calibration(text: Self.counts, name: "runs.yaml")
        #expect(found.mistakes.isEmpty && found.measured.count == 1)
        let record = Calibration.record(of: "Code_Bug", in: found.table)
        #expect(record.count == 50 && record.right == 47)
        #expect(record.bands.map(\.from) == [0.85, 0.9])
        let brier = try #require(record.brier)
        #expect(abs(brier - (0.028 * 40 + 0.16 * 10) / 50) < 1e-12)
    }

    @Test(arguments: [
        ("right: 39", "right: 41", "right"), ("from: 0.9,", "from: 0.91,", "from"),
        ("stated: 0.92", "stated: 0.8", "stated"),
        ("brier: 0.028", "brier: 0.5", "brier"), ("from: 0.85", "from: 0.9", "from"),
        ("measured: forty runs of the table of faults on one host", "measured: so", "measured"),
        ("stated: 0.92, ", "", "stated"),
    ])
    func `a table that cannot have been counted is refused whole`(_ old: String, _ new: String, _ place: String) {
        let found = Definitions.calibration(text: Self.counts.replacing(old, with: new), name: "runs.yaml")
        #expect(found.table.categories.isEmpty)
        #expect(found.mistakes.contains { $0.description.hasPrefix("runs.yaml:") && $0.path.hasSuffix(place) })
    }
}
