import Testing

private func complaints(_ path: String, _ text: String) -> [Int] {
    Checks.all([SourceFile(path: path, text: text)]).map(\.line)
}

@Suite struct TidyTests {
    @Test("the house is tidy")
    func house() throws {
        let files = try SourceFile.all()
        #expect(files.contains { $0.path == "Sources/Contracts/Control.swift" })
        for untidiness in Checks.all(files) { Issue.record("\(untidiness)") }
    }

    @Test(
        "imports go only down the floors",
        arguments: [
            ("Sources/Signals/A.swift", "import Settings", 1),
            ("Sources/Signals/A.swift", "import CHost\nimport Glibc", 0),
            ("Sources/Signals/A.swift", "public import Bus", 1),
            ("Sources/Rules/Routing/A.swift", "public import Contracts", 0),
            ("Sources/Rules/Routing/A.swift", "import Supervision", 1),
            ("Sources/Contracts/A.swift", "import Routing", 1),
            ("Sources/Worker/A.swift", "import struct Bus.Wire\nimport Host", 0),
            ("Sources/Bus/A.swift", "import enum Worker.Life", 1),
            ("Sources/kintsugi/A.swift", "import Supervisor", 0),
            ("Sources/Broker/A.swift", "import Supervisor", 1),
            ("Sources/Unheard/A.swift", "", 1),
            ("Sources/Worker/A.swift", "import Foundation", 1),
            ("Tests/BusTests/A.swift", "import Foundation", 1),
            ("Tests/BusTests/A.swift", "import FoundationEssentials\n@testable import Bus", 0),
        ])
    func imports(path: String, text: String, count: Int) {
        #expect(complaints(path, text).count == count)
    }

    @Test("no file is longer than 400 lines")
    func length() {
        #expect(complaints("Sources/Bus/A.swift", String(repeating: "\n", count: 400)) == [])
        #expect(complaints("Sources/Bus/A.swift", String(repeating: "\n", count: 401)) == [401])
        #expect(complaints("Tests/System/a.py", String(repeating: "\n", count: 401)) == [401])
    }

    @Test(
        "what the compiler cannot check, and what ends the process, is explained or not there",
        arguments: [
            ("final class A: @unchecked Sendable {}", 1),
            ("// Holds because it is immutable.\nfinal class A: @unchecked Sendable {}", 0),
            ("// Too far above.\n\nnonisolated(unsafe) var a = 1", 1),
            ("    // Only main touches it.\n    nonisolated(unsafe) var a = 1", 0),
            ("fatalError(\"no\")", 1),
            ("// No input leads here: the table is complete.\nfatalError(\"no\")", 0),
            ("let a = try! b()", 1),
            ("let a = try? b()", 0),
            ("distributed var a: Int { 1 }", 1),
            ("// try! and distributed var are not used", 0),
            ("let a = \"try! fatalError(\"", 0),
            ("let a = \"\\(try! b(\"x\"))\"", 1),
            ("/* try! */ let a = #\"\"try! \"#", 0),
            ("// TO" + "DO: later", 1),
        ])
    func forbidden(text: String, count: Int) {
        #expect(complaints("Sources/Bus/A.swift", text).count == count)
    }

    @Test("tests do not sleep")
    func sleeps() {
        #expect(
            complaints("Tests/BusTests/A.swift", "sleep(1)\nusleep(1)\ntry await Task.sleep(for: .seconds(1))") == [
                1, 2, 3,
            ])
        #expect(complaints("Tests/System/a.py", "time.sleep(1)") == [1])
        #expect(complaints("Tests/System/a.py", "# Between two looks at the condition.\ntime.sleep(0.01)") == [])
        #expect(complaints("Sources/Bus/A.swift", "sleep(1)") == [])
    }

    @Test(
        "rules iterate neither Dictionary nor Set",
        arguments: [
            "for (name, worker) in workers {",
            "for worker in self.workers {",
            "for worker in state.workers where worker.ready {",
            "let names = workers.keys",
            "let all = workers.values.map(\\.name)",
            "let all = workers.map { $0.key }",
            "let all = Array(workers)",
            "workers\n    .forEach { print($0) }",
            "let one = workers.first { $0.value.ready }",
            "let one = seen.min()",
            "for name in seen {",
            "for name in ready {",
            "for name in nested {",
        ])
    func iteration(text: String) {
        let declarations = """
            var workers: [String: Worker] = [:]
            var seen: Set<String> = []
            let ready = Set(names)
            var nested: [Role: [Int]] = [:]
            var list: [String] = []

            """
        #expect(complaints("Sources/Rules/Routing/A.swift", declarations + text).count >= 1)
        #expect(complaints("Sources/Bus/A.swift", declarations + text).isEmpty)
    }

    @Test(
        "rules may sort first, and ask what has no order",
        arguments: [
            "for name in workers.keys.sorted() {",
            "for (name, worker) in workers.sorted(by: { $0.key < $1.key }) {",
            "let all = workers.keys\n    .sorted()",
            "if workers.values.contains(where: \\.ready) {",
            "let count = workers.values.count",
            "for name in list {",
            "let all = list.map { workers[$0] }",
            "let one = workers[name].map { $0.slot }",
        ])
    func orderly(text: String) {
        let declarations = "var workers: [String: Worker] = [:]\nvar list: [String] = []\n"
        #expect(complaints("Sources/Rules/Routing/A.swift", declarations + text).isEmpty)
    }

    @Test("a Set that another file of the same library declares is known")
    func otherFile() {
        let declaration = SourceFile(path: "Sources/Rules/Routing/A.swift", text: "var seen: Set<Int> = []")
        let loop = SourceFile(path: "Sources/Rules/Routing/B.swift", text: "for one in seen {")
        let elsewhere = SourceFile(path: "Sources/Rules/Supervision/B.swift", text: "for one in seen {")
        #expect(Checks.all([declaration, loop, elsewhere]).map(\.path) == [loop.path])
    }
}
