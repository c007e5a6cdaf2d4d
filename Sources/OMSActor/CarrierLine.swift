import Bus
import Carrying
import Contracts
import Delivery
import Doorkeeping
import Host
import Orders
import Signals
import Store
import WebClient
import Worker

/// Asks the carrier for what the outbox holds for it.
///
/// Isolates the circuit breaker, so that all calls of this process ask the same one; only the process that writes the
/// file has anything to send.
actor CarrierLine {
    static let deadline = Duration.seconds(5)

    private let client: WebClient
    private let url: String
    private let key: String
    private let deadline: Duration
    private let store: Store
    private let writes: OrderWrites
    private let state: Gauge
    private let log: Log
    private var breaker = CircuitBreaker(seed: .random(in: .min ... .max))

    init(_ worker: WorkerContext, _ settings: OrdersSettings, _ store: Store, _ writes: OrderWrites) throws {
        self.store = store
        client = WebClient(metrics: worker.metrics)
        let address = try settings.carrierAddress(portOffset: worker.birth.portOffset)
        url = String(address.reversed().drop { $0 == "/" }.reversed())
        deadline = settings.carrierTimeout
        key = try settings.carrierKey(data: worker.birth.data)
        self.writes = writes
        log = worker.log
        state = worker.metrics.gauge(
            "orders.carrier.breaker", help: "Whether the carrier is called: 0 yes, 1 on trial, 2 no")
    }

    /// Takes the decision off the breaker, or gives it back.
    func hold(_ hold: DoorSettings.Breaker) {
        switch hold {
        case .auto: breaker.hold(.auto)
        case .open: breaker.hold(.open)
        case .closed: breaker.hold(.closed)
        }
        note()
    }

    /// How each message ended, in their order: each with a span of its own in the trace of its order, though many go in
    /// one call.
    func send(_ target: String, _ messages: [OutgoingMessage]) async -> [OutboxRelay.Outcome] {
        var spans = messages.map { Span("send \($0.message.type)", kind: .client, parent: $0.message.trace) }
        let outcomes = await exchange(messages, spans.map(\.context.traceparent))
        for index in spans.indices {
            spans[index].set("peer.service", .text(target))
            spans[index].set("messaging.message.id", .text(messages[index].message.id))
            spans[index].end(outcomes[index] == .answered ? .ok : .error("\(outcomes[index])"))
            Tracer.standard.finish(spans[index])
        }
        return outcomes
    }

    /// Messages of one order never come together, so all go at once.
    private func exchange(_ messages: [OutgoingMessage], _ traces: [String]) async -> [OutboxRelay.Outcome] {
        var outcomes: [OutboxRelay.Outcome] = Array(repeating: .unavailable("not asked"), count: messages.count)
        for kind in [CarrierWish.Kind.book, .cancel] {
            let places = messages.indices.filter { messages[$0].message.type == kind.rawValue }
            var wishes: [(place: Int, wish: CarrierWish)] = []
            for place in places {
                do {
                    var wish = try Packed.decode(CarrierWish.self, from: messages[place].message.body)
                    wish.trace = traces[place]
                    wishes.append((place, wish))
                } catch { outcomes[place] = .poison("the message cannot be read: \(error)") }
            }
            let wanted: [Bool]
            do { wanted = try await self.wanted(kind, wishes.map(\.wish)) } catch {
                for place in places { outcomes[place] = .unavailable("the deliveries could not be read: \(error)") }
                continue
            }
            // Overtaken by what came after it, as one that was given up and is sent again: nobody wants it any more.
            for (wish, isWanted) in zip(wishes, wanted) where !isWanted { outcomes[wish.place] = .answered }
            let left = zip(wishes, wanted).filter(\.1).map(\.0)
            for (place, outcome) in zip(left.map(\.place), await ask(kind, left.map(\.wish))) {
                outcomes[place] = outcome
            }
        }
        for place in messages.indices where CarrierWish.Kind(rawValue: messages[place].message.type) == nil {
            outcomes[place] = .poison("\(messages[place].message.type) is nothing that a carrier can be asked")
        }
        return outcomes
    }

    /// Whether each is still to be asked for, as the deliveries stand now.
    private func wanted(_ kind: CarrierWish.Kind, _ wishes: [CarrierWish]) async throws -> [Bool] {
        try await store.read { connection in
            try wishes.map { wish in
                guard let delivery = try OrderRows.delivery(wish.order, connection) else { return false }
                return kind == .book ? delivery.wantsBooking : delivery.wantsCancelling
            }
        }
    }

    private func ask(_ kind: CarrierWish.Kind, _ wishes: [CarrierWish]) async -> [OutboxRelay.Outcome] {
        guard !wishes.isEmpty else { return [] }
        guard let verdicts = await call(kind, wishes) else {
            return wishes.map { _ in .unavailable("the carrier is left alone for now") }
        }
        var words: [CarrierWord] = []
        var outcomes: [OutboxRelay.Outcome] = []
        for (wish, verdict) in zip(wishes, verdicts) {
            if let word = word(verdict, kind) { words.append(CarrierWord(order: wish.order, word: word)) }
            outcomes.append(outcome(verdict))
        }
        do {
            if !words.isEmpty { _ = try await writes.hearCarrier(words, lazily: true) }
        } catch {
            // What the carrier did is not written down: it is asked again, and says the same.
            return wishes.map { _ in .unavailable("the answer could not be written: \(error)") }
        }
        return outcomes
    }

    /// What became of each wish; nil while the breaker is open.
    private func call(_ kind: CarrierWish.Kind, _ wishes: [CarrierWish]) async -> [CarrierVerdict.Outcome]? {
        guard case .go(let ticket) = breaker.admit(now: .now) else { return nil }
        note()
        var request = ClientRequest.json(
            .post, url + (kind == .book ? "/bookings" : "/cancellations"), CarrierJSON.body(wishes))
        request.headers.append(("x-api-key", key))
        request.deadline = deadline
        let result: Result<ClientResponse, ClientFault>
        do { result = .success(try await client.send(request)) } catch { result = .failure(error) }
        let items = wishes.map { CarrierItem(key: $0.key, kind: kind == .book ? .booking : .cancelling) }
        let verdict = CarrierVerdict(items, CarrierJSON.reply(result))
        breaker.hear(verdict.report, from: ticket, now: .now)
        note()
        guard wishes.count > 1 else { return verdict.outcomes }
        var outcomes = verdict.outcomes
        for place in outcomes.indices where outcomes[place] == .alone {
            outcomes[place] = await call(kind, [wishes[place]])?.first ?? .unavailable(reason: "the carrier was closed")
        }
        return outcomes
    }

    private func note() {
        let before = state.value
        let now = Double(breaker.gauge)
        guard before != now else { return }
        state.set(now)
        let words = ["is called again", "is called on trial", "is left alone for now"]
        log.limited("carrier \(breaker.gauge)", now == 2 ? .warning : .info, "the carrier \(words[breaker.gauge])")
    }

    private func word(_ outcome: CarrierVerdict.Outcome, _ kind: CarrierWish.Kind) -> CarrierWord.Word? {
        switch outcome {
        case .booked(let reference): .booked(reference: reference)
        case .cancelled: .cancelled
        case .refused(let reason):
            kind == .book ? .bookingRefused(reason: reason) : .cancellingRefused(reason: reason)
        case .doubtful, .unavailable, .alone: nil
        }
    }

    private func outcome(_ outcome: CarrierVerdict.Outcome) -> OutboxRelay.Outcome {
        switch outcome {
        case .booked, .cancelled: .answered
        case .refused(let reason), .doubtful(let reason): .refused(reason)
        case .unavailable(let reason): .unavailable(reason)
        case .alone: .unavailable("one of the batch spoilt it for all")
        }
    }
}
