import Bus
import Commands
import Contracts
import Distributed
import FoundationEssentials
import Glibc
import Host

/// How a load is asked for.
struct Offer: Sendable {
    enum Kind: Sendable { case plain, idempotent, deliver }
    var kind = Kind.plain
    var rate = 200
    /// nil goes on until a signal.
    var seconds: Int?
    var patience = Duration.seconds(5)
    /// How long each call takes at the worker.
    var work = 0
    var live = false

    init(_ invocation: Invocation) {
        if invocation.has("idempotent") { kind = .idempotent }
        if invocation.has("deliver") { kind = .deliver }
        rate = invocation.number("rate") ?? rate
        seconds = invocation.number("seconds")
        patience = .milliseconds(invocation.number("patience") ?? 5_000)
        work = invocation.number("work") ?? 0
        live = invocation.has("live")
    }
}

/// Offers calls on schedule, whatever becomes of the earlier ones, and never offers one twice.
final class Generator {
    private let bus: BusSystem
    private let offer: Offer
    private let tally = Tally()
    private let signals: SignalReader
    private var lastLine = Moment.zero

    init(bus: BusSystem, offer: Offer, signals: SignalReader) {
        self.bus = bus
        self.offer = offer
        self.signals = signals
    }

    func run() throws {
        let echo = try $Echo<BusSystem>.resolve(id: BusID(role: "echo"), using: bus)
        let start = Moment.now
        let interval = Int64(1_000_000_000 / offer.rate)
        let end = offer.seconds.map { start + .seconds($0) } ?? .never
        var next = start
        while next < end, try !wait(until: next) {
            call(echo, due: next)
            next = next.adding(interval)
        }
        // Each call ends by its own deadline; what does not, within a second more, never will.
        let last = Moment.now + offer.patience + .seconds(1)
        while tally.report.open > 0, Moment.now < last { poll(nil, 0, 10) }
        tally.giveUp()
        Output.write(try line() + "\n", to: STDOUT_FILENO)
    }

    /// True when a signal asked for the end before the moment came.
    private func wait(until moment: Moment) throws -> Bool {
        tell()
        repeat {
            let ready = Poll.wait([Poll.interest(signals.descriptor.number)], until: moment.nanoseconds)
            if ready[0].revents != 0, try !signals.take().isEmpty { return true }
        } while Moment.now < moment
        return false
    }

    private func tell() {
        guard offer.live, Moment.now >= lastLine + .seconds(1), tally.report.ok > 0, let text = try? line() else {
            return
        }
        lastLine = .now
        Output.write(text + "\n", to: STDOUT_FILENO)
    }

    private func line() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return String(decoding: try encoder.encode(tally.report), as: UTF8.self)
    }

    private func call(_ echo: $Echo<BusSystem>, due: Moment) {
        tally.offered()
        Task { [tally, offer, bus] in
            do {
                try await withCallOptions(patience: offer.patience, idempotent: offer.kind == .idempotent) {
                    switch offer.kind {
                    case .plain, .idempotent: _ = try await echo.add(1, after: offer.work)
                    case .deliver:
                        _ = try await bus.deliver(Delivery(role: "echo", type: "Say", body: Packed.encode("hello")))
                    }
                }
                tally.ended(nil, due: due)
            } catch { tally.ended(error, due: due) }
        }
    }
}

/// Writes at once: a test that reads lines must not wait for a full buffer.
enum Output {
    static func write(_ text: String, to descriptor: Int32) {
        let bytes = Array(text.utf8)
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            // Nobody reads any more.
            guard count > 0 else { return }
            written += count
        }
    }
}
