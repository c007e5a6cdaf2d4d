import Faults
import Glibc
import Host
import Load

/// Steps that go on until the bell rings.
struct Lasting {
    let world: World
    let bell: Bell

    /// Does it on a thread of its own.
    func start(_ step: FaultStep) {
        bell.work("chaos") { [self] in
            switch step {
            case .signal(let step): signal(step)
            case .fill(let step): fill(step)
            case .load(let step): load(step)
            default: break
            }
        }
    }

    /// Processes come and go; between two signals there is no time to ask.
    private func signal(_ step: SignalStep) {
        guard let number = Signal.number(step.signal), let every = step.everySeconds else { return }
        var handles: [ProcessHandle] = []
        var looked = 0.0
        while !bell.isRung {
            if Bell.seconds() - looked > 1 {
                handles = world.processes(step.role, step.slot).compactMap { try? ProcessHandle(pid: $0) }
                looked = Bell.seconds()
            }
            for handle in handles { handle.send(number) }
            guard let part = step.forSeconds else {
                _ = bell.pass(every)
                continue
            }
            _ = bell.pass(part)
            for handle in handles { handle.send(SIGCONT) }
            _ = bell.pass(every - part)
        }
        for handle in handles { handle.send(SIGCONT) }
    }

    private static let turn = 0.1

    private func fill(_ step: FillStep) {
        guard let file = try? Descriptor.open("\(world.data)/\(step.file)", flags: O_WRONLY | O_CREAT | O_APPEND) else {
            return
        }
        let part = max(1, Int(Double(step.bytesPerSecond) * Self.turn))
        var size = 0
        while size < step.size {
            // Blocks that are really taken; where there are none left it stays as it is, and tries again.
            if posix_fallocate(file.number, off_t(size), off_t(min(part, step.size - size))) == 0 { size += part }
            guard bell.pass(Self.turn) else { return }
        }
        while bell.pass(1) {}
    }

    private func load(_ step: LoadStep) {
        guard let plan = try? world.plan(step.rate, step.seconds), let run = try? LoadRun(plan) else { return }
        _ = try? run.run(until: { bell.isRung })
    }
}

/// Signals by their names.
enum Signal {
    static func number(_ name: String) -> Int32? {
        switch name {
        case "HUP": SIGHUP
        case "INT": SIGINT
        case "QUIT": SIGQUIT
        case "ABRT": SIGABRT
        case "KILL": SIGKILL
        case "SEGV": SIGSEGV
        case "TERM": SIGTERM
        case "STOP": SIGSTOP
        default: nil
        }
    }
}
