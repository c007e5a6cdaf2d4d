import CCurl
import Synchronization

/// What the client's thread is told.
final class ClientMailbox: Sendable {
    enum Letter: Sendable {
        case send(Transfer)
        case cancel(UInt64)
        case close
    }

    private struct State {
        var letters: [Letter] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    // Holds because it never changes, and because the lock is held while it is used from other threads than its own.
    nonisolated(unsafe) let multi: UnsafeMutableRawPointer?

    init(_ multi: UnsafeMutableRawPointer?) { self.multi = multi }

    /// false when nobody will read it any more.
    func post(_ letter: Letter) -> Bool {
        state.withLock { state in
            guard !state.isClosed else { return false }
            state.letters.append(letter)
            if state.letters.count == 1 { curl_multi_wakeup(multi) }
            return true
        }
    }

    func take() -> [Letter] {
        state.withLock { state in
            defer { state.letters = [] }
            return state.letters
        }
    }

    func close() -> [Letter] {
        state.withLock { state in
            state.isClosed = true
            defer { state.letters = [] }
            return state.letters
        }
    }
}

/// The client's thread: it alone touches the library's handles.
struct ClientLoop {
    /// Handles that are kept for the next requests; their connections live in the set and are kept in any case.
    private static let mostSpares = 64

    let mailbox: ClientMailbox
    let authorities: String?
    private var transfers: [Transfer] = []
    private var spares: [UnsafeMutableRawPointer] = []

    init(_ mailbox: ClientMailbox, authorities: String?) {
        self.mailbox = mailbox
        self.authorities = authorities
    }

    mutating func run() {
        guard let multi = mailbox.multi else { return closeAll() }
        while read(mailbox.take()) {
            var running: Int32 = 0
            curl_multi_perform(multi, &running)
            finishDone(multi)
            curl_multi_poll(multi, nil, 0, 1_000, nil)
        }
        closeAll()
    }

    /// false when it is time to end.
    private mutating func read(_ letters: [ClientMailbox.Letter]) -> Bool {
        for letter in letters {
            switch letter {
            case .send(let transfer): begin(transfer)
            case .cancel(let number): cancel(number)
            case .close: return false
            }
        }
        return true
    }

    private mutating func begin(_ transfer: Transfer) {
        guard let easy = spares.popLast() ?? curl_easy_init() else {
            return transfer.finish(.failure(.badRequest("there is no memory for another request")))
        }
        guard transfer.prepare(easy, authorities: authorities) else {
            curl_easy_cleanup(easy)
            return transfer.finish(.failure(.badRequest("\(transfer.request.place), or one of its headers")))
        }
        transfers.append(transfer)
        curl_multi_add_handle(mailbox.multi, easy)
    }

    private mutating func cancel(_ number: UInt64) {
        guard let transfer = transfers.first(where: { $0.number == number }) else { return }
        remove(transfer)
        transfer.finish(.failure(.cancelled))
    }

    private mutating func finishDone(_ multi: UnsafeMutableRawPointer) {
        var code = CURLE_OK
        while let easy = curl_next_done(multi, &code) {
            guard let context = curl_private(easy) else { continue }
            let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
            let result = transfer.result(code, status: Int(curl_status(easy)))
            remove(transfer)
            transfer.finish(result)
        }
    }

    private mutating func remove(_ transfer: Transfer) {
        guard let easy = transfer.easy else { return }
        curl_multi_remove_handle(mailbox.multi, easy)
        transfers.removeAll { $0 === transfer }
        if spares.count < Self.mostSpares {
            curl_easy_reset(easy)
            spares.append(easy)
        } else {
            curl_easy_cleanup(easy)
        }
    }

    private mutating func closeAll() {
        for letter in mailbox.close() {
            if case .send(let transfer) = letter { transfer.finish(.failure(.closed)) }
        }
        for transfer in transfers {
            remove(transfer)
            transfer.finish(.failure(.closed))
        }
        for easy in spares { curl_easy_cleanup(easy) }
        if let multi = mailbox.multi { curl_multi_cleanup(multi) }
    }
}
