import Contracts
import Glibc
import Host
import Remedies
import Testing

@testable import Building

@Suite struct ArtefactStoreTests {
    let yard: Yard
    let store: ArtefactStore
    let one = Digest(of: [1])
    let two = Digest(of: [2])

    init() throws {
        yard = try Yard()
        store = ArtefactStore(data: yard.path)
    }

    private func made(_ names: [String: String]) throws -> [ArtefactStore.Product] {
        try names.sorted { $0.key < $1.key }.map { name, text in
            try yard.program(name, text)
            return ArtefactStore.Product(name, path: "\(yard.path)/\(name)")
        }
    }

    private func keep(_ names: [String: String], _ sources: Digest) throws -> String {
        try store.keep(made(names), of: sources, commit: "c", configuration: "debug", at: 5)
    }

    private func number(_ path: String) -> UInt64 {
        var status = stat()
        return stat(path, &status) == 0 ? UInt64(status.st_ino) : 0
    }

    @Test func whatIsKeptIsWholeAndCannotBeWritten() throws {
        let programs = try keep(["Tool": "#!/bin/sh\necho 1\n", "Other": "x"], one)
        #expect(store.programs(of: one) == programs && store.sources(of: programs) == one)
        let manifest = try #require(store.manifest(of: one))
        #expect(manifest.files.map(\.name) == ["Other", "Tool"] && manifest.commit == "c" && manifest.built == 5)
        #expect(manifest.files[0].digest == Digest(of: Array("x".utf8)) && manifest.files[0].size == 1)
        #expect(ProcessFiles.text("\(programs)/Tool") == "#!/bin/sh\necho 1\n")
        var status = stat()
        #expect(stat("\(programs)/Tool", &status) == 0 && status.st_mode & 0o777 == 0o555)
        // It does not hang together with what the next build writes.
        try yard.program("Tool", "changed")
        #expect(store.programs(of: one) == programs)
        #expect(store.programs(of: two) == nil && store.all() == [manifest])
    }

    @Test func filesThatAreTheSameInTwoArtefactsAreOneFile() throws {
        let first = try keep(["Tool": "same", "Other": "1"], one)
        let second = try keep(["Tool": "same", "Other": "2"], two)
        #expect(number("\(first)/Tool") == number("\(second)/Tool"))
        #expect(number("\(first)/Other") != number("\(second)/Other"))
        #expect(ProgramFiles.differences(["Other", "Tool"], first, second) == ["Other"])
        store.remove(one)
        #expect(store.programs(of: one) == nil && store.programs(of: two) == second)
        #expect(ProcessFiles.text("\(second)/Tool") == "same")
    }

    @Test func whatSomebodyChangedIsNotRunAndIsMadeAnew() throws {
        let programs = try keep(["Tool": "right"], one)
        chmod("\(programs)/Tool", 0o755)
        try yard.program("artefacts/\(one)/Tool", "wrong")
        #expect(store.programs(of: one) == nil)
        #expect(try keep(["Tool": "right"], one) == programs)
        #expect(store.programs(of: one) == programs && ProcessFiles.text("\(programs)/Tool") == "right")
    }

    @Test func whatWasNotMadeIsNamedAndNothingIsLeft() throws {
        #expect(throws: SystemFault.self) {
            try store.keep(
                [ArtefactStore.Product("Tool", path: "\(yard.path)/none")], of: one, commit: "c",
                configuration: "debug", at: 1)
        }
        #expect(ProcessFiles.entries(store.folder).count == 2)
    }

    @Test func whatRunsIsKeptWithoutACopy() throws {
        _ = try made(["Tool": "built by hand"])
        let programs = try store.register(
            ["Tool"], in: yard.path, of: one, commit: "c", configuration: "release", at: 1)
        #expect(number("\(programs)/Tool") == number("\(yard.path)/Tool"))
        #expect(store.programs(of: one) == programs)
        // The linker takes away what was there; the second name keeps it.
        unlink("\(yard.path)/Tool")
        #expect(store.programs(of: one) == programs)
        // A file system that knows no second names, or is another one.
        let elsewhere = try store.register(
            ["exe"], in: "/proc/self", of: two, commit: "c", configuration: "release", at: 1)
        #expect(store.sources(of: elsewhere) == two)
    }

    @Test func aRunIsReadAsItWasWritten() throws {
        let files = PipelineFiles(data: yard.path)
        let commit = String(repeating: "a", count: 40)
        var run = PipelineRun(commit, one, PipelinePlan(steps: [.init("build", run: "x", withinSeconds: 1)]), at: 3)
        #expect(files.run(commit) == nil)
        try files.keep(run)
        #expect(files.run(commit) == run)
        _ = run.take(.began(step: 0), at: 4)
        try files.keep(run)
        #expect(files.runs() == [run])
        files.forgetRuns(but: 0)
        // What goes on is not forgotten.
        #expect(files.runs() == [run])
        #expect(files.path == "/usr/local/bin:/usr/bin:/bin")
        try files.keep(path: "/opt/swift/usr/bin:/bin")
        #expect(files.path == "/opt/swift/usr/bin:/bin")
    }
}
