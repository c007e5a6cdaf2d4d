import Contracts
import Testing

@testable import Remedies

@Suite struct PipelineTests {
    static let sources = Digest(of: [1])
    static let plan = PipelinePlan(steps: [
        .init("build", run: "make", withinSeconds: 600, products: ["Tool"]),
        .init("test", run: "make check", withinSeconds: 2, isTest: true),
    ])

    static func run() -> PipelineRun { PipelineRun("abc", sources, plan, at: 1) }

    /// Does what is to be done until it is over; each time through a copy from disk, as after a death between two events.
    static func finish(
        _ run: PipelineRun, dying: Int? = nil, _ end: (Int) -> PipelineEvent
    ) throws -> (run: PipelineRun, begun: [String]) {
        var run = run
        var (begun, events): ([String], Int) = ([], 0)
        func reopened() throws -> PipelineRun {
            var copy = try Packed.decode(PipelineRun.self, from: try Packed.encode(run))
            _ = copy.take(.reopened, at: 99)
            return copy
        }
        while let step = run.errand {
            begun.append(run.steps[step].name)
            let changed6 = run.take(.began(step: step), at: 10)
            #expect(changed6)
            events += 1
            if events == dying {
                run = try reopened()
                continue
            }
            let changed7 = run.take(end(step), at: 20)
            #expect(changed7)
            events += 1
            if events == dying { run = try reopened() }
        }
        return (run, begun)
    }

    static func passed(_ step: Int) -> PipelineEvent { .passed(step: step, text: "well") }

    @Test func stepsAreDoneOneAfterTheOtherAndWhatWasMadeIsKeptLast() throws {
        let (run, begun) = try Self.finish(Self.run(), Self.passed)
        #expect(begun == ["checkout", "build", "test", "keep"])
        #expect(run.outcome == .passed && run.isProven && run.ended == 20)
        #expect(run.steps.map(\.log) == [nil, "build.log", "test.log", nil])
    }

    @Test func aStepThatWasRunningWhenTheProcessDiedIsRunAgainAndNoOther() throws {
        for death in 1...8 {
            let (run, begun) = try Self.finish(Self.run(), dying: death, Self.passed)
            #expect(run.outcome == .passed)
            // At an odd one a step was running.
            #expect(begun.count == (death % 2 == 1 ? 5 : 4))
            #expect(run.steps.map(\.starts).reduce(0, +) == begun.count)
        }
    }

    @Test func whatThreeProcessesDiedOfHasFailed() throws {
        var run = Self.run()
        for _ in 1...3 {
            let changed8 = run.take(.began(step: 0), at: 2)
            #expect(changed8)
            let changed9 = run.take(.reopened, at: 3)
            #expect(changed9)
        }
        #expect(run.outcome == .failed && run.text.contains("3 processes") && run.errand == nil)
    }

    @Test func afterAFailureNothingElseIsDone() throws {
        let (run, begun) = try Self.finish(Self.run()) {
            $0 == 1 ? .failed(step: 1, text: "Order.swift:3: error") : Self.passed($0)
        }
        #expect(begun == ["checkout", "build"])
        #expect(run.outcome == .failed && !run.isProven && run.text == "build: Order.swift:3: error")
        #expect(run.steps.map(\.state) == [.passed, .failed, .skipped, .skipped])
    }

    @Test func aStepThatIsLateIsSaidToBe() throws {
        let (run, _) = try Self.finish(Self.run()) { $0 == 2 ? .timedOut(step: 2) : Self.passed($0) }
        #expect(run.steps[2].state == .timedOut)
        #expect(run.text == "test: it was not done within 2 s, and was killed")
    }

    @Test func whatIsOverSaysTheSameForEver() throws {
        let (run, _) = try Self.finish(Self.run(), Self.passed)
        var again = run
        for step in 0..<4 {
            for event in [
                PipelineEvent.began(step: step), .failed(step: step, text: "no"), .timedOut(step: step), .reopened,
            ] {
                let changed1 = again.take(event, at: 50)
                #expect(!changed1)
            }
        }
        #expect(again == run)
        var reused = PipelineRun("abc", Self.sources, reusing: "they were proven as def", at: 5)
        let changed2 = reused.take(.began(step: 0), at: 6)
        #expect(!changed2)
        #expect(reused.isProven && reused.errand == nil)
    }

    @Test func anEventOfAStepThatIsNotRunningChangesNothing() {
        var run = Self.run()
        let changed3 = run.take(.passed(step: 0, text: ""), at: 2)
        #expect(!changed3)
        let changed4 = run.take(.began(step: 1), at: 2)
        #expect(!changed4)
        let changed5 = run.take(.began(step: 9), at: 2)
        #expect(!changed5)
        #expect(run == Self.run())
    }

    @Test func equalSourcesHaveOneHashWhateverElseTheCommitHas() {
        let entries = [ActionArgument("Sources", "aa"), ActionArgument("Package.swift", "bb")]
        let hash = SourceHash.digest(entries)
        #expect(hash != nil)
        #expect(SourceHash.digest(entries.reversed() + [ActionArgument("Tests", "cc")]) == hash)
        #expect(SourceHash.digest([entries[0]]) != hash)
        #expect(SourceHash.digest([ActionArgument("Sources", "ab"), entries[1]]) != hash)
        #expect(SourceHash.digest([entries[1]]) == nil)
    }

    @Test func artefactsOfTheLastTenDeploysStay() {
        func digest(_ number: Int) -> Digest { Digest(of: [UInt8(number)]) }
        let all = (0..<30).map {
            ArtefactManifest(sources: digest($0), commit: "\($0)", built: Int64($0), configuration: "debug", files: [])
        }
        let deployed = (0..<15).map(digest)
        let spare = ArtefactRules.spare(all, deployed: [digest(20)] + deployed, needed: [digest(20), digest(29)])
        let kept = (0..<30).filter { !spare.contains(digest($0)) }
        // What is needed, ten more deploys, and the five youngest of the rest.
        #expect(kept == Array(0..<10) + [20, 24, 25, 26, 27, 28, 29])
        #expect(ArtefactRules.spare(Array(all.prefix(3)), deployed: [], needed: []).isEmpty)
    }
}
