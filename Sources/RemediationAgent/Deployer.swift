import Contracts
import Definitions
import Forge
import Host
import Remedies
import Settings
import Signals
import Supervision

/// Sees to it that what is merged is deployed, and that `main` says what runs.
///
/// | `main` is | done is |
/// |---|---|
/// | what runs | nothing; whether every role really runs it is looked at |
/// | being deployed | nothing |
/// | not deployed yet | it is checked out, read as a whole, and given to the supervisor |
/// | not right, or taken back by the gate | `main` gets what runs, by a commit that says why; an incident is raised |
///
/// All of it follows from the repository and the supervisor's record, so whoever takes over does the same.
actor Deployer {
    /// What became of a commit.
    struct Outcome: Sendable {
        var isDone: Bool
        var text: String
    }

    private let workshop: Workshop
    private let programs: Programs
    private let data: String
    private let log: Log
    private let now: @Sendable () -> Int64
    private let status: @Sendable () async throws -> ClusterStatus
    private let deploy: @Sendable (DeployOrder) async throws -> ControlAnswer
    private let raise: @Sendable (RaisedAlert) async -> Bool
    /// Where `main` is kept elsewhere: fetches it, and has it changed there.
    private let elsewhere: Elsewhere?
    /// The commit that runs, as was seen last.
    private var settled: String?
    private var alerts: [RaisedAlert] = []
    private var isTurning = false
    private var driftSince: Int64?
    private var lastLook: Int64 = 0
    /// While programs are made there is nothing to be looked for.
    private var restUntil: Int64 = 0
    /// The executables that differ between two folders, which never change.
    private var compared: [String: [String]] = [:]

    private static let driftPatience = Int64.seconds(15)
    private static let lookEvery = Int64.seconds(5)
    private static let compareEvery = Int64.seconds(60)
    private static let tellAgainWithin = Int64.seconds(600)
    private var lastCompared: Int64 = 0

    init(
        _ workshop: Workshop, _ programs: Programs, data: String, log: Log, now: @escaping @Sendable () -> Int64,
        status: @escaping @Sendable () async throws -> ClusterStatus,
        deploy: @escaping @Sendable (DeployOrder) async throws -> ControlAnswer,
        raise: @escaping @Sendable (RaisedAlert) async -> Bool, elsewhere: Elsewhere? = nil
    ) {
        self.elsewhere = elsewhere
        self.workshop = workshop
        self.programs = programs
        self.data = data
        self.log = log
        self.now = now
        self.status = status
        self.deploy = deploy
        self.raise = raise
    }

    /// Looks once; often.
    func turn() async {
        // One at a time: a turn waits for git and for the supervisor.
        guard !isTurning else { return }
        isTurning = true
        defer { isTurning = false }
        await tellAlerts()
        await elsewhere?.follow(at: now())
        guard let main = ReleaseFiles.main(of: workshop.repository.path) else { return }
        let time = now()
        if main == settled, time - lastLook < Self.lookEvery { return }
        if time < restUntil { return }
        lastLook = time
        do {
            let status = try await status()
            guard let running = status.release, !running.commit.isEmpty else { return }
            let record = status.deploys?.first { $0.release.commit == main }
            if running.commit == main {
                if main != settled {
                    try await settle(status)
                    try await tellAgain(of: main)
                }
                settled = main
                await lookForDrift(status, running)
                return
            }
            settled = nil
            switch record?.outcome {
            case .underway: return
            case .takenBack, .refused: try await takeBack(main, status, running, record?.text ?? "")
            case .done, nil: try await deploy(main, status, running)
            }
        } catch {
            log.limited("deploy", .warning, "main could not be deployed; it is tried again", ["why": "\(error)"])
        }
    }

    /// Who took something back may have died before it told anybody: the same alert, told twice, is one.
    private func tellAgain(of main: String) async throws {
        let found = try await workshop.repository.aside { (repository) throws(ForgeFault) -> [String] in
            let commit = try repository.read(main)
            guard let bad = commit.trailer("Takes-Back") else { return [] }
            return [bad, try repository.read(bad).subject, commit.body, "\(commit.at)"]
        }
        guard found.count == 4, let at = Int64(found[3]), now() - at < Self.tellAgainWithin else { return }
        tell(takenBack: found[0], found[1], found[2].split(separator: "\n\n").first.map(String.init) ?? "", at: at)
        await tellAlerts()
    }

    /// An incident is opened, and nothing is to be done about it any more.
    private func tell(takenBack commit: String, _ title: String, _ why: String, at: Int64) {
        var alert = RaisedAlert(
            .supervisor, fingerprint: "deploy-\(commit)", name: "DeployTakenBack", severity: .warning,
            labels: [SignalLabel("commit", commit), RaisedAlert.record],
            text: "\(commit.prefix(10)) (\(title)) was taken back: \(why)",
            began: at)
        alerts.append(alert)
        alert.state = .resolved
        alert.ended = now()
        alerts.append(alert)
    }

    /// What runs is known by its sources, and what nobody goes back to is forgotten.
    private func settle(_ status: ClusterStatus) async throws {
        let sources = try await programs.runs(status)
        programs.origins.sweep(status, needed: sources.map { [$0] } ?? [])
    }

    private func deploy(_ main: String, _ status: ClusterStatus, _ running: Release) async throws {
        let folder = try await workshop.checkout(main)
        let mistakes = ConfigurationCheck.mistakes(in: folder)
        guard mistakes.isEmpty else {
            let text = mistakes.map(\.description).joined(separator: "\n")
            return try await takeBack(main, status, running, "the configuration is not right: \(text)")
        }
        let folderOfPrograms: String?
        switch try await programs.of(main, status) {
        case .these(let found): folderOfPrograms = found
        case .wait(let text):
            restUntil = now() + .seconds(1)
            return log.limited(
                "pipeline", .info, "main is not deployed before it is proven",
                ["commit": .text(String(main.prefix(10))), "pipeline": .text(text)])
        case .refused(let why): return try await takeBack(main, status, running, why)
        }
        let commit = try await workshop.repository.aside { (repository) throws(ForgeFault) in try repository.read(main)
        }
        let release = Release(commit: main, configuration: folder, programs: folderOfPrograms)
        let answer = try await deploy(
            DeployOrder(release: release, author: commit.author, text: commit.subject, touched: []))
        log.info("main is given to the supervisor", ["commit": .text(release.brief), "answer": .text("\(answer)")])
    }

    /// `main` gets what runs.
    private func takeBack(_ main: String, _ status: ClusterStatus, _ running: Release, _ why: String) async throws {
        let repository = workshop.repository
        let now = now()
        let isElsewhere = elsewhere != nil
        let path = try await programs.wayBack(from: main, status)
        let found = try await repository.aside { (repository) throws(ForgeFault) -> [String] in
            let commit = try repository.read(main)
            let note = CommitNote(
                author: "deploy gate", at: now, title: "Take back \(main.prefix(10)): \(commit.subject)",
                text: why,
                trailers: [Trailer("Takes-Back", main)])
            let back = try repository.restore(path, from: running.commit, onto: main, note)
            if !isElsewhere { try repository.advanceMain(from: main, to: back) }
            return [commit.subject, back, "\(try repository.read(back).at)"]
        }
        let (taken, back) = (found[0], found[1])
        if let elsewhere {
            try await elsewhere.takeBack(
                main, to: back, title: "Take back \(main.prefix(10)): \(taken)", why: why, at: now)
        }
        log.error("what was merged was taken back", ["commit": .text(String(main.prefix(10))), "why": .text(why)])
        tell(takenBack: main, taken, why, at: Int64(found[2]) ?? now)
        await tellAlerts()
    }

    /// What could not be told is told the next time.
    private func tellAlerts() async {
        while let alert = alerts.first {
            guard await raise(alert) else { return }
            alerts.removeFirst()
        }
    }

    /// Whether every role runs what `main` says about it.
    private func lookForDrift(_ status: ClusterStatus, _ running: Release) async {
        guard let plan = ConfigurationCheck.plan(in: running.configuration) else { return }
        var strays: [String] = []
        for slot in status.slots where slot.role != "supervisor" {
            guard let commit = slot.commit, commit != running.commit, slot.state == "ready" else { continue }
            let folder = ReleaseFiles.configuration(data: data, commit: commit)
            let paths = ReleaseFiles.differences(folder, running.configuration)
            let executables = executables(of: commit, status, running)
            guard let old = ConfigurationCheck.plan(in: folder),
                Reach.roles(touched: paths, executables: executables, old: old, new: plan).contains(slot.role)
            else { continue }
            strays.append("\(slot.name) runs \(commit.prefix(10))")
        }
        // The folder itself is compared with its commit now and then, and mended.
        let time = now()
        if time - lastCompared >= Self.compareEvery { lastCompared = time } else { return note(strays) }
        if let checked = try? await workshop.checkout(running.commit), checked != running.configuration {
            strays.append("\(running.configuration) is no checkout of \(running.brief)")
        }
        note(strays)
    }

    /// The executables that differ between what a commit was run with and what runs.
    private func executables(of commit: String, _ status: ClusterStatus, _ running: Release) -> [String] {
        let seen = Ground.seen(status)
        let before = status.deploys?.first { $0.release.commit == commit && $0.outcome == .done }?.release.programs
        let (old, new) = (before ?? seen.own, running.programs ?? seen.own)
        if let known = compared["\(old)\n\(new)"] { return known }
        let found = ProgramFiles.differences(seen.executables, old, new)
        // What is gone by now tells nothing.
        let differing = ProgramFiles.missing(found, in: old).isEmpty ? found : []
        compared["\(old)\n\(new)"] = differing
        return differing
    }

    private func note(_ strays: [String]) {
        let time = now()
        guard !strays.isEmpty else {
            if let since = driftSince, time - since >= Self.driftPatience {
                alerts.append(drift("", since, ended: time))
            }
            driftSince = nil
            return
        }
        let since = driftSince ?? time
        if driftSince == nil { driftSince = time }
        if time - since >= Self.driftPatience {
            alerts.append(drift(strays.joined(separator: "; "), since, ended: nil))
        }
    }

    private func drift(_ text: String, _ began: Int64, ended: Int64?) -> RaisedAlert {
        RaisedAlert(
            .supervisor, fingerprint: "configuration-drift", name: "ConfigurationDrift", severity: .warning,
            state: ended == nil ? .firing : .resolved, text: "what runs is not what main says: \(text)", began: began,
            ended: ended)
    }

    /// Fetches at once what was merged elsewhere.
    func follow() async { await elsewhere?.follow(at: now(), atOnce: true) }

    /// Waits until a commit runs, or does not.
    nonisolated func outcome(of commit: String) async -> Outcome {
        while !Task.isCancelled {
            await turn()
            if let known = try? await status() {
                if known.release?.commit == commit { return Outcome(isDone: true, text: "it runs") }
                if let record = known.deploys?.first(where: { $0.release.commit == commit }) {
                    switch record.outcome {
                    case .underway: break
                    case .done:
                        return Outcome(isDone: true, text: "deployed to \(record.roles.joined(separator: ", "))")
                    case .takenBack, .refused: return Outcome(isDone: false, text: record.text)
                    }
                }
                // Somebody merged after it: what runs then has it, too.
                if let runs = known.release?.commit, await contains(commit, runs) {
                    return Outcome(isDone: true, text: "it runs as a part of \(runs.prefix(10))")
                }
            }
            // A cancelled sleep ends the loop.
            do { try await Task.sleep(for: .milliseconds(100)) } catch { break }
        }
        return Outcome(isDone: false, text: "nobody waited for it")
    }

    private nonisolated func contains(_ old: String, _ new: String) async -> Bool {
        (try? await workshop.repository.aside { (repository) throws(ForgeFault) in
            try repository.isAncestor(old, of: new)
        }) ?? false
    }
}
