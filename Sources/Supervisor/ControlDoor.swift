import Contracts
import FoundationEssentials
import Glibc
import Host
import Signals
import Supervision

/// The control socket and its clients: a JSON request a line, a JSON answer a line.
///
/// A client's next line is read when its last one has been answered; so nobody can make us hold more than one request
/// and one answer for him, and answers come in the order of the questions. Clients do not wait for each other.
final class ControlDoor {
    static let mostClients = 64
    static let longestLine = 64 * 1024

    final class Connection {
        let descriptor: Descriptor
        var input: [UInt8] = []
        var output: [UInt8] = []
        var isBusy = false
        /// Its client sends nothing more, but may still wait for answers.
        var hasEnded = false
        var isClosed = false

        init(_ descriptor: Descriptor) { self.descriptor = descriptor }
    }

    private let listener: Descriptor
    /// Without descriptors left a waiting connection would wake the loop for ever.
    private var isPaused = false
    private var connections: [Connection] = []

    init(listener: Descriptor) { self.listener = listener }

    /// What to wait for; `serve` wants the same entries back with what happened.
    var interests: [pollfd] {
        // Above the limit connections wait in the kernel.
        let isFull = isPaused || connections.count >= Self.mostClients
        return [Poll.interest(isFull ? -1 : listener.number)]
            + connections.map { connection in
                var entry = Poll.interest(connection.descriptor.number, writing: !connection.output.isEmpty)
                if connection.isBusy || connection.hasEnded { entry.events &= ~Int16(POLLIN) }
                return entry
            }
    }

    /// Reads and writes what can be, and gives the requests that have come in whole.
    func serve(_ ready: [pollfd]) -> [(ControlRequest, Connection)] {
        guard let first = ready.first, ready.count == connections.count + 1 else { return [] }
        for (connection, entry) in zip(connections, ready.dropFirst()) where entry.revents != 0 {
            serve(connection, entry.revents)
        }
        if first.revents != 0 { accept() }
        let requests = connections.compactMap { connection in
            nextRequest(of: connection).map { ($0, connection) }
        }
        connections.removeAll { $0.isClosed || ($0.hasEnded && !$0.isBusy && $0.output.isEmpty) }
        return requests
    }

    /// Whether a line has come already whose turn is now: nothing will wake the loop for it.
    var hasWaitingLine: Bool {
        connections.contains { connection in
            !connection.isBusy && connection.output.isEmpty && connection.input.contains(UInt8(ascii: "\n"))
        }
    }

    func answer(_ answer: ControlAnswer, to connection: Connection) {
        connection.isBusy = false
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            connection.output += try encoder.encode(answer) + [UInt8(ascii: "\n")]
            write(connection)
        } catch {
            Log.standard.write(.error, "answer not encoded", ["error": "\(error)"])
            connection.isClosed = true
        }
    }

    /// Gives clients the time to take their last answers.
    func flush(within: Duration) {
        let until = MonotonicClock.now() + UInt64(max(0, within.wholeNanoseconds))
        while MonotonicClock.now() < until {
            let waiting = connections.filter { !$0.output.isEmpty && !$0.isClosed }
            guard !waiting.isEmpty else { return }
            _ = Poll.wait(
                waiting.map { pollfd(fd: $0.descriptor.number, events: Int16(POLLOUT), revents: 0) }, until: until)
            for connection in waiting { write(connection) }
        }
    }

    /// Accepts again, if that had failed; to be called now and then.
    func resume() { isPaused = false }

    private func accept() {
        do {
            while connections.count < Self.mostClients, let socket = try UnixSocket.accept(from: listener) {
                connections.append(Connection(socket))
            }
        } catch {
            isPaused = true
            Log.standard.limited("accept", .error, "control connection not accepted", ["error": "\(error)"])
        }
    }

    private func serve(_ connection: Connection, _ events: Int16) {
        let hangsUp = events & Int16(POLLHUP) != 0 && (connection.isBusy || connection.hasEnded)
        if hangsUp || events & Int16(POLLERR | POLLNVAL) != 0 {
            // Nobody is there to hear the answer; what was asked for goes on.
            connection.isClosed = true
            return
        }
        if !connection.output.isEmpty { write(connection) }
        guard !connection.isBusy, !connection.hasEnded, events & Int16(POLLIN | POLLHUP) != 0 else { return }
        do {
            guard let bytes = try connection.descriptor.read(upTo: 16 * 1024) else { return }
            connection.input += bytes
            if bytes.isEmpty { connection.hasEnded = true }
        } catch {
            connection.isClosed = true
        }
    }

    private func write(_ connection: Connection) {
        do {
            let count = try connection.descriptor.write(connection.output)
            connection.output.removeFirst(count)
        } catch {
            connection.isClosed = true
        }
    }

    private func nextRequest(of connection: Connection) -> ControlRequest? {
        while !connection.isBusy, connection.output.isEmpty, !connection.isClosed {
            guard let end = connection.input.firstIndex(of: UInt8(ascii: "\n")) else {
                if connection.input.count > Self.longestLine {
                    refuse("a line may have \(Self.longestLine) bytes", connection)
                    connection.isClosed = true
                }
                return nil
            }
            let line = Data(connection.input[..<end])
            connection.input.removeSubrange(...end)
            connection.isBusy = true
            do {
                return try JSONDecoder().decode(ControlRequest.self, from: line)
            } catch {
                refuse("expected a request such as {\"status\":{}}: \(error)", connection)
            }
        }
        return nil
    }

    private func refuse(_ reason: String, _ connection: Connection) {
        answer(.refused(reason: reason), to: connection)
    }
}
