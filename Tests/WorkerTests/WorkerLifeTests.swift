import Contracts
import Testing

@testable import Worker

@Suite("The life of a process")
struct WorkerLifeTests {
    static let start = Moment.zero + .seconds(100)

    /// A life in each of its states.
    enum Stage: CaseIterable {
        case starting, ready, leaving, leavingUnannounced, draining, finished

        func make() -> WorkerLife {
            var life = WorkerLife()
            let events: [WorkerLife.Event] =
                switch self {
                case .starting: []
                case .ready: [.joined]
                case .leaving: [.joined, .guardianGone]
                case .leavingUnannounced: [.guardianGone]
                case .draining: [.joined, .stopWanted]
                case .finished: [.joined, .stopWanted, .idle]
                }
            for event in events { _ = life.handle(event, now: WorkerLifeTests.start) }
            return life
        }
    }

    /// What each event does in each state; what is not listed does nothing.
    static func expected(_ stage: Stage, _ event: WorkerLife.Event) -> [WorkerLife.Effect] {
        switch (stage, event) {
        case (.starting, .joined), (.leavingUnannounced, .joined): [.announceReady]
        case (.starting, .expelled), (.ready, .expelled), (.leaving, .expelled), (.leavingUnannounced, .expelled):
            [.finish(exit: 1)]
        case (.starting, .stopWanted): [.finish(exit: 0)]
        case (.ready, .stopWanted), (.leaving, .stopWanted), (.leavingUnannounced, .stopWanted): [.drain]
        case (.draining, .idle), (.draining, .stopWanted), (.draining, .expelled): [.finish(exit: 0)]
        default: []
        }
    }

    @Test("every event is decided in every state", arguments: Stage.allCases)
    func table(stage: Stage) {
        let events: [WorkerLife.Event] = [.joined, .expelled, .stopWanted, .guardianGone, .idle, .tick]
        for event in events {
            var life = stage.make()
            #expect(life.handle(event, now: Self.start) == Self.expected(stage, event), "\(stage) \(event)")
        }
    }

    @Test("a drain that does not end is ended after ten seconds, and the exit is clean")
    func drainDeadline() {
        var life = Stage.draining.make()
        #expect(life.deadline == Self.start + .seconds(10))
        #expect(life.handle(.tick, now: Self.start + .milliseconds(9_999)).isEmpty)
        #expect(life.handle(.tick, now: Self.start + .seconds(10)) == [.finish(exit: 0)])
    }

    @Test("a process without a guardian serves for a minute, then drains")
    func orphan() {
        var life = Stage.leaving.make()
        #expect(life.handle(.tick, now: Self.start + .milliseconds(59_999)).isEmpty)
        #expect(life.handle(.tick, now: Self.start + .seconds(60)) == [.drain])
        #expect(life.handle(.idle, now: Self.start + .seconds(61)) == [.finish(exit: 0)])
    }

    @Test("a process is announced once, however often it joins")
    func announcedOnce() {
        var life = WorkerLife()
        #expect(life.handle(.joined, now: Self.start) == [.announceReady])
        #expect(life.handle(.joined, now: Self.start).isEmpty)
        _ = life.handle(.guardianGone, now: Self.start)
        #expect(life.handle(.joined, now: Self.start).isEmpty)
    }
}
