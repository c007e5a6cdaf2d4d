import Contracts

// The table: one function for each state, one case for each event.
extension SlotMachine {
    mutating func whenDown(_ event: Event, _ now: Moment) -> [Effect] {
        switch event {
        case .startWanted, .restartWanted: start(now)
        case .adopted(let pid, let ready, let since): adopt(pid, ready, since, now)
        // A process that nobody wants any more: the order to start it crossed the word that it was lost.
        case .spawned: [.signal(Signal.kill, group: true)]
        // News of a process that is gone already, and timers that were overtaken.
        case .stopWanted, .spawnRefused, .becameReady, .exited, .hung, .overMemory, .readinessDue,
            .readinessPostponed, .stopDue, .backOffOver, .retryDue:
            []
        }
    }

    mutating func whenStarting(
        _ event: Event, _ now: Moment, _ pid: Int32?, _ since: Moment, _ deadline: Moment
    ) -> [Effect] {
        switch event {
        case .spawned(let pid):
            state = .starting(pid: pid, since: since, deadline: deadline)
            return []
        case .becameReady:
            guard let pid else { return [] }
            interruptions = 0
            state = .ready(pid: pid, since: now)
            return [.note(.ready)]
        case .spawnRefused(let reason): return settle(.fault("could not be started: \(reason)"), now)
        case .exited(let status): return settle(Death(status, readyFor: nil), now)
        case .readinessDue:
            return abort("was not ready within \(limits.readyWithin.inSeconds) s", pid, now)
        case .readinessPostponed:
            state = .starting(pid: pid, since: since, deadline: now + limits.readyWithin)
            return []
        case .hung: return abort("hung: it gave no sign of life", pid, now)
        case .overMemory(let bytes): return killForMemory(bytes, pid, now)
        case .restartWanted: return stop(pid, then: .startAgain, now)
        case .stopWanted: return stop(pid, then: .rest, now)
        // It is on its way already; the timers are of other states.
        case .startWanted, .adopted, .stopDue, .backOffOver, .retryDue: return []
        }
    }

    mutating func whenReady(_ event: Event, _ now: Moment, _ pid: Int32, _ since: Moment) -> [Effect] {
        switch event {
        case .exited(let status):
            forgetFaults(readySince: since, now)
            return settle(Death(status, readyFor: now.since(since)), now)
        case .hung:
            forgetFaults(readySince: since, now)
            return abort("hung: it gave no sign of life", pid, now)
        case .overMemory(let bytes):
            forgetFaults(readySince: since, now)
            return killForMemory(bytes, pid, now)
        case .restartWanted:
            forgetFaults(readySince: since, now)
            return stop(pid, then: .startAgain, now)
        case .stopWanted:
            forgetFaults(readySince: since, now)
            return stop(pid, then: .rest, now)
        // It runs; whatever led here was told before.
        case .startWanted, .spawned, .spawnRefused, .becameReady, .adopted, .readinessDue, .readinessPostponed,
            .stopDue, .backOffOver, .retryDue:
            return []
        }
    }

    mutating func whenBackingOff(_ event: Event, _ now: Moment) -> [Effect] {
        switch event {
        case .backOffOver: return startAgain(now)
        // An operator's word is worth more than the wait.
        case .startWanted, .restartWanted: return startAgain(now)
        case .stopWanted:
            state = .down
            return [.note(.stopped(nil))]
        case .adopted(let pid, let ready, let since): return adopt(pid, ready, since, now)
        // Nothing runs: the order to start it crossed the word that it was lost.
        case .spawned: return [.signal(Signal.kill, group: true)]
        case .spawnRefused, .becameReady, .exited, .hung, .overMemory, .readinessDue, .readinessPostponed, .stopDue,
            .retryDue:
            return []
        }
    }

    mutating func whenStopping(_ event: Event, _ now: Moment, _ pid: Int32?, _ then: Sequel) -> [Effect] {
        switch event {
        // The stop was wanted before the guardian had answered: now there is something to stop.
        case .spawned(let pid): return stop(pid, then: then, now)
        case .spawnRefused: return gone(nil, then, now)
        case .exited(let status): return gone(status, then, now)
        case .stopDue:
            // After KILL only a process inside the kernel is still there; ask again each second until it is not.
            state = .stopping(pid: pid, deadline: now + .seconds(1), then: then)
            guard pid != nil else { return [] }
            return [.signal(Signal.kill, group: true), .note(.killing(reason: "did not stop in time"))]
        case .overMemory(let bytes):
            guard case .fault = then else {
                return [.signal(Signal.kill, group: true), .note(.killing(reason: memoryReason(bytes)))]
            }
            return []
        case .startWanted, .restartWanted:
            if case .rest = then { redirect(to: .startAgain) }
            return []
        case .stopWanted:
            redirect(to: .rest)
            return []
        // Its deadline is running and ends in KILL.
        case .hung, .becameReady, .adopted, .readinessDue, .readinessPostponed, .backOffOver, .retryDue: return []
        }
    }

    mutating func whenFailed(_ event: Event, _ now: Moment) -> [Effect] {
        switch event {
        case .retryDue:
            onProbation = true
            return startAgain(now)
        case .startWanted, .restartWanted:
            intensity.clear()
            attempt = 0
            onProbation = false
            return startAgain(now)
        case .stopWanted:
            state = .down
            return [.note(.stopped(nil))]
        case .adopted(let pid, let ready, let since): return adopt(pid, ready, since, now)
        case .spawned: return [.signal(Signal.kill, group: true)]
        case .spawnRefused, .becameReady, .exited, .hung, .overMemory, .readinessDue, .readinessPostponed, .stopDue,
            .backOffOver:
            return []
        }
    }

    private mutating func redirect(to then: Sequel) {
        guard case .stopping(let pid, let deadline, _) = state else { return }
        state = .stopping(pid: pid, deadline: deadline, then: then)
    }
}
