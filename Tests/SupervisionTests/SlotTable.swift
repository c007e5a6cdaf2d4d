import Contracts

@testable import Supervision

private typealias Row = (SlotMachine.Event, String, [SlotMachine.Effect])

private let crash = ProcessExit.signal(11, core: true)
private let crashReason = "killed by signal 11 (SEGV), core dumped"
private let late = "was not ready within 10.0 s"
private let hang = "hung: it gave no sign of life"
private let greed = "used 65 MiB of memory, above its limit of 64 MiB"
private let adopted = SlotMachine.Event.adopted(pid: 9, ready: true, since: Situation.now)
private let greedy = SlotMachine.Event.overMemory(bytes: 65 << 20)
private let killGroup = SlotMachine.Effect.signal(9, group: true)
private let terminate = SlotMachine.Effect.signal(15, group: false)
private let abort = SlotMachine.Effect.signal(6, group: false)
private func died(_ reason: String) -> SlotMachine.Effect { .note(.died(reason: reason, counted: true)) }

/// Rows in which nothing happens.
private func ignoring(_ state: String, _ events: SlotMachine.Event...) -> [Row] { events.map { ($0, state, []) } }

private func cells(_ situation: Situation, _ rows: [Row]) -> [Cell] {
    rows.map { Cell(situation: situation, event: $0.0, becomes: $0.1, effects: $0.2) }
}

let table: [Cell] =
    cells(.down, downRows) + cells(.startingWithoutPid, startingWithoutPidRows) + cells(.starting, startingRows)
    + cells(.ready, readyRows) + cells(.backingOff, backingOffRows)
    + cells(.stoppingWithoutPid, stoppingWithoutPidRows) + cells(.stopping, stoppingRows)
    + cells(.stoppingToStart, stoppingToStartRows) + cells(.stoppingForFault, stoppingForFaultRows)
    + cells(.failed, failedRows)

private let downRows: [Row] =
    [
        (.startWanted, "starting, no pid", [.spawn]), (.restartWanted, "starting, no pid", [.spawn]),
        (adopted, "ready", []), (.spawned(pid: 8), "down", [killGroup]),
    ]
    + ignoring(
        "down", .stopWanted, .spawnRefused(reason: "no"), .becameReady, .exited(crash), .hung, greedy, .readinessDue,
        .readinessPostponed, .stopDue, .backOffOver, .retryDue)

private let startingWithoutPidRows: [Row] =
    [
        (.spawned(pid: 8), "starting", []),
        (.spawnRefused(reason: "no"), "starting, no pid", [died("could not be started: no"), .spawn]),
        (.exited(crash), "starting, no pid", [died("\(crashReason) before it was ready"), .spawn]),
        (.readinessDue, "stopping for a fault, no pid", [.note(.killing(reason: late))]),
        (.hung, "stopping for a fault, no pid", [.note(.killing(reason: hang))]),
        (greedy, "stopping for a fault, no pid", []),
        (.restartWanted, "stopping to start, no pid", []), (.stopWanted, "stopping, no pid", []),
    ]
    + ignoring(
        "starting, no pid", .startWanted, .becameReady, adopted, .readinessPostponed, .stopDue, .backOffOver,
        .retryDue)

private let startingRows: [Row] =
    [
        (.becameReady, "ready", [.note(.ready)]),
        (.spawnRefused(reason: "no"), "starting, no pid", [died("could not be started: no"), .spawn]),
        (.exited(crash), "starting, no pid", [died("\(crashReason) before it was ready"), .spawn]),
        (.readinessDue, "stopping for a fault", [abort, .note(.killing(reason: late))]),
        (.hung, "stopping for a fault", [abort, .note(.killing(reason: hang))]),
        (greedy, "stopping for a fault", [killGroup, .note(.killing(reason: greed))]),
        (.restartWanted, "stopping to start", [terminate]), (.stopWanted, "stopping", [terminate]),
    ]
    + ignoring(
        "starting", .startWanted, .spawned(pid: 8), adopted, .readinessPostponed, .stopDue, .backOffOver, .retryDue)

