import Capabilities
import Contracts
import Incidents
import Risk

/// Everything that exists in one run. What its parties do are its extensions.
final class IncidentWorld {
    typealias Happening = () -> Void

    let seed: UInt64
    let options: IncidentOptions
    var chance: Chance
    var clock = Moment(nanoseconds: 1_900_000_000_000_000_000)
    var queue = EventQueue<Happening>()
    var tally = IncidentTally()
    var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    var events: [String] = []
    var violation: Violation?

    // Faults.
    var isFaulty = true
    let crashOdds: Int
    let lossOdds: Int
    var isUp: [IncidentParty: Bool] = [:]
    var lives: [IncidentParty: Int] = [:]
    var hasKilled = false

    let lifecycle: Lifecycle
    // What is on triage's disk.
    var incident: Incident?
    var journal: [JournalEntry] = []
    var end = JournalEnd()
    /// The question that triage waits for, in its memory.
    var asking: String?
    var repetitions = 0

    // The world outside.
    var isFiring = true
    var quietSince: Int64?
    /// The target whose order mends what is broken; nil where none does.
    var remedy: String?
    let targets = ["orders", "inventory", "broker", "carrier"]
    var guesses: [String] = []

    var risk = SimulatedRisk()
    var remediation = SimulatedRemediation()
    var door = SimulatedDoor()

    var now: Int64 { Int64(clamping: clock.nanoseconds) }

    init(seed: UInt64, options: IncidentOptions) {
        self.seed = seed
        self.options = options
        var chance = Chance(seed: seed)
        let isTold = options.story != nil
        crashOdds = isTold ? 0 : [0, 60, 20][Int.random(in: 0..<3, using: &chance)]
        lossOdds = isTold ? 0 : [0, 12, 4][Int.random(in: 0..<3, using: &chance)]
        self.chance = chance
        var terms = LifecycleTerms()
        // Shorter than some are away: then what is in hand has to be halted by one who does not answer.
        terms.executionWithin = .seconds(60)
        lifecycle = Lifecycle(terms) { IncidentWorld.diagnosis($0) }
        for party in IncidentParty.allCases {
            isUp[party] = true
            lives[party] = 1
        }
    }

    /// Believes what the evidence says of itself.
    static func diagnosis(_ input: DiagnosisInput) -> Diagnosis {
        guard let message = input.evidence.messages.first else { return Diagnosis(suspects: [], hypotheses: []) }
        return Diagnosis(
            suspects: [.init(node: message.node, metric: nil, onset: nil, score: 1, shares: [])],
            hypotheses: [
                .init(
                    node: message.node, category: "Config_Error", score: 1, confidence: message.after, supporting: [],
                    opposing: [])
            ])
    }

    func run() -> IncidentOutcome {
        begin()
        while violation == nil, let next = queue.pop() {
            if clock < next.moment { clock = next.moment }
            tally.steps += 1
            next.event()
            if tally.steps > 100_000 { violate("the run ends", "100,000 steps") }
        }
        if violation == nil { lookBack() }
        return outcome
    }

    private var outcome: IncidentOutcome {
        tally.virtualNanoseconds = clock.nanoseconds - 1_900_000_000_000_000_000
        tally.incidents = 1
        var outcome = IncidentOutcome(seed: seed, violation: violation, tally: tally)
        outcome.stage = incident?.stage
        outcome.generation = incident?.generation ?? 0
        outcome.inForce = door.inForce.sorted()
        outcome.effects = door.effects
        outcome.undone = door.undone
        outcome.digest = digest
        outcome.events = events
        return outcome
    }

    private func begin() {
        remedy = pick(5) == 0 ? nil : targets[pick(targets.count)]
        guesses = targets
        if options.story != nil { tellStory() } else { guesses.shuffle(using: &chance) }
        openIncident()
        if options.story == nil {
            for _ in 0..<pick(4) { after(seconds(1, 900)) { self.somebodyWants() } }
            if pick(3) == 0 { after(seconds(5, 300)) { self.flickers() } }
            after(seconds(1, 30)) { self.drifts() }
        }
        after(.seconds(options.faultySeconds)) { self.heal() }
        after(.seconds(options.faultySeconds + options.healedSeconds)) { self.expectEnd() }
    }

    // MARK: time and chance

    func pick(_ count: Int) -> Int { Int.random(in: 0..<max(1, count), using: &chance) }

