import Contracts
import Faults
import Forge
import Glibc
import Host
import Store
import Synchronization
import Testing

@testable import Chaos

@Suite struct ClearingTests {
    private let site: Site
    private let step = FaultStep.set(title: "Do not wait", values: ["roles/orders.yaml:carrier.timeout=1ms"])

    init() throws { site = try Site() }

    @Test func aValueIsSetByOneCommitOfAPersonAndClearedByAnother() throws {
        let before = try site.file("roles/orders.yaml")
        try site.inject([step])
        #expect(try site.file("roles/orders.yaml").contains("timeout: 1ms"))
        #expect(try site.commits == 2 && site.repository.read("main").author == "operator")
        #expect(site.records == ["it"])
        #expect(try site.clear().map(\.wasThere) == [true])
        #expect(try site.file("roles/orders.yaml") == before && site.commits == 3)
        #expect(site.records.isEmpty)
    }

    @Test func clearingTwiceDoesNothingTheSecondTime() throws {
        try site.inject([step])
        let record = try #require(try UndoFolder(data: site.data).record("it"))
        try site.clear()
        #expect(try site.clear().isEmpty)
        // As if its end had come before the record was gone.
        try UndoFolder(data: site.data).keep(record)
        #expect(try site.clear().map(\.wasThere) == [false])
        #expect(try site.commits == 3)
    }

    @Test func aRecordWhoseStepNeverCameToBeIsClearedWithoutATrace() throws {
        let main = try site.repository.main()
        var record = UndoRecord(fault: "it", process: 1, born: 0, begun: 1)
        record.undos = [
            .revert(commit: String(repeating: "a", count: 40), title: "x"), .wake, .remove(file: "\(site.data)/none"),
            .statements(service: "orders", ["DELETE FROM t"]),
        ]
        try UndoFolder(data: site.data).keep(record)
        #expect(try site.clear().allSatisfy { !$0.wasThere })
        #expect(try site.repository.main() == main && site.records.isEmpty)
    }

    @Test func aCommitThatWasMadeButNeverMergedIsNotMergedByItsUndo() throws {
        let (repository, main) = (try site.repository, try site.repository.main())
        let made = try repository.commit(
            [FileChange(path: "config/acl.yaml", content: Array("x".utf8))], onto: main,
            CommitNote(author: "operator", at: 1_700_000_001_000_000_000, title: "x"))
        var record = UndoRecord(fault: "it", process: 1, born: 0, begun: 1)
        record.undos = [.revert(commit: made, title: "x")]
        try UndoFolder(data: site.data).keep(record)
        #expect(try site.clear().map(\.wasThere) == [false])
        #expect(try repository.main() == main)
    }

    @Test func whatOthersTookBackAlreadyIsLeftAlone() throws {
        try site.inject([step])
        let (repository, main) = (try site.repository, try site.repository.main())
        let back = try repository.revert(
            main, onto: main, CommitNote(author: "remediation", at: 1_800_000_000_000_000_000, title: "Take back"))
        try repository.advanceMain(from: main, to: back)
        #expect(try site.clear().map(\.wasThere) == [false])
        #expect(try repository.main() == back)
    }

    @Test func whatOthersChangedSinceIsNamedAndTheRecordStays() throws {
        try site.inject([step])
        let (repository, main) = (try site.repository, try site.repository.main())
        let text = try site.file("roles/orders.yaml").replacing("timeout: 1ms", with: "timeout: 7s")
        let other = try repository.commit(
            [FileChange(path: "config/roles/orders.yaml", content: Array(text.utf8))], onto: main,
            CommitNote(author: "ann", at: 1_800_000_000_000_000_000, title: "Seven seconds"))
        try repository.advanceMain(from: main, to: other)
        #expect(throws: ChaosFault.conflict(main, files: ["config/roles/orders.yaml"])) { try site.clear() }
        #expect(site.records == ["it"])
    }

