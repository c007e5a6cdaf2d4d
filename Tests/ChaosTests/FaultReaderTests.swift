import Faults
import Forge
import Glibc
import Host
import Settings
import Testing

@testable import Chaos

@Suite struct FaultReaderTests {
    private static let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

    private let good = """
        version: 1
        name: it
        about: Something.
        category: Config_Error
        marked: heals
        traffic: {before: 10}
        steps:
          - {do: set, title: Set it, values: ["roles/orders.yaml:http.in-hand=1"]}
        """
    private let truth = """
        apiVersion: itbench.io/v1
        kind: GroundTruth
        metadata: {name: it, labels: {category: Config_Error, change: configuration}}
        spec:
          fault:
            - {category: Change, condition: x, entity: {group_id: orders, kind: Service, name: orders}, fault_mechanism: set}
          groups: [{id: orders, kind: Service, name: orders, root_cause: true}]
          aliases: [[orders]]
          recommendedActions: [{solution: {id: configuration, actions: [put back]}}]
        """

    private func read(_ fault: String, _ truth: String? = nil) throws -> FaultFolder {
        let folder = try TemporaryFolder.make()
        defer { TemporaryFolder.remove(folder) }
        mkdir("\(folder)/it", 0o700)
        try WholeFile.write(fault, to: "\(folder)/it/fault.yaml")
        try WholeFile.write(truth ?? self.truth, to: "\(folder)/it/truth.yaml")
        var found = FaultFolder.read(folder)
        found.mistakes = found.mistakes.map { $0 }
        return found
    }

    @Test func theShippedFaultsAreRight() {
        let found = FaultFolder.read("\(Self.root)/faults")
        #expect(found.mistakes.isEmpty, "\(found.mistakes)")
        #expect(Set(found.faults.map(\.fault.name)).count == found.faults.count)
        for category in Fault.categories {
            #expect(found.faults.contains { $0.fault.category == category }, "no fault of \(category)")
        }
    }

    @Test func aFaultIsReadWithItsTruth() throws {
        let found = try read(good)
        #expect(found.mistakes.isEmpty, "\(found.mistakes)")
        let known = try #require(found.faults.first)
        #expect(known.fault.steps == [.set(title: "Set it", values: ["roles/orders.yaml:http.in-hand=1"])])
        #expect(known.fault.traffic == .init(before: 10, after: 10))
        #expect(known.truth.isRootCause("orders") && known.truth.change == "configuration")
    }

    @Test func aFaultForEachOfSeveralValuesIsThereOnceForEach() throws {
        let fault = good.replacing("steps:", with: "each: [orders, broker]\nsteps:")
            .replacing(
                "- {do: set, title: Set it, values: [\"roles/orders.yaml:http.in-hand=1\"]}",
                with: "- {do: signal, role: $each, signal: KILL}")
        let found = try read(fault, truth.replacing("name: orders", with: "name: $each"))
        #expect(found.mistakes.isEmpty, "\(found.mistakes)")
        #expect(found.faults.map(\.fault.name) == ["it@orders", "it@broker"])
        #expect(found.faults.map { $0.truth.isRootCause("broker") } == [false, true])
    }

    @Test(
        "a mistake is named with its file, its line, what was expected and what was found",
        arguments: [
            (
                "marked: heals", "marked: helas",
                "fault.yaml:5: marked: expected heals, escalates or nothing, found \"helas\""
            ),
            ("name: it", "name: other", "fault.yaml:2: name: expected it, the name of its folder"),
            ("do: set", "do: sett", "fault.yaml:8: steps[0].do: expected set, patch"),
            (
                "title: Set it, ", "",
                "fault.yaml:8: steps[0].title: expected text of 1 to 100 characters, found nothing"
            ),
            ("traffic: {before: 10}", "traffic: {befor: 10}", "fault.yaml:6: traffic.befor: unknown key"),
            ("marked: heals", "marked: nothing\nmarked: heals", "fault.yaml:"),
            ("Config_Error", "Config_Eror", "fault.yaml:4: category: expected one of Code_Bug, Config_Error"),
        ])
    func mistakes(old: String, new: String, expected: String) throws {
        let found = try read(good.replacing(old, with: new))
        #expect(found.faults.isEmpty)
        #expect(found.mistakes.contains { $0.description.contains(expected) }, "\(found.mistakes)")
    }

    @Test(
        "a truth that does not fit is a mistake",
        arguments: [
            (
                "category: Config_Error, ", "category: Code_Bug, ",
                "expected Config_Error as in fault.yaml, found Code_Bug"
            ),
            ("group_id: orders", "group_id: order", "expected the id of a group, found order"),
            (", root_cause: true", "", "expected a group with root_cause: true, found none"),
            ("itbench.io/v1", "itbench.io/v9", "expected itbench.io/v1"),
            ("[[orders]]", "[orders]", "expected a list"),
        ])
    func untruths(old: String, new: String, expected: String) throws {
        let found = try read(good, truth.replacing(old, with: new))
        #expect(found.faults.isEmpty)
        #expect(found.mistakes.contains { $0.description.contains(expected) }, "\(found.mistakes)")
    }
}

@Suite struct PatchTests {
    @Test func theShippedPatchesFitThePresentSources() throws {
        let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let site = try TemporaryFolder.make()
        defer { TemporaryFolder.remove(site) }
        var git = try Git.find()
        git.isDurable = false
        let note = CommitNote(author: "operator", at: 1_700_000_000_000_000_000, title: "Begin")
        let repository = try Repository.create(
            "\(site)/cluster.git", configuration: "\(root)/config", sources: (root, ["Sources"]), note, git: git)
        let main = try repository.main()
        var patches = 0
        for known in FaultFolder.read("\(root)/faults").faults {
            for case .patch(_, let text) in known.fault.steps {
                patches += 1
                #expect(throws: Never.self, "\(known.fault.name)") {
                    try repository.apply(patch: text, onto: main, note)
                }
            }
        }
        #expect(patches > 0)
    }
}
