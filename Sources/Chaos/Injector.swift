import Contracts
public import Faults
import Glibc
import Host
import Signals

/// Does a fault to a cluster. What takes each step back is on disk before the step is done.
public struct Injector {
    private let world: World
    private let fault: Fault
    private let folder: UndoFolder
    private let bell: Bell

    /// What lasts goes on in this process until the bell rings.
    public init(_ fault: Fault, _ world: World, bell: Bell) {
        self.fault = fault
        self.world = world
        self.bell = bell
        folder = UndoFolder(data: world.data)
    }

    /// Does all steps in their order, until the bell rings. One that fails leaves those before it to be cleared.
    public func inject() throws {
        guard try folder.record(fault.name) == nil else { throw ChaosFault.begun(fault.name) }
        let own = ProcessFiles.ownNumber
        var record = UndoRecord(
            fault: fault.name, process: own, born: UndoRecord.birth(of: own), begun: WallTime.now.nanoseconds)
        try folder.keep(record)
        for step in fault.steps where !bell.isRung { try take(step, &record) }
    }

    private func take(_ step: FaultStep, _ record: inout UndoRecord) throws {
        func note(_ undo: Undo) throws {
            record.undos.append(undo)
            try folder.keep(record)
        }
        switch step {
        case .set(let title, _), .patch(let title, _), .remove(let title, _, _):
            try Commits(data: world.data, person: world.person).make(step) {
                try note(.revert(commit: $0, title: title))
            }
        case .signal(let signal):
            try note(.wake)
            if step.lasts { Lasting(world: world, bell: bell).start(step) } else { try send(signal) }
        case .fill(let fill):
            let file = "\(world.data)/\(fill.file)"
            guard access(file, F_OK) != 0 else {
                throw ChaosFault.refused("expected nothing at \(file), found something: it would be removed")
            }
            try note(.remove(file: file))
            Lasting(world: world, bell: bell).start(step)
        case .row(let row):
            try note(.statements(service: row.service, row.inverse))
            try ServiceFile.run(row.statements, on: "\(world.data)/\(row.service).sqlite")
        case .carrier(let carrier):
            guard let present = world.ask("GET", "carrier", "/behaviour", nil), present.status == 200 else {
                throw ChaosFault.noProcess("carrier")
            }
            try note(.behaviour(String(decoding: present.body, as: UTF8.self)))
            try behave(carrier)
        case .load: Lasting(world: world, bell: bell).start(step)
        case .wait(let seconds): _ = bell.pass(seconds)
        }
    }

    private func send(_ step: SignalStep) throws {
        let processes = world.processes(step.role, step.slot)
        guard !processes.isEmpty, let number = Signal.number(step.signal) else { throw ChaosFault.noProcess(step.role) }
        for process in processes { kill(process, number) }
        guard let seconds = step.forSeconds else { return }
        _ = bell.pass(seconds)
        for process in processes { kill(process, SIGCONT) }
    }

    private func behave(_ step: CarrierStep) throws {
        let body = "{\"mode\":\"\(step.mode)\",\"share\":\(step.share),\"delay_ms\":\(step.delayMilliseconds)}"
        guard let answer = world.ask("PUT", "carrier", "/behaviour", Array(body.utf8)) else {
            throw ChaosFault.noProcess("carrier")
        }
        guard answer.status == 200 else {
            throw ChaosFault.refused(
                "the carrier's door answered \(answer.status): \(String(decoding: answer.body, as: UTF8.self))")
        }
    }
}