private let readyRows: [Row] =
    [
        (.exited(crash), "starting, no pid", [died(crashReason), .spawn]),
        (.hung, "stopping for a fault", [abort, .note(.killing(reason: hang))]),
        (greedy, "stopping for a fault", [killGroup, .note(.killing(reason: greed))]),
        (.restartWanted, "stopping to start", [terminate]), (.stopWanted, "stopping", [terminate]),
    ]
    + ignoring(
        "ready", .startWanted, .spawned(pid: 8), .spawnRefused(reason: "no"), .becameReady, adopted, .readinessDue,
        .readinessPostponed, .stopDue, .backOffOver, .retryDue)

private let backingOffRows: [Row] =
    [
        (.backOffOver, "starting, no pid", [.spawn]), (.startWanted, "starting, no pid", [.spawn]),
        (.restartWanted, "starting, no pid", [.spawn]), (.stopWanted, "down", [.note(.stopped(nil))]),
        (adopted, "ready", []), (.spawned(pid: 8), "backing off", [killGroup]),
    ]
    + ignoring(
        "backing off", .spawnRefused(reason: "no"), .becameReady, .exited(crash), .hung, greedy, .readinessDue,
        .readinessPostponed, .stopDue, .retryDue)

private let stoppingWithoutPidRows: [Row] =
    [
        (.spawned(pid: 8), "stopping", [terminate]),
        (.spawnRefused(reason: "no"), "down", [.note(.stopped(nil))]),
        (.exited(crash), "down", [.note(.stopped(crash))]),
        (.startWanted, "stopping to start, no pid", []), (.restartWanted, "stopping to start, no pid", []),
        (greedy, "stopping, no pid", [killGroup, .note(.killing(reason: greed))]),
    ]
    + ignoring(
        "stopping, no pid", .stopWanted, .becameReady, .hung, adopted, .readinessDue, .readinessPostponed, .stopDue,
        .backOffOver, .retryDue)

private let stoppingRows: [Row] =
    [
        (.spawned(pid: 8), "stopping", [terminate]),
        (.spawnRefused(reason: "no"), "down", [.note(.stopped(nil))]),
        (.exited(crash), "down", [.note(.stopped(crash))]),
        (.stopDue, "stopping", [killGroup, .note(.killing(reason: "did not stop in time"))]),
        (greedy, "stopping", [killGroup, .note(.killing(reason: greed))]),
        (.startWanted, "stopping to start", []), (.restartWanted, "stopping to start", []),
    ]
    + ignoring(
        "stopping", .stopWanted, .becameReady, .hung, adopted, .readinessDue, .readinessPostponed, .backOffOver,
        .retryDue)

private let stoppingToStartRows: [Row] =
    [
        (.spawned(pid: 8), "stopping to start", [terminate]),
        (.spawnRefused(reason: "no"), "starting, no pid", [.note(.stopped(nil)), .spawn]),
        (.exited(crash), "starting, no pid", [.note(.stopped(crash)), .spawn]),
        (.stopDue, "stopping to start", [killGroup, .note(.killing(reason: "did not stop in time"))]),
        (greedy, "stopping to start", [killGroup, .note(.killing(reason: greed))]),
        (.stopWanted, "stopping", []),
    ]
    + ignoring(
        "stopping to start", .startWanted, .restartWanted, .becameReady, .hung, adopted, .readinessDue,
        .readinessPostponed, .backOffOver, .retryDue)

private let stoppingForFaultRows: [Row] =
    [
        (.spawned(pid: 8), "stopping for a fault", [abort]),
        (.spawnRefused(reason: "no"), "starting, no pid", [died(hang), .spawn]),
        (.exited(crash), "starting, no pid", [died(hang), .spawn]),
        (.stopDue, "stopping for a fault", [killGroup, .note(.killing(reason: "did not stop in time"))]),
        (.stopWanted, "stopping", []),
    ]
    + ignoring(
        "stopping for a fault", greedy, .startWanted, .restartWanted, .becameReady, .hung, adopted, .readinessDue,
        .readinessPostponed, .backOffOver, .retryDue)

private let failedRows: [Row] =
    [
        (.retryDue, "starting, no pid", [.spawn]), (.startWanted, "starting, no pid", [.spawn]),
        (.restartWanted, "starting, no pid", [.spawn]), (.stopWanted, "down", [.note(.stopped(nil))]),
        (adopted, "ready", []), (.spawned(pid: 8), "failed", [killGroup]),
    ]
    + ignoring(
        "failed", .spawnRefused(reason: "no"), .becameReady, .exited(crash), .hung, greedy, .readinessDue,
        .readinessPostponed, .stopDue, .backOffOver)
