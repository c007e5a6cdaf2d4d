import Bus
import Contracts
import Delivery
public import Signals
public import Store

/// Takes an outbox's messages to their roles over the bus.
///
/// Many go in one delivery, which the broker handles as one piece of work. Where receivers died with it in hand, each
/// message goes alone, so that the one to blame shows and the others go on.
public struct Outgoing: Sendable {
    /// Beyond so many bytes a delivery carries no further message.
    private static let mostBytes = 1 << 20
    private static let patience = Duration.seconds(10)

    private let bus: BusSystem

    init(_ bus: BusSystem) { self.bus = bus }

    /// How each message ended, in their order.
    func send(_ role: String, _ messages: [OutgoingMessage]) async -> [OutboxRelay.Outcome] {
        let pieces = Outgoing.pieces(messages)
        return await withTaskGroup(of: (Int, [OutboxRelay.Outcome]).self) { group in
            for (index, piece) in pieces.enumerated() {
                group.addTask { (index, await send(role, piece: piece)) }
            }
            var ends: [[OutboxRelay.Outcome]] = Array(repeating: [], count: pieces.count)
            for await (index, outcomes) in group { ends[index] = outcomes }
            return ends.flatMap(\.self)
        }
    }

    /// What travels together, in the order of the messages.
    static func pieces(_ messages: [OutgoingMessage]) -> [ArraySlice<OutgoingMessage>] {
        var pieces: [ArraySlice<OutgoingMessage>] = []
        var start = 0
        var bytes = 0
        for (index, message) in messages.enumerated() {
            let alone = message.deaths > 0 || (index > start && messages[start].deaths > 0)
            bytes += message.message.body.count
            if index > start, alone || bytes > mostBytes {
                pieces.append(messages[start..<index])
                start = index
                bytes = message.message.body.count
            }
        }
        if start < messages.count { pieces.append(messages[start...]) }
        return pieces
    }

    private func send(_ role: String, piece: ArraySlice<OutgoingMessage>) async -> [OutboxRelay.Outcome] {
        var spans = piece.map { Span("send \($0.message.type)", kind: .producer, parent: $0.message.trace) }
        let batch = DeliveryBatch(
            zip(piece, spans).map { outgoing, span in
                let message = outgoing.message
                return .init(
                    id: message.id, type: message.type, body: message.body, trace: span.context.traceparent)
            })
        let outcomes = await exchange(role, batch, deaths: piece.count == 1 ? piece[piece.startIndex].deaths : 0)
        for index in spans.indices {
            spans[index].set("messaging.destination.name", .text(role))
            spans[index].set("messaging.message.id", .text(batch.messages[index].id))
            spans[index].end(outcomes[index] == .answered ? .ok : .error("\(outcomes[index])"))
            Tracer.standard.finish(spans[index])
        }
        return outcomes
    }

    private func exchange(_ role: String, _ batch: DeliveryBatch, deaths: Int) async -> [OutboxRelay.Outcome] {
        let count = batch.messages.count
        do {
            let delivery = Delivery(
                role: role, type: DeliveryBatch.type, body: try Packed.encode(batch), deaths: deaths)
            let answer = try await withCallOptions(patience: Outgoing.patience) { try await bus.deliver(delivery) }
            let receipts = try Packed.decode([DeliveryReceipt].self, from: answer)
            guard receipts.count == count else {
                let text = "\(role) answered \(receipts.count) of \(count) messages"
                return Array(repeating: .refused(text), count: count)
            }
            return receipts.map { receipt in
                switch receipt {
                case .taken: .answered
                case .refused(let reason): .refused(reason)
                case .later(let reason): .unavailable(reason)
                }
            }
        } catch { return Array(repeating: Outgoing.outcome(of: error, known: deaths, alone: count == 1), count: count) }
    }

    static func outcome(of error: any Error, known: Int, alone: Bool) -> OutboxRelay.Outcome {
        switch error as? BusError {
        case .poison(_, let deaths): alone ? .died(max(deaths - known, 1)) : .suspected
        case .tooLarge(let text): alone ? .poison("too large: \(text)") : .suspected
        case .denied, .noSuchMethod, .badArguments, .malformed, .failed, .contractMismatch, .noSuchActor:
            .refused("\(error)")
        // Late and lost too: whether it was taken is not known, and sending again is harmless.
        case .late, .lost, .overloaded, .unavailable, .closed, nil: .unavailable("\(error)")
        }
    }
}

extension Store {
    /// Starts to deliver what the outbox holds over the bus; targets that `elsewhere` names go there, and `held` ones
    /// nowhere until the relay is told. Messages that are given up raise an alarm.
    public func deliver(
        _ worker: WorkerContext, attempts: Int, held: [String] = [],
        elsewhere: [(target: String, send: OutboxShell.Send)] = []
    ) async -> OutboxShell {
        var limits = OutboxRelay.Limits()
        limits.attempts = attempts
        let outgoing = Outgoing(worker.bus)
        let alarm: OutboxShell.Alarm = { target, reasons in
            worker.metrics.counter(
                "store.messages.given_up", help: "Messages that went to the dead letters", labels: ["target": target]
            ).increment(by: reasons.count)
            worker.log.limited(
                "given up \(target)", .error, "messages were given up; see: kintsugi dead-letters list",
                ["target": .text(target), "count": .integer(reasons.count), "why": .text(reasons.first ?? "")])
        }
        // An HTTP call costs more than a delivery on the bus, and nobody waits for what it is about.
        let gathering: OutboxShell.Gathering = { target in
            elsewhere.contains { $0.target == target } ? .milliseconds(40) : .milliseconds(4)
        }
        return await relay(limits: limits, held: held, gathering: gathering, alarm: alarm) { target, messages in
            if let other = elsewhere.first(where: { $0.target == target }) { return await other.send(target, messages) }
            return await outgoing.send(target, messages)
        }
    }

    /// Does something each minute, in the process that writes: such as forgetting what nobody will ask for any more.
    public func eachMinute(_ body: @escaping @Sendable () async throws -> Void, log: Log) -> Task<Void, Never> {
        Task {
            while !Task.isCancelled {
                // A cancelled sleep ends the loop.
                do { try await Task.sleep(for: .seconds(60)) } catch { return }
                guard state == .writer else { continue }
                do { try await body() } catch {
                    log.limited("upkeep", .warning, "the upkeep of the tables failed", ["why": "\(error)"])
                }
            }
        }
    }

    /// Keeps the numbers of waiting and dead messages among the process's metrics.
    public func measure(in metrics: Metrics) -> Task<Void, Never> {
        Task {
            let outbox = metrics.gauge("store.outbox.messages", help: "Messages that wait in the outbox")
            let dead = metrics.gauge("store.dead_letters", help: "Messages that were given up and wait for a person")
            while !Task.isCancelled {
                if let health = try? await serviceHealth() {
                    outbox.set(health.writes ? Double(health.outbox) : 0)
                    dead.set(health.writes ? Double(health.deadLetters) : 0)
                }
                // A cancelled sleep ends the loop.
                do { try await Task.sleep(for: .seconds(1)) } catch { return }
            }
        }
    }
}