    @Test func theSameFaultIsNotDoneTwice() throws {
        try site.inject([step])
        #expect(throws: ChaosFault.begun("it")) { try site.inject([step]) }
        #expect(try site.commits == 2)
    }

    @Test func aLineIsRemovedWhereItIsThereOnceAndNowhereElse() throws {
        try site.inject([.remove(title: "Tidy up", file: "acl.yaml", line: "deliver: [inventory]")])
        #expect(try !site.file("acl.yaml").contains("deliver: [inventory]"))
        try site.clear()
        #expect(try site.file("acl.yaml").contains("deliver: [inventory]"))
        #expect(throws: ChaosFault.self) {
            try site.inject([.remove(title: "Tidy up", file: "acl.yaml", line: "listen: [traces.]")], "other")
        }
        #expect(try site.commits == 3)
        #expect(try site.clear("other").isEmpty)
    }

    @Test func whatNobodyCouldRunIsNotMerged() throws {
        #expect(throws: ChaosFault.self) {
            try site.inject([
                .remove(title: "Tidy up", file: "cluster.yaml", line: "host: local"),
                .remove(title: "Tidy up", file: "cluster.yaml", line: "roles:"),
            ])
        }
        let text = try site.file("cluster.yaml")
        #expect(text.contains("roles:"))
    }

    @Test func aFileThatGrewIsGoneAndOneThatWasThereIsNeverTouched() throws {
        let bell = Bell()
        try site.inject([.fill(FillStep(file: "core.4711", bytesPerSecond: 1 << 20, size: 1 << 18))], bell: bell)
        let size = {
            var status = stat()
            return stat("\(self.site.data)/core.4711", &status) == 0 ? Int(status.st_blocks) * 512 : 0
        }
        #expect(until { size() >= 1 << 18 })
        bell.ring()
        bell.waitForAll()
        #expect(try site.clear().map(\.wasThere) == [true])
        #expect(size() == 0)
        try WholeFile.write("mine", to: "\(site.data)/mine")
        #expect(throws: ChaosFault.self) {
            try site.inject([.fill(FillStep(file: "mine", bytesPerSecond: 1, size: 10))], "other")
        }
        try site.clear("other")
        #expect(ProcessFiles.text("\(site.data)/mine") == "mine")
    }

    @Test func theCarrierGetsBackTheBehaviourThatItHad() throws {
        let before = site.behaviour.withLock { $0 }
        try site.inject([.carrier(CarrierStep(mode: "down"))])
        #expect(site.behaviour.withLock { $0 }.contains("down"))
        try site.clear()
        #expect(site.behaviour.withLock { $0 } == before)
    }

    @Test func withoutARunningClusterTheCarriersBehaviourIsGoneAnyway() throws {
        try site.inject([.carrier(CarrierStep(mode: "down"))])
        site.runs.withLock { $0 = false }
        #expect(try site.clear().map(\.wasThere) == [false])
        #expect(site.records.isEmpty)
    }

    @Test func rowsAreChangedBesideTheirWriterAndComeBack() throws {
        let file = "\(site.data)/orders.sqlite"
        try ServiceFile.make(file, "CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (1)")
        func value() throws -> Int? {
            try Inspection.read(file) { try $0.first("SELECT n FROM t") { try $0.value(0, as: Int.self) } }
        }
        try site.inject([
            .row(RowStep(service: "orders", statements: ["UPDATE t SET n = 2"], inverse: ["UPDATE t SET n = 1"]))
        ])
        #expect(try value() == 2)
        try site.clear()
        #expect(try value() == 1)
        #expect(throws: ChaosFault.self) {
            try site.inject(
                [
                    .row(
                        RowStep(
                            service: "orders", statements: ["UPDATE t SET n = 3", "nonsense"], inverse: ["SELECT 1"]))
                ],
                "other")
        }
        #expect(try value() == 1)
    }
}

/// A file of a service, as it would have made it.
extension ServiceFile {
    static func make(_ file: String, _ script: String) throws {
        try WholeFile.write("", to: file)
        try run([script], on: file)
    }
}
