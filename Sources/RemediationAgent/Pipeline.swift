import Building
import Contracts
import Definitions
import Forge
import Glibc
import Host
import Remedies
import Settings
import Signals
import Worker

/// Proves the sources of commits, one at a time: all of it stands on disk, and whoever takes over goes on.
actor Pipeline {
    /// How far the proof of a commit is.
    enum Standing: Sendable, Equatable {
        /// It has no sources, or says not how programs are made of them.
        case needless(String)
        case underway(String)
        case proven(Digest, programs: String)
        case failed(String)
    }

    nonisolated let workshop: Workshop
    nonisolated let files: PipelineFiles
    nonisolated let store: ArtefactStore
    nonisolated let ground: Ground
    nonisolated let log: Log
    private let steps: OwnSteps
    private let now: @Sendable () -> Int64
    private var underway: [String] = []
    /// What not even could be written down.
    private var faults: [(commit: String, why: String)] = []
    private var isOpen = false
    /// One commit is in the folder at a time.
    private let turnstile = Turnstile()

    private static let mostRuns = 50

    init(
        _ workshop: Workshop, data: String, ground: Ground, steps: OwnSteps, log: Log,
        now: @escaping @Sendable () -> Int64
    ) {
        self.workshop = workshop
        self.ground = ground
        self.steps = steps
        self.log = log
        self.now = now
        files = PipelineFiles(data: data)
        store = ArtefactStore(data: data)
    }

    /// This replica is the active one: what an earlier one left behind is ended, and what it had begun goes on.
    func open() {
        guard !isOpen else { return }
        isOpen = true
        let strays = StepProcess.killStrays(files.mark)
        if strays > 0 { log.warning("killed what a run of the pipeline left behind", ["processes": .integer(strays)]) }
        for run in files.runs().reversed() where run.outcome == nil { begin(run.commit) }
    }

    // MARK: - Questions

    /// How far a commit is; what is not begun is begun where that is asked.
    func standing(of commit: String, begin shallBegin: Bool = true, anew: Bool = false) async throws(ForgeFault)
        -> Standing
    {
        guard let sources = try await workshop.sources(of: commit) else { return .needless("it has no sources") }
        if let programs = store.programs(of: sources) { return .proven(sources, programs: programs) }
        if underway.contains(commit) { return .underway(progress(commit)) }
        if !anew {
            if let fault = faults.first(where: { $0.commit == commit }) { return .failed(fault.why) }
            if let known = files.run(commit), known.outcome == .failed { return .failed(known.text) }
        }
        guard try await hasPlan(commit) else { return .needless("it has no config/pipeline.yaml") }
        guard shallBegin else { return .underway("not begun") }
        faults.removeAll { $0.commit == commit }
        begin(commit)
        return .underway(progress(commit))
    }

    /// Waits until a commit is proven, or is not.
    nonisolated func outcome(of commit: String) async throws(ForgeFault) -> Standing {
        while true {
            let standing = try await standing(of: commit)
            guard case .underway = standing, !Task.isCancelled else { return standing }
            // A cancelled sleep ends the loop at its next turn.
            try? await Task.sleep(for: .milliseconds(200))
        }
    }

    private func progress(_ commit: String) -> String {
        guard let run = files.run(commit), run.outcome == nil else { return "it waits for its turn" }
        guard let step = run.steps.first(where: { $0.state == .running }) else { return "it waits for its turn" }
        return "its step \(step.name) is running"
    }

    private func hasPlan(_ commit: String) async throws(ForgeFault) -> Bool {
        try await workshop.repository.aside { (repository) throws(ForgeFault) in
            try repository.entry("config/pipeline.yaml", at: commit) != nil
        }
    }

    // MARK: - Runs

    private func begin(_ commit: String) {
        guard isOpen, !underway.contains(commit) else { return }
        underway.append(commit)
        Task.detached { [self] in
            let began = monotonicNow()
            await turnstile.pass { await self.carryOut(commit) }
            await ended(commit, took: monotonicNow() - began)
        }
    }

    private func ended(_ commit: String, took: Duration) {
        underway.removeAll { $0 == commit }
        let run = files.run(commit)
        steps.count("pipeline", run?.isProven == true ? "ok" : "failed", took: took)
        log.info(
            "a commit went through the pipeline",
            [
                "commit": .text(String(commit.prefix(10))), "outcome": .text(run?.outcome?.rawValue ?? "none"),
                "text": .text(run?.text ?? ""),
            ])
        files.forgetRuns(but: Self.mostRuns)
    }

    private func note(_ fault: String, _ commit: String) { faults.append((commit, fault)) }

    private nonisolated func carryOut(_ commit: String) async {
        do {
            guard let (begun, plan) = try await opened(commit) else { return }
            var run = begun
            while let step = run.errand {
                _ = run.take(.began(step: step), at: now())
                try files.keep(run)
                let event = await perform(run, step, plan)
                _ = run.take(event, at: now())
                try files.keep(run)
            }
        } catch {
            log.error("a run of the pipeline cannot go on", ["commit": .text(commit), "why": "\(error)"])
            await note("the pipeline cannot go on: \(error)", commit)
        }
    }

    /// The run as it is to go on; nil where nothing is to be done.
    private nonisolated func opened(_ commit: String) async throws -> (PipelineRun, PipelinePlan)? {
        guard let sources = try await workshop.sources(of: commit) else { return nil }
        // Another commit may have the same sources.
        if let programs = store.programs(of: sources) {
            try files.keep(PipelineRun(commit, sources, reusing: "these sources are proven: \(programs)", at: now()))
            return nil
        }
        let plan: PipelinePlan
        do {
            plan = try Definitions.pipeline(path: "\(try await workshop.checkout(commit))/pipeline.yaml")
        } catch {
            try files.keep(PipelineRun(commit, sources, impossible: "\(error)", at: now()))
            return nil
        }
        if var known = files.run(commit), known.outcome == nil, known.sources == sources {
            if known.take(.reopened, at: now()) { try files.keep(known) }
            return (known, plan)
        }
        return (PipelineRun(commit, sources, plan, at: now()), plan)
    }

    // MARK: - Trials

    /// Whether a commit is good, by a command that tells it.
    nonisolated func trial(_ commit: String, _ step: PipelinePlan.Step, keeping: [String], log name: String) async
        -> Bisect.Mark
    {
        await turnstile.pass {
            guard await self.put(commit, keeping) == nil, let ground = try? await self.ground.look() else {
                return .untestable
            }
            let order = self.order(step, commit, ground, log: "\(self.files.folder)/searches/\(name).log")
            return StepWords.mark(await StepProcess.run(order))
        }
    }

    // MARK: - One step

    private nonisolated func perform(_ run: PipelineRun, _ step: Int, _ plan: PipelinePlan) async -> PipelineEvent {
        let found = run.steps[step]
        switch found.kind {
        case .checkout:
            if let why = await put(run.commit, plan.keep) { return .failed(step: step, text: why) }
            return .passed(step: step, text: "")
        case .command:
            // Begun again with the plan of that very commit, which never changes.
            guard let command = plan.steps.first(where: { $0.name == found.name }) else {
                return .failed(step: step, text: "config/pipeline.yaml has no step \(found.name)")
            }
            do {
                let order = order(
                    command, run.commit, try await ground.look(),
                    log: files.log(found.log ?? "log", of: run.commit), configuration: plan.configuration)
                return StepWords.event(await StepProcess.run(order), step: step, path: files.path)
            } catch { return .failed(step: step, text: "it is not known what runs: \(error)") }
        case .keep: return await keep(run, step, plan)
        }
    }

    /// Puts a commit into the folder; why not, where that fails.
    private nonisolated func put(_ commit: String, _ keeping: [String]) async -> String? {
        let files = files
        _ = StepProcess.killStrays(files.mark)
        do throws(ForgeFault) {
            // The compiler (6.3.1) crashes on one of these that gives nothing.
            _ = try await workshop.repository.aside { (repository) throws(ForgeFault) -> Bool in
                try repository.put(commit, into: files.work, index: files.index, keeping: keeping)
                return true
            }
            return nil
        } catch { return error.description }
    }

    private nonisolated func order(
        _ step: PipelinePlan.Step, _ commit: String, _ ground: Ground.Seen, log: String,
        configuration: PipelinePlan.Configuration = .asRunning
    ) -> StepOrder {
        let built = configuration == .asRunning ? ground.configuration : configuration.rawValue
        let home = getpwuid(getuid()).flatMap { $0.pointee.pw_dir }.map { String(cString: $0) } ?? files.folder
        return StepOrder(
            step.run, in: files.work,
            environment: [
                "PATH=\(files.path)", "HOME=\(home)", "LC_ALL=C.UTF-8", "CONFIGURATION=\(built)", "COMMIT=\(commit)",
            ], within: .seconds(step.withinSeconds), log: log, mark: files.mark)
    }

    private nonisolated func keep(_ run: PipelineRun, _ step: Int, _ plan: PipelinePlan) async -> PipelineEvent {
        do {
            let ground = try await ground.look()
            let built = plan.configuration == .asRunning ? ground.configuration : plan.configuration.rawValue
            var products = plan.steps.flatMap { made in
                let folder = made.folder.replacing("$CONFIGURATION", with: built)
                return made.products.map { ArtefactStore.Product($0, path: "\(files.work)/\(folder)/\($0)") }
            }
            if let lost = products.first(where: { access($0.path, X_OK) != 0 }) {
                return .failed(step: step, text: "expected the executable \(lost.path), found none: no step made it")
            }
            // Whatever else the cluster runs stays as it is.
            let others = ground.executables.filter { name in !products.contains { $0.name == name } }
            products += others.map {
                ArtefactStore.Product($0, path: "\(ground.programs)/\($0)", isCarriedOver: true)
            }
            let (store, all, time) = (store, products, now())
            let folder = try await workshop.repository.aside { _ in
                try store.keep(all, of: run.sources, commit: run.commit, configuration: built, at: time)
            }
            return .passed(step: step, text: "\(plan.products.count) executables are in \(folder)")
        } catch { return .failed(step: step, text: "\(error)") }
    }
}

/// Lets one pass at a time, in the order of their coming.
actor Turnstile {
    private var isTaken = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    private func enter() async {
        guard isTaken else {
            isTaken = true
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    private func leave() {
        if waiting.isEmpty { isTaken = false } else { waiting.removeFirst().resume() }
    }

    nonisolated func pass<Value: Sendable>(_ body: @Sendable () async -> Value) async -> Value {
        await enter()
        let value = await body()
        await leave()
        return value
    }
}
