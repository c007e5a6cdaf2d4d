import Contracts

// The steps that several cells of the table share.
extension SlotMachine {
    mutating func start(_ now: Moment) -> [Effect] {
        state = .starting(pid: nil, since: now, deadline: now + limits.readyWithin)
        return [.spawn]
    }

    mutating func startAgain(_ now: Moment) -> [Effect] {
        restarts += 1
        return start(now)
    }

    mutating func adopt(_ pid: Int32, _ ready: Bool, _ since: Moment, _ now: Moment) -> [Effect] {
        // Its readiness deadline begins anew: its earlier supervisor may have been away for long.
        state =
            ready
            ? .ready(pid: pid, since: since)
            : .starting(pid: pid, since: since, deadline: now + limits.readyWithin)
        return []
    }

    mutating func stop(_ pid: Int32?, then: Sequel, _ now: Moment) -> [Effect] {
        let faulty: Bool = if case .fault = then { true } else { false }
        state = .stopping(pid: pid, deadline: now + (faulty ? limits.abortGrace : limits.stopWithin), then: then)
        guard pid != nil else { return [] }
        // To the worker alone: how its own children end is for it to say, as long as its deadline has not passed.
        return [.signal(faulty ? Signal.abort : Signal.terminate, group: false)]
    }

    /// ABRT for a trace, then KILL: a stopped process would not see anything else.
    mutating func abort(_ reason: String, _ pid: Int32?, _ now: Moment) -> [Effect] {
        stop(pid, then: .fault(reason), now) + [.note(.killing(reason: reason))]
    }

    /// KILL at once: a trace of a process that eats the host's memory would cost more of it.
    mutating func killForMemory(_ bytes: Int, _ pid: Int32?, _ now: Moment) -> [Effect] {
        let reason = memoryReason(bytes)
        state = .stopping(pid: pid, deadline: now + limits.abortGrace, then: .fault(reason))
        guard pid != nil else { return [] }
        return [.signal(Signal.kill, group: true), .note(.killing(reason: reason))]
    }

    func memoryReason(_ bytes: Int) -> String {
        let limit = limits.memoryBytes.map { "its limit of \($0 >> 20) MiB" } ?? "its limit"
        return "used \(bytes >> 20) MiB of memory, above \(limit)"
    }

    /// A stopping worker is gone.
    mutating func gone(_ status: ProcessExit?, _ then: Sequel, _ now: Moment) -> [Effect] {
        switch then {
        case .rest:
            state = .down
            return [.note(.stopped(status))]
        case .startAgain:
            lastReason = "restarted on request"
            return [.note(.stopped(status))] + startAgain(now)
        case .fault(let reason):
            return settle(.fault(reason), now)
        }
    }

    /// After a long time of being ready, earlier faults are another story.
    mutating func forgetFaults(readySince since: Moment, _ now: Moment) {
        guard now.since(since) >= limits.backoff.forgottenAfter else { return }
        attempt = 0
        onProbation = false
    }

    /// Decides what follows a death that nobody asked for.
    mutating func settle(_ death: Death, _ now: Moment) -> [Effect] {
        deaths += 1
        lastReason = death.reason
        switch death {
        case .outside(let reason):
            return [.note(.died(reason: reason, counted: false))] + startAgain(now)
        case .interrupted(let reason):
            interruptions += 1
            return [.note(.died(reason: reason, counted: false))] + startLater(attempt: interruptions, now)
        case .misconfigured(let reason):
            faults += 1
            return [.note(.died(reason: reason, counted: true))] + giveUp(reason, now)
        case .fault(let reason):
            attempt += 1
            faults += 1
            let died = Effect.note(.died(reason: reason, counted: true))
            let tooMany = intensity.exceeds(at: now)
            if onProbation { return [died] + giveUp("\(reason), in its slow retry", now) }
            guard !tooMany else {
                let limit = limits.intensity
                return [died]
                    + giveUp(
                        "more than \(limit.faults) faults in \(limit.within.inSeconds) s; the last: \(reason)", now)
            }
            return [died] + startLater(attempt: attempt, now)
        }
    }

    private mutating func startLater(attempt: Int, _ now: Moment) -> [Effect] {
        let delay = limits.backoff.delay(attempt: attempt, chance: &chance)
        guard delay > .zero else { return startAgain(now) }
        state = .backingOff(until: now + delay, attempt: attempt)
        return [.note(.backingOff(delay))]
    }

    private mutating func giveUp(_ reason: String, _ now: Moment) -> [Effect] {
        state = .failed(reason: reason, retryAt: now + limits.slowRetry)
        return [.note(.gaveUp(reason: reason))]
    }
}
