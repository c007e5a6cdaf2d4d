import Contracts
import Host
import Synchronization

/// What other threads (the bus above all) tell the supervisor: posted from anywhere, taken by its loop.
final class Inbox: Sendable {
    enum Letter: Sendable {
        /// The broker has heard nothing from this process for too long.
        case hung(SlotName, spawn: UInt64)
        /// That start of the broker gave an answer, whatever it was.
        case brokerAnswered(spawn: UInt64)
        /// A command; `reply` is called once, on the supervisor's thread, and must not block it.
        case request(ControlRequest, reply: @Sendable (ControlAnswer) -> Void)
        /// An agent's order with its capability; `reply` as above, with nil where the supervisor knows nothing yet.
        case order(DoorOrder, reply: @Sendable (DoorAnswer?) -> Void)
        /// The next part of the work that a capability permits.
        case next(UUID, ControlRequest, author: String)
        /// What was merged, from who watches the repository.
        case deploy(DeployOrder, reply: @Sendable (ControlAnswer) -> Void)
        /// How the objectives stand: asked for when a deploy began, and around the watch over a role.
        case objectives(commit: String, role: String?, since: [ObjectiveReport], now: [ObjectiveReport]?)
    }

    /// Readable while there are letters.
    let bell: Descriptor
    private let letters = Mutex<[Letter]>([])

    init() throws { bell = try Descriptor.bell() }

    func post(_ letter: Letter) {
        let isFirst = letters.withLock { letters in
            letters.append(letter)
            return letters.count == 1
        }
        if isFirst { bell.ring() }
    }

    func take() -> [Letter] {
        // The bell before the letters: one posted in between rings it again.
        bell.silence()
        return letters.withLock { letters in
            defer { letters = [] }
            return letters
        }
    }
}
