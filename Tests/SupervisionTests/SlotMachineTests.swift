import Contracts
import Testing

@testable import Supervision

/// Every state in which a slot can be, made by the events that lead there; always at second 100.
enum Situation: String, CaseIterable {
    case down, startingWithoutPid, starting, ready, backingOff
    case stoppingWithoutPid, stopping, stoppingToStart, stoppingForFault, failed

    static let now = Moment(nanoseconds: 100_000_000_000)

    var machine: SlotMachine {
        var limits = SlotLimits()
        limits.intensity = .init(faults: 3, within: .seconds(30))
        limits.memoryBytes = 64 << 20
        var machine = SlotMachine(limits: limits, seed: 1)
        for event in path { _ = machine.handle(event, at: Self.now) }
        return machine
    }

    private var path: [SlotMachine.Event] {
        let up: [SlotMachine.Event] = [.startWanted, .spawned(pid: 7), .becameReady]
        let crash: [SlotMachine.Event] = [.exited(.signal(11, core: true))]
        switch self {
        case .down: return []
        case .startingWithoutPid: return [.startWanted]
        case .starting: return Array(up.prefix(2))
        case .ready: return up
        // The first fault is followed by a start at once, the second one by a wait.
        case .backingOff: return up + crash + [.spawned(pid: 7), .becameReady] + crash
        case .stoppingWithoutPid: return [.startWanted, .stopWanted]
        case .stopping: return up + [.stopWanted]
        case .stoppingToStart: return up + [.restartWanted]
        case .stoppingForFault: return up + [.hung]
        case .failed: return up + [.exited(.code(78))]
        }
    }
}

/// One cell of the table: what an event does in a situation.
struct Cell: CustomTestStringConvertible {
    let situation: Situation
    let event: SlotMachine.Event
    /// The state's name afterwards; for a stopping slot with what follows.
    let becomes: String
    let effects: [SlotMachine.Effect]

    var testDescription: String { "\(situation) × \(event)" }
}

extension SlotMachine {
    /// The state in words that tell apart what the table tells apart.
    var words: String {
        switch state {
        case .starting(let pid, _, _): pid == nil ? "starting, no pid" : "starting"
        case .stopping(let pid, _, let then):
            switch then {
            case .rest: pid == nil ? "stopping, no pid" : "stopping"
            case .startAgain: pid == nil ? "stopping to start, no pid" : "stopping to start"
            case .fault: pid == nil ? "stopping for a fault, no pid" : "stopping for a fault"
            }
        default: stateName
        }
    }
}

@Suite("The life of a slot, cell by cell")
struct SlotMachineTests {
    @Test("every event is decided in every state", arguments: table)
    func cell(_ cell: Cell) {
        var machine = cell.situation.machine
        let effects = machine.handle(cell.event, at: Situation.now)
        #expect(machine.words == cell.becomes)
        #expect(effects == cell.effects)
    }

    @Test("the table of the test holds every pair of a state and an event once")
    func completeness() {
        func kind(_ event: SlotMachine.Event) -> String { String("\(event)".prefix { $0 != "(" }) }
        let pairs = table.map { "\($0.situation) × \(kind($0.event))" }
        #expect(Set(pairs).count == pairs.count)
        #expect(pairs.count == Situation.allCases.count * 15)
    }

    @Test("the first fault is followed by a start at once, later ones by ever longer waits, then it is given up")
    func faultsAddUp() {
        var machine = Situation.ready.machine
        var waits: [Duration] = []
        for _ in 1...3 {
            for case .note(.backingOff(let wait)) in machine.handle(.exited(.code(1)), at: Situation.now) {
                waits.append(wait)
            }
            if case .backingOff(let until, _) = machine.state { _ = machine.handle(.backOffOver, at: until) }
            _ = machine.handle(.spawned(pid: 8), at: Situation.now)
        }
        #expect(waits.count == 2)
        #expect(waits[0] <= .milliseconds(100) && waits[1] <= .milliseconds(200))
        let last = machine.handle(.exited(.code(1)), at: Situation.now)
        #expect(machine.hasFailed)
        #expect(last.contains { if case .note(.gaveUp) = $0 { true } else { false } })
    }

    @Test("a ready worker that is killed from outside is replaced at once, a hundred times over")
    func outsideKills() {
        var machine = Situation.ready.machine
        for _ in 1...100 {
            #expect(machine.handle(.exited(.signal(9, core: false)), at: Situation.now).last == .spawn)
            _ = machine.handle(.spawned(pid: 8), at: Situation.now)
            _ = machine.handle(.becameReady, at: Situation.now)
        }
        #expect(machine.restarts == 100)
        #expect(machine.isReady)
    }

    @Test("who kills every start makes the slot wait, but never fail")
    func interruptedStarts() {
        var machine = Situation.starting.machine
        #expect(machine.handle(.exited(.signal(9, core: false)), at: Situation.now).last == .spawn)
        for _ in 1...20 {
            _ = machine.handle(.spawned(pid: 8), at: Situation.now)
            _ = machine.handle(.exited(.signal(9, core: false)), at: Situation.now)
            #expect(machine.stateName == "backing off")
            _ = machine.handle(.backOffOver, at: Situation.now)
        }
    }

    @Test("thirty seconds of being ready make earlier faults another story")
    func forgetting() {
        var machine = Situation.backingOff.machine
        _ = machine.handle(.backOffOver, at: Situation.now)
        _ = machine.handle(.spawned(pid: 8), at: Situation.now)
        _ = machine.handle(.becameReady, at: Situation.now)
        let later = Situation.now + .seconds(30)
        let effects = machine.handle(.exited(.code(1)), at: later)
        #expect(effects.last == .spawn)
    }

    @Test("a slow retry that dies fails again at once, and one that an operator asks for starts afresh")
    func probation() {
        var machine = Situation.failed.machine
        let retry = Situation.now + .seconds(60)
        #expect(machine.due(at: retry) == .retryDue)
        _ = machine.handle(.retryDue, at: retry)
        _ = machine.handle(.exited(.code(1)), at: retry)
        #expect(machine.hasFailed)
        _ = machine.handle(.startWanted, at: retry)
        #expect(machine.handle(.exited(.code(1)), at: retry).last == .spawn)
    }

    @Test("a fault that ends in a kill counts like a death, and tells its reason")
    func hangCounts() {
        var machine = Situation.stoppingForFault.machine
        let effects = machine.handle(.exited(.signal(6, core: true)), at: Situation.now)
        #expect(effects == [.note(.died(reason: "hung: it gave no sign of life", counted: true)), .spawn])
        #expect(machine.deaths == 1)
    }

    @Test("each waiting state says when it wants to be asked again")
    func deadlines() {
        let now = Situation.now
        #expect(Situation.starting.machine.deadline == now + .seconds(10))
        #expect(Situation.stopping.machine.deadline == now + .seconds(10))
        #expect(Situation.stoppingForFault.machine.deadline == now + .milliseconds(200))
        #expect(Situation.failed.machine.deadline == now + .seconds(60))
        #expect(Situation.ready.machine.deadline == nil && Situation.down.machine.deadline == nil)
        let due = Situation.allCases.map { $0.machine.due(at: now + .seconds(61)) }
        #expect(
            due == [
                nil, .readinessDue, .readinessDue, nil, .backOffOver, .stopDue, .stopDue, .stopDue, .stopDue, .retryDue,
            ])
        #expect(Situation.allCases.allSatisfy { $0.machine.due(at: now) == nil })
    }
}
