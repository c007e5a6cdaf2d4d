import CHost
import Glibc
import Synchronization

/// What others tell the server's thread. Only a thread that sleeps is woken, so that what comes while it works costs
/// nothing more.
final class Mailbox: Sendable {
    enum Letter: Sendable {
        case answer(Exchange, PreparedAnswer)
        case feed(EventFeed)
        case drain(Duration, CheckedContinuation<Void, Never>)
        case stop(CheckedContinuation<Void, Never>?)
    }

    private struct State {
        var letters: [Letter] = []
        var isSleeping = false
        var isClosed = false
    }

    private let state = Mutex(State())
    /// Watched by edges: ringing is enough, nobody needs to silence it.
    let bell = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))

    deinit { Glibc.close(bell) }

    /// false when nobody will read it any more.
    func post(_ letter: Letter) -> Bool {
        let (isTaken, isSleeping) = state.withLock { state in
            guard !state.isClosed else { return (false, false) }
            state.letters.append(letter)
            defer { state.isSleeping = false }
            return (true, state.isSleeping)
        }
        if isSleeping { eventfd_write(bell, 1) }
        return isTaken
    }

    /// Whether the thread may sleep: from now on a letter rings.
    func sleeps() -> Bool {
        state.withLock { state in
            state.isSleeping = state.letters.isEmpty
            return state.isSleeping
        }
    }

    /// Everything that came; empty the vessel that is handed over, its memory is used again.
    func take(_ vessel: inout [Letter]) {
        state.withLock { state in
            state.isSleeping = false
            swap(&state.letters, &vessel)
        }
    }

    func close(_ rest: inout [Letter]) {
        state.withLock { state in
            state.isClosed = true
            swap(&state.letters, &rest)
        }
    }
}
