import Building
import Contracts
import Forge
import Glibc
import Host
import Remedies
import Signals
import Testing
import Threads
import Worker

@testable import RemediationAgent

/// A repository whose third commit has a fault, and what looks for it.
private final class Scene: Sendable {
    let folder: String
    let repository: Repository
    /// The oldest first.
    let commits: [String]
    let pipeline: Pipeline
    let workshop: Workshop

    static let second = Int64.seconds(1)
    static let begin = Int64.seconds(1_700_000_000)

    init() throws {
        folder = try TemporaryFolder.make()
        mkdir("\(folder)/config", 0o755)
        try WholeFile.write("version: 1\nroles: {}\n", to: "\(folder)/config/acl.yaml")
        let bisect = """
            version: 1
            steps: [{name: build, run: cp Sources/Tool.swift Tool, within: 10s, products: [Tool]}]
            bisect: {run: "! grep -q wrong Sources/Tool.swift", within: 10s}
            """
        try WholeFile.write(bisect, to: "\(folder)/config/pipeline.yaml")
        var git = try Git.find()
        git.isDurable = false
        repository = try Repository.create(
            "\(folder)/cluster.git", configuration: "\(folder)/config",
            CommitNote(author: "ann", at: Self.begin, title: "begin"), git: git)
        var made: [String] = []
        let texts = [
            "one\n", "one\ntwo\n", "one\ntwo\nwrong\n", "one\ntwo\nwrong\nfour\n", "one\ntwo\nwrong\nfour\nfive\n",
        ]
        for (number, text) in texts.enumerated() {
            let main = try repository.main()
            let commit = try repository.commit(
                [FileChange(path: "Sources/Tool/Tool.swift", content: Array(text.utf8))]
                    + [FileChange(path: "Sources/Tool.swift", content: Array(text.utf8))], onto: main,
                CommitNote(author: "ann", at: Self.begin + Self.second * Int64(number + 1), title: "Write \(number)"))
            try repository.advanceMain(from: main, to: commit)
            made.append(commit)
        }
        commits = made
        workshop = Workshop(repository: repository, data: folder, log: .standard)
        let status = ClusterStatus(data: folder, guardian: getpid(), uptimeSeconds: 1, slots: [])
        pipeline = Pipeline(
            workshop, data: folder, ground: Ground(status: { status }),
            steps: OwnSteps(agent: "remediation", Metrics()), log: .standard, now: { Self.begin + .seconds(60) })
    }

    deinit { TemporaryFolder.remove(folder) }

    func detective() -> Detective {
        Detective(
            workshop, pipeline, data: folder, config: "\(folder)/config", log: .standard,
            now: { Self.begin + .seconds(60) })
    }

    func question(_ text: String, incident: String = "I-1") -> PlanQuestion {
        let best = Diagnosis.Hypothesis(
            node: "tool", category: "Code_Bug", score: 1, confidence: 0.9,
            supporting: [Diagnosis.Share("log", 1, text)], opposing: [])
        return PlanQuestion(
            step: "\(incident)/plan", incident: incident, generation: 1,
            diagnosis: Diagnosis(suspects: [], hypotheses: [best], onset: Self.begin + .seconds(30)))
    }

    func facts(_ also: [String]) async -> [ForgeFact] {
        await workshop.facts(now: Self.begin + .seconds(60), plan: nil, also: also)
    }
}

@Suite struct DetectiveTests {
    @Test func theCommitThatLastChangedANamedLineIsSuspected() async throws {
        let scene = try await made()
        let question = scene.question("Tool/Tool.swift:3: Fatal error: Index out of range")
        let facts = await scene.detective().weighed(question) { await scene.facts($0) }
        #expect(facts.map(\.commit) == scene.commits.reversed())
        #expect(facts.max { $0.suspicion < $1.suspicion }?.commit == scene.commits[2])
        #expect(facts.count { $0.suspicion > 0 } == 1)
        #expect(facts[2].reason == "it last changed Sources/Tool/Tool.swift:3")
        #expect(facts.allSatisfy { $0.kind == .code })
        #expect(await scene.detective().search(question) == nil)
    }

    @Test func aCrashInTheLogOfTheCulpritNamesItsLine() async throws {
        let scene = try await made()
        mkdir("\(scene.folder)/log", 0o755)
        try WholeFile.write(
            "{\"level\":\"info\",\"message\":\"Tool.swift:1\"}\n  1 [ra] 0x1 turn() + 5 in Tool at /x/Sources/Tool/Tool.swift:2:9\n",
            to: "\(scene.folder)/log/tool.1.log")
        let facts = await scene.detective().weighed(scene.question("it died")) { await scene.facts($0) }
        #expect(facts.filter { $0.suspicion > 0 }.map(\.commit) == [scene.commits[1]])
    }

    @Test func whereNothingTellsASearchFindsTheCommitAndAnotherAgentGoesOnWithIt() async throws {
        let scene = try await made()
        let question = scene.question("it is slow")
        let first = await scene.detective().search(question)
        #expect(first == "5 commits are searched, 0 are tried")
        // Another one finds the record, as after a death.
        let detective = scene.detective()
        #expect(await until { await detective.search(question) == nil })
        #expect(scene.pipeline.files.search("I-1")?.answer == .found(scene.commits[2]))
        let facts = await detective.weighed(question) { await scene.facts($0) }
        #expect(facts.filter { $0.suspicion > 0 }.map(\.commit) == [scene.commits[2]])
        #expect(facts.first { $0.suspicion > 0 }?.reason == "the search found it")
    }

    /// Git blocks its thread.
    private func made() async throws -> Scene {
        try await withCheckedThrowingContinuation { continuation in
            NativeThread(name: "scene") { continuation.resume(with: Result { try Scene() }) }.start()
        }
    }

    private func until(_ condition: () async -> Bool) async -> Bool {
        let end = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < end {
            if await condition() { return true }
            // The pace of asking.
            try? await Task.sleep(for: .milliseconds(20))
        }
        return false
    }
}
