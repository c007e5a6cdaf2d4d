import Faults
import Glibc
import Host
import Synchronization
import Testing

@testable import Chaos

@Suite struct SignalTests {
    private let site: Site

    init() throws { site = try Site() }

    /// A process of the cluster that only waits.
    private func worker() throws -> ProcessHandle {
        let process = try Launch(
            executable: "/bin/sleep", arguments: ["600"], environment: ["KINTSUGI_DATA=\(site.data)"]
        ).start()
        site.processes.withLock { $0.append(process.pid) }
        return process
    }

    private func end(_ process: ProcessHandle) throws {
        process.send(SIGKILL)
        #expect(Poll.readable(process.descriptor.number, within: .seconds(5)))
        _ = try process.reap()
    }

    @Test func aStoppedProcessGoesOnWhenTheFaultIsClearedAlsoByAnother() throws {
        let process = try worker()
        try site.inject([.signal(SignalStep(role: "orders", signal: "STOP"))])
        #expect(until { Sleepers.isStopped(process.pid) })
        #expect(try site.clear().map(\.wasThere) == [true])
        #expect(until { !Sleepers.isStopped(process.pid) })
        #expect(try site.clear().isEmpty)
        try end(process)
    }

    @Test func aProcessOfAnotherClusterSleepsOn() throws {
        let other = try Launch(
            executable: "/bin/sleep", arguments: ["600"], environment: ["KINTSUGI_DATA=\(site.data)2"]
        ).start()
        other.send(SIGSTOP)
        #expect(until { Sleepers.isStopped(other.pid) })
        #expect(Sleepers.wake(data: site.data) == 0)
        #expect(Sleepers.isStopped(other.pid))
        try end(other)
    }

    @Test func aProcessThatIsStoppedForPartsOfItsTimeGoesOnInBetweenAndAfterwards() throws {
        let process = try worker()
        let bell = Bell()
        try site.inject(
            [.signal(SignalStep(role: "orders", signal: "STOP", everySeconds: 0.04, forSeconds: 0.02))], bell: bell)
        for _ in 1...3 {
            #expect(until { Sleepers.isStopped(process.pid) })
            #expect(until { !Sleepers.isStopped(process.pid) })
        }
        bell.ring()
        bell.waitForAll()
        #expect(until { !Sleepers.isStopped(process.pid) })
        try site.clear()
        try end(process)
    }

    @Test func whoIsKilledIsGoneAndThereIsNothingToTakeBack() throws {
        let process = try worker()
        try site.inject([.signal(SignalStep(role: "orders", signal: "KILL"))])
        #expect(Poll.readable(process.descriptor.number, within: .seconds(5)))
        _ = try process.reap()
        #expect(try site.clear().allSatisfy { !$0.wasThere })
    }

    @Test func aRoleWithoutAProcessIsAMistakeAndTheRecordCanBeCleared() throws {
        #expect(throws: ChaosFault.noProcess("orders")) {
            try site.inject([.signal(SignalStep(role: "orders", signal: "KILL"))])
        }
        #expect(site.records == ["it"])
        try site.clear()
        #expect(site.records.isEmpty)
    }

    @Test func whoStillDoesItIsEndedFirst() throws {
        let injector = try Launch(executable: "/bin/sleep", arguments: ["600"], environment: []).start()
        var record = UndoRecord(
            fault: "it", process: injector.pid, born: UndoRecord.birth(of: injector.pid), begun: 1, undos: [.wake])
        try UndoFolder(data: site.data).keep(record)
        try site.clear()
        #expect(injector.hasEnded)
        _ = try injector.reap()
        // Another process of the same number is none of ours.
        let other = try worker()
        (record.process, record.born) = (other.pid, 1)
        try UndoFolder(data: site.data).keep(record)
        try site.clear()
        #expect(!other.hasEnded)
        try end(other)
    }
}
