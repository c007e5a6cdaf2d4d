import Contracts
import Host
import Signals
import Supervision

extension SupervisorShell {
    /// The commit that a checked-out folder is of; empty for another folder.
    static func commit(of configuration: String, data: String) -> String {
        let folder = "\(data)/config/"
        guard configuration.hasPrefix(folder) else { return "" }
        let commit = configuration.dropFirst(folder.count)
        return commit.count == 40 ? String(commit) : ""
    }

    /// What a folder is the configuration of, with its programs where that was the last to be deployed.
    static func release(of configuration: String, data: String) -> Release {
        let commit = commit(of: configuration, data: data)
        if let last = ReleaseFiles.last(data: data), !commit.isEmpty, last.commit == commit { return last }
        if let start = ReleaseFiles.start(data: data), !commit.isEmpty, start.commit == commit { return start }
        return Release(commit: commit, configuration: configuration)
    }

    /// Once all is ready, what was started is what the next start may begin with.
    func noteStart() {
        guard !hasStarted, let tree, !tree.isReading, !tree.isStopping, tree.deploying == nil,
            tree.slots.allSatisfy({ $0.machine.isReady })
        else { return }
        hasStarted = true
        deploys.started(tree.release)
    }

    /// Begins a deploy, or answers why not.
    func deploy(_ order: DeployOrder, mustBeMain: Bool, _ reply: @escaping Reply) throws {
        guard let tree, !tree.isReading else {
            return reply(.refused(reason: "the supervisor has just started and knows nothing yet; ask again"))
        }
        if let under = tree.deploying {
            return reply(.refused(reason: "\(under.release.brief) is being deployed; wait until that has ended"))
        }
        let prepared: (order: DeployOrder, plan: ClusterPlan)
        do { prepared = try deploys.prepare(order, from: tree.release, mustBeMain: mustBeMain) } catch {
            note(order, .refused, error.description, [])
            return reply(.refused(reason: error.description))
        }
        deploys.began(prepared.order, at: WallTime.now.nanoseconds)
        Log.standard.info("deploying", ["commit": .text(order.release.brief), "what": .text(order.text)])
        let roles = Reach.roles(
            touched: prepared.order.touched, executables: prepared.order.executables ?? [], old: plan,
            new: prepared.plan)
        // What changes nothing for anybody explains nothing.
        if !prepared.order.touched.isEmpty || !(prepared.order.executables ?? []).isEmpty {
            bus.tell(Notes.change(prepared.order, roles: roles))
        }
        // Who watches the repository finds what became of it in the status; a person waits.
        if mustBeMain { reply(.done(note: "begun")) }
        try handle(.deploy(prepared.order, prepared.plan, ticket: mustBeMain ? nil : expect(reply)))
    }

    /// Keeps and tells what became of a deploy.
    func note(_ order: DeployOrder, _ outcome: DeployRecord.Outcome, _ text: String, _ roles: [String]) {
        deploys.ended(order, outcome, text, roles, at: WallTime.now.nanoseconds)
        fingerprints = []
        let fields: KeyValuePairs<String, Field> = ["commit": .text(order.release.brief), "why": .text(text)]
        switch outcome {
        case .done, .underway: Log.standard.info("deployed", fields)
        case .refused: Log.standard.error("not deployed", fields)
        case .takenBack:
            Log.standard.error("the deploy was taken back", fields)
            bus.tell(Notes.change(order, roles: roles, takenBack: text))
        }
    }

    /// How the objectives stand: first before anything was changed, then when the watch over a role begins and ends.
    func hear(
        _ commit: String, _ role: String?, _ since: [ObjectiveReport], _ now: [ObjectiveReport]?
    ) throws {
        guard tree?.deploying?.release.commit == commit else { return }
        guard let role else { return deploys.baseline = now }
        guard let before = deploys.baseline, let now else {
            return try handle(.judged(commit: commit, role: role, .unseen("telemetry did not answer")))
        }
        if since.isEmpty {
            nextWord = (Self.now() + Self.watched, commit, role, now)
            return
        }
        try handle(
            .judged(commit: commit, role: role, DeployGate.word(before: before, since: since, now: now)))
    }

    /// A role that was just rolled gets going, and then is watched; both are over when the watch of the rules is.
    static let settling = Duration.milliseconds(2_200)
    private static let watched = Duration.milliseconds(2_400)

    /// What stands for all that the workers of a role read; read once for each release.
    func fingerprint(of role: String) -> String {
        guard let tree else { return "" }
        if let known = fingerprints.first(where: { $0.role == role && $0.release == tree.release }) {
            return known.text
        }
        let text = Deploying.fingerprint(of: role, plan: plan, release: tree.release)
        fingerprints.append((role, tree.release, text))
        return text
    }

    /// The plan that runs.
    var plan: ClusterPlan { tree?.plan ?? ClusterPlan(roles: []) }
}