    /// So many seconds, or anything between.
    func seconds(_ least: Double, _ most: Double) -> Int64 {
        Int64((least + (most - least) * Double(pick(10_000)) / 10_000) * 1e9)
    }

    func after(_ span: Int64, _ happening: @escaping Happening) {
        queue.push(happening, at: clock.adding(max(0, span)))
    }

    func note(_ text: @autoclosure () -> String) {
        digest = (digest ^ UInt64(truncatingIfNeeded: tally.steps)) &* 0x100_0000_01B3 ^ clock.nanoseconds
        guard options.trace else { return }
        let elapsed = Double(clock.nanoseconds - 1_900_000_000_000_000_000) / 1e9
        let rounded = Double(Int(elapsed * 1_000)) / 1_000
        events.append("\(rounded) s  \(text())")
        if events.count > 4_000 { events.removeFirst(1_000) }
    }

    func violate(_ promise: String, _ detail: String) {
        guard violation == nil else { return }
        note("VIOLATED \(promise): \(detail)")
        violation = Violation(
            promise: promise, detail: detail, step: tally.steps, nanoseconds: clock.nanoseconds)
    }

    // MARK: who is there, and what is under way

    func isThere(_ party: IncidentParty) -> Bool { isUp[party] ?? false }
    func life(_ party: IncidentParty) -> Int { lives[party] ?? 0 }

    /// Whether a party dies here.
    func dies(_ party: IncidentParty) -> Bool {
        guard isFaulty, crashOdds > 0, pick(crashOdds) == 0 else { return false }
        kill(party)
        return true
    }

    func kill(_ party: IncidentParty) {
        guard isThere(party) else { return }
        tally.deaths += 1
        note("\(party.rawValue) dies")
        isUp[party] = false
        lives[party] = life(party) + 1
        if party == .triage { asking = nil }
        if party == .remediation { remediation.working = [] }
        // Some stay away for long: then deadlines pass.
        let isLong = options.story == nil && pick(party == .remediation ? 2 : 8) == 0
        after(isLong ? seconds(30, 700) : seconds(0.05, 3)) { self.revive(party) }
    }

    private func revive(_ party: IncidentParty) {
        note("\(party.rawValue) is back")
        isUp[party] = true
        if party == .triage { takeOver() }
        if party == .remediation { resumeWork() }
    }

    /// The death that was ordered, if this is its moment.
    func meet(_ errand: IncidentStep.Errand, _ occasion: IncidentKill.Occasion) {
        guard let kill = options.kill, !hasKilled, kill.errand == errand, kill.occasion == occasion else { return }
        hasKilled = true
        self.kill(kill.party)
    }

    /// A message from one party to another: late, lost or doubled. The sender's and the broker's life may end meanwhile.
    func send(_ from: IncidentParty, _ to: IncidentParty, _ arrives: @escaping Happening) {
        tally.questions += 1
        let life = life(.broker)
        guard isThere(.broker) else { return }
        var copies = 1
        if isFaulty, lossOdds > 0, pick(lossOdds) == 0 {
            tally.lost += 1
            copies = 0
        } else if isFaulty, lossOdds > 0, pick(lossOdds) == 0 {
            tally.doubled += 1
            copies = 2
        }
        if isFaulty, crashOdds > 0, pick(crashOdds * 4) == 0 { kill(.broker) }
        for _ in 0..<copies {
            // What is late may be very late.
            let isLate = isFaulty && lossOdds > 0 && pick(lossOdds * 3) == 0
            after(isLate ? seconds(5, 400) : seconds(0.0005, 0.2)) {
                guard self.life(.broker) == life, self.isThere(to) else { return }
                arrives()
            }
        }
    }

    /// A question and its answer: the answer reaches only the one who asked, and only in the life in which it did.
    func call<Answer>(
        _ from: IncidentParty, _ to: IncidentParty, _ serve: @escaping (@escaping (Answer) -> Void) -> Void,
        answered: @escaping (Answer) -> Void
    ) {
        let life = life(from)
        send(from, to) {
            serve { answer in
                self.send(to, from) {
                    guard self.life(from) == life else { return }
                    answered(answer)
                }
            }
        }
    }

    private func heal() {
        note("all is well from now on")
        isFaulty = false
        for party in IncidentParty.allCases where !isThere(party) { isUp[party] = true }
        takeOver()
    }
}
