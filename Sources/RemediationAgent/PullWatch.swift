import Contracts
import Forge
import Host
import Remedies
import Signals

/// Looks at what is proposed before it is merged: whether its configuration can be run, and whether its sources are proven.
actor PullWatch {
    private let forge: any Forge
    private let workshop: Workshop
    private let pipeline: Pipeline
    private let log: Log
    private let now: @Sendable () -> Int64
    private var lastLook: Int64 = 0
    /// Commits that change no sources.
    private var harmless: [String] = []

    private static let every = Int64.seconds(2)
    private static let mostHarmless = 200

    init(
        _ forge: any Forge, _ workshop: Workshop, _ pipeline: Pipeline, log: Log, now: @escaping @Sendable () -> Int64
    ) {
        self.forge = forge
        self.workshop = workshop
        self.pipeline = pipeline
        self.log = log
        self.now = now
    }

    /// Looks once; often.
    func turn() async {
        let time = now()
        guard time - lastLook >= Self.every else { return }
        lastLook = time
        // Most of the time there is none, and git need not be asked.
        guard hasPulls else { return }
        do throws(ForgeFault) {
            for pull in try await forge.pulls(.open) { try await look(pull) }
        } catch {
            log.limited("pulls", .warning, "open pull requests could not be looked at", ["why": "\(error)"])
        }
    }

    private var hasPulls: Bool {
        let path = workshop.repository.path
        return ProcessFiles.entries("\(path)/refs/kintsugi/pulls").contains { !$0.hasPrefix(".") }
            || ProcessFiles.text("\(path)/packed-refs")?.contains("refs/kintsugi/pulls/") == true
    }

    private func look(_ pull: Pull) async throws(ForgeFault) {
        if known("configuration", pull) == nil {
            for (name, mistake) in await workshop.objections(to: pull.head) {
                try await say(name, mistake == nil ? .passed : .failed, mistake ?? "", pull)
            }
        }
        let state = known("pipeline", pull)?.state
        guard state == nil || state == .pending, !harmless.contains(pull.head) else { return }
        guard try await workshop.changesSources(pull.head) else {
            harmless = Array(harmless.suffix(Self.mostHarmless)) + [pull.head]
            return
        }
        switch try await pipeline.standing(of: pull.head) {
        case .needless: harmless = Array(harmless.suffix(Self.mostHarmless)) + [pull.head]
        case .underway(let text): try await say("pipeline", .pending, text, pull)
        case .proven: try await say("pipeline", .passed, "", pull)
        case .failed(let why): try await say("pipeline", .failed, why, pull)
        }
    }

    private func known(_ name: String, _ pull: Pull) -> PullCheck? {
        pull.checks.first { $0.name == name && $0.head == pull.head }
    }

    private func say(_ name: String, _ state: PullCheck.State, _ text: String, _ pull: Pull) async throws(ForgeFault) {
        if let said = known(name, pull), said.state == state, said.text == text { return }
        _ = try await forge.check(
            pull.number, PullCheck(name: name, state: state, text: text, head: pull.head, at: now()))
    }
}
