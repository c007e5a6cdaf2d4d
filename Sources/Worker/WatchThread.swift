import Bus
import Contracts
import Glibc
import Host

/// The thread that waits for what comes from outside the bus: signals, the guardian's end, the clock. It never
/// touches the pool, so a blocked pool cannot keep a process from being told to stop.
final class WatchThread: Sendable {
    // A SignalReader is a descriptor and reads from it; only this thread does.
    nonisolated(unsafe) private let signals: SignalReader
    private let lifeline: Descriptor
    private let bell: Descriptor
    private let deadline: @Sendable () -> Moment
    private let happened: @Sendable (WorkerLife.Event) -> Void
    private let everySecond: @Sendable () -> Void

    init(
        signals: SignalReader, lifeline: Descriptor, bell: Descriptor, deadline: @escaping @Sendable () -> Moment,
        happened: @escaping @Sendable (WorkerLife.Event) -> Void, everySecond: @escaping @Sendable () -> Void
    ) {
        self.signals = signals
        self.lifeline = lifeline
        self.bell = bell
        self.deadline = deadline
        self.happened = happened
        self.everySecond = everySecond
    }

    func start() {
        NativeThread(name: "watch") { [self] in
            var next = Moment.now + .seconds(1)
            var orphaned = false
            while true {
                let until = min(deadline(), next)
                var interests = [
                    Poll.interest(signals.descriptor.number), Poll.interest(bell.number),
                ]
                if !orphaned { interests.append(Poll.interest(lifeline.number)) }
                let ready = Poll.wait(interests, until: until.nanoseconds)
                if ready[0].revents != 0, let taken = try? signals.take(), !taken.isEmpty { happened(.stopWanted) }
                if ready[1].revents != 0 { bell.silence() }
                if !orphaned, ready[2].revents != 0 {
                    orphaned = true
                    happened(.guardianGone)
                }
                happened(.tick)
                if Moment.now >= next {
                    next = Moment.now + .seconds(1)
                    everySecond()
                }
            }
        }.start()
    }
}
