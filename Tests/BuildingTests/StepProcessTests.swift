import CHost
import Contracts
import Glibc
import Host
import Remedies
import Testing

@testable import Building

/// A folder that goes with the test.
final class Yard: Sendable {
    let path: String

    init() throws { path = try TemporaryFolder.make() }

    deinit { TemporaryFolder.remove(path) }

    func text(_ name: String) -> String { ProcessFiles.text("\(path)/\(name)") ?? "" }

    /// Writes an executable.
    func program(_ name: String, _ text: String) throws {
        try WholeFile.write(text, to: "\(path)/\(name)")
        chmod("\(path)/\(name)", 0o755)
    }

    func order(_ command: String, within: Duration = .seconds(20)) -> StepOrder {
        StepOrder(
            command, in: path, environment: ["PATH=/usr/bin:/bin", "NAME=value"], within: within,
            log: "\(path)/step.log", mark: "KINTSUGI_PIPELINE=\(path)")
    }
}

@Suite struct StepProcessTests {
    let yard: Yard

    init() throws { yard = try Yard() }

    private func isAlive(_ pid: String) -> Bool {
        guard let number = Int32(pid.filter { !$0.isWhitespace }) else { return false }
        return ProcessFiles.executable(number) != nil
    }

    @Test func aCommandRunsInItsFolderAndWhatItPrintsIsItsLog() async {
        let end = await StepProcess.run(yard.order("echo $NAME; echo two >&2; pwd; nice"))
        #expect(end == .ended(status: 0, said: ["value", "two", yard.path, "10"]))
        #expect(yard.text("step.log") == "value\ntwo\n\(yard.path)\n10\n")
    }

    @Test func whatTellsWhyItFailedIsSaid() async {
        let end = await StepProcess.run(yard.order("seq 100; echo 'a.swift:3: error: no'; seq 100; exit 7"))
        #expect(end == .ended(status: 7, said: ["a.swift:3: error: no"]))
        #expect(
            StepWords.event(end, step: 2, path: "/bin")
                == .failed(step: 2, text: "it ended with status 7: a.swift:3: error: no"))
        #expect(StepWords.mark(end) == .bad)
    }

    @Test func aCommandThatIsNotThereIsToldWithWhereItWasLookedFor() async {
        let end = await StepProcess.run(yard.order("no-such-compiler build"))
        guard case .failed(1, let text) = StepWords.event(end, step: 1, path: "/usr/bin:/bin") else {
            return #expect(Bool(false), "\(end)")
        }
        #expect(text.contains("expected every command in /usr/bin:/bin") && text.contains("no-such-compiler"))
        #expect(StepWords.mark(end) == .untestable)
    }

    @Test func aFullDiskIsToldAsOne() async {
        let end = await StepProcess.run(yard.order("echo 'write: No space left on device' >&2; exit 1"))
        guard case .failed(0, let text) = StepWords.event(end, step: 0, path: "") else {
            return #expect(Bool(false), "\(end)")
        }
        #expect(text.hasPrefix("the disk is full"))
    }

    @Test func whatIsLateIsKilledWithAllThatItStarted() async {
        // One child stays in the group, the other leaves it.
        let command = "sleep 300 & echo $! > one; setsid sh -c 'echo $$ > two; exec sleep 300' & wait"
        let end = await StepProcess.run(yard.order(command, within: .seconds(1)))
        #expect(end == .late)
        #expect(StepWords.event(end, step: 1, path: "") == .timedOut(step: 1))
        #expect(!yard.text("one").isEmpty && !isAlive(yard.text("one")))
        #expect(!yard.text("two").isEmpty && !isAlive(yard.text("two")))
        #expect(yard.text("step.log").contains("killed at its deadline"))
    }

    @Test func whatAnEndedCommandLeavesBehindIsKilled() async {
        let end = await StepProcess.run(
            yard.order("setsid sh -c 'echo $$ > two; exec sleep 300' & until [ -s two ]; do :; done"))
        #expect(end == .ended(status: 0, said: []))
        #expect(!yard.text("two").isEmpty && !isAlive(yard.text("two")))
    }

    @Test func theMiddleOfALongLogIsLeftOut() async {
        let end = await StepProcess.run(yard.order("seq 1000000; echo the end"))
        #expect(end == .ended(status: 0, said: ["999997", "999998", "999999", "1000000", "the end"]))
        let text = yard.text("step.log")
        #expect(text.utf8.count < StepProcess.mostBytes + 200_000)
        #expect(text.hasPrefix("1\n2\n") && text.hasSuffix("1000000\nthe end\n") && text.contains("bytes are left out"))
    }

    @Test func aFolderThatIsNotThereIsNoSuccess() async {
        var order = yard.order("true")
        order.folder = "\(yard.path)/none"
        guard case .ended(126, _) = await StepProcess.run(order) else { return #expect(Bool(false)) }
    }
}
