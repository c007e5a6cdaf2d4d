import Carrying
import Contracts
import Delivery
import Orders

/// The carrier: it keeps what the specification of its door demands, and answers well or badly.
struct ShopCarrier {
    enum Mode: CaseIterable {
        case well, away, slow, wrong, limiting, failing, picky, full
    }
    struct Booking: Equatable {
        let order: String
        let reference: String
        var isCancelled = false
    }

    var mode = Mode.well
    private(set) var bookings: [Booking] = []
    private var answers: [CarrierAnswer] = []
    private var cancelled: [String] = []

    /// Does what a wish asks for, unless its key was seen before: then it repeats its answer.
    mutating func take(_ key: String, _ order: String, _ kind: CarrierItem.Kind) -> CarrierAnswer {
        if let known = answers.first(where: { $0.key == key }) { return known }
        let answer = CarrierAnswer(key: key, result: takeAnew(order, kind))
        answers.append(answer)
        return answer
    }

    private mutating func takeAnew(_ order: String, _ kind: CarrierItem.Kind) -> CarrierAnswer.Result {
        switch kind {
        case .booking:
            guard !cancelled.contains(order) else { return .refused(reason: "it was cancelled before") }
            let reference = "C\(bookings.count + 1)"
            bookings.append(Booking(order: order, reference: reference))
            return .booked(reference: reference)
        case .cancelling:
            cancelled.append(order)
            for index in bookings.indices where bookings[index].order == order { bookings[index].isCancelled = true }
            return .cancelled
        }
    }
}

// The way to the carrier: the breaker, the calls, and what their answers mean.
extension ShopWorld {
    private func item(_ letter: ShopLetter) -> CarrierItem? {
        switch letter.body {
        case .book: CarrierItem(key: OrderDelivery.bookingKey(order: letter.order), kind: .booking)
        case .cancel(let reference):
            CarrierItem(key: OrderDelivery.cancellingKey(order: letter.order, reference: reference), kind: .cancelling)
        case .reserve, .reserved, .failed, .release: nil
        }
    }

    private func isOvertaken(_ letter: ShopLetter) -> Bool {
        guard options.mutation != .sendsTheOvertaken else { return false }
        let delivery = tables.order(letter.order)?.delivery
        let isWanted = letter.body == .book ? delivery?.wantsBooking : delivery?.wantsCancelling
        return isWanted != true
    }

    /// Hands what the relay sends to the carrier.
    func carry(_ number: Int, _ letters: [ShopLetter]) {
        let wanted = letters.filter { !isOvertaken($0) }
        for letter in letters where !wanted.contains(letter) {
            tally.overtaken += 1
            sendings[number].outcomes.append(.init(letter.row.seq, .answered))
        }
        guard !wanted.isEmpty else { return finish(number) }
        sendings[number].open = 1
        call(number, wanted)
    }

    private func call(_ sending: Int, _ letters: [ShopLetter]) {
        var piece = ShopPiece(sending: sending, letters: letters)
        let number = pieces.count
        switch orders.breaker.admit(now: now) {
        case .wait:
            tally.breakerWaits += 1
            pieces.append(piece)
            end(number, letters.map { _ in .unavailable("the breaker is open") })
        case .go(let ticket):
            piece.ticket = ticket
            pieces.append(piece)
            if crashes(orders, at: "before it calls the carrier") { return }
            queue.push(.expires(piece: number), at: now.adding(ShopWorld.patience))
            if carrier.mode == .away {
                return queue.push(.replies(piece: number, .failed(reason: "no connection")), at: now.adding(500_000))
            }
            if !fails(oneIn: lossOdds) { queue.push(.reachesCarrier(piece: number), at: now.adding(delay(3_000_000))) }
            // Somebody on the way repeats what he thinks is lost.
            if fails(oneIn: lossOdds) { queue.push(.reachesCarrier(piece: number), at: now.adding(delay(30_000_000))) }
        }
    }

    func reachCarrier(_ number: Int) {
        tally.carrierCalls += 1
        let letters = pieces[number].letters
        switch carrier.mode {
        case .away: return
        case .limiting:
            let status = chance(oneIn: 2) ? 429 : 503
            return reply(number, .answered(status: status, answers: nil, retryAfter: .milliseconds(pick(0...200))))
        case .failing:
            if chance(oneIn: 2) { _ = done(number, letters) }
            return reply(number, .answered(status: 500, answers: nil, retryAfter: nil))
        case .picky where letters.count > 1 || chance(oneIn: 4):
            return reply(number, .answered(status: 400, answers: nil, retryAfter: nil))
        case .full:
            let answers = letters.compactMap(item).map {
                CarrierAnswer(key: $0.key, result: chance(oneIn: 2) ? .refused(reason: "full") : .later(reason: "busy"))
            }
            return reply(number, .answered(status: 200, answers: answers, retryAfter: nil))
        case .wrong:
            let answers = damaged(done(number, letters))
            tally.wrongAnswers += 1
            return reply(number, .answered(status: 200, answers: answers, retryAfter: nil))
        case .well, .slow, .picky:
            reply(number, .answered(status: 200, answers: done(number, letters), retryAfter: nil))
        }
    }

    private func done(_ number: Int, _ letters: [ShopLetter]) -> [CarrierAnswer] {
        oracle.hasNews = true
        return letters.compactMap { letter in
            guard let item = item(letter) else { return nil }
            let suffix = options.mutation == .changesCarrierKeys ? " of call \(number)" : ""
            let answer = carrier.take(item.key + suffix, letter.order, item.kind)
            write("the carrier, about \(letter.order): \(answer.result)")
            return CarrierAnswer(key: item.key, result: answer.result)
        }
    }

    private func damaged(_ answers: [CarrierAnswer]) -> [CarrierAnswer]? {
        var answers = answers
        let index = Int(pick(0...Int64(answers.count - 1)))
        switch pick(0...7) {
        case 0: answers.remove(at: index)
        case 1:
            // The same again, or another word about the same.
            let other = CarrierAnswer(key: answers[index].key, result: .booked(reference: "C9"))
            answers.insert(chance(oneIn: 2) ? answers[index] : other, at: index)
        case 2: answers[index].key = "book-somebody"
        case 3: answers[index].result = .booked(reference: "")
        case 4: answers[index].result = answers[index].result == .cancelled ? .booked(reference: "C9") : .cancelled
        case 5: return nil
        case 6: answers.append(CarrierAnswer(key: "book-somebody", result: .booked(reference: "C9")))
        // Another order is nothing wrong.
        default: answers.reverse()
        }
        return answers
    }

    private func reply(_ number: Int, _ reply: CarrierReply) {
        guard !fails(oneIn: lossOdds) else { return }
        let usual: Int64 = carrier.mode == .slow ? ShopWorld.patience : 3_000_000
        queue.push(.replies(piece: number, reply), at: now.adding(delay(usual)))
    }

    /// The carrier's reply, or that none came: what it means is on disk before the relay may settle anything.
    func hear(_ number: Int, _ reply: CarrierReply) {
        let piece = pieces[number]
        let sending = sendings[piece.sending]
        guard !piece.isOver, let ticket = piece.ticket, orders.isUp, orders.life == sending.life else { return }
        let verdict = CarrierVerdict(piece.letters.compactMap(item), reply)
        orders.breaker.hear(verdict.report, from: ticket, now: now)
        write("the carrier's reply means \(verdict.outcomes) and \(verdict.report)")
        guard !verdict.outcomes.contains(.alone) else {
            tally.split += 1
            pieces[number].isOver = true
            sendings[piece.sending].open += piece.letters.count - 1
            for letter in piece.letters where orders.isUp { call(piece.sending, [letter]) }
            return
        }
        let news = zip(piece.letters, verdict.outcomes).compactMap { letter, outcome in
            event(believed(outcome, letter), letter).map { (letter.order, $0) }
        }
        if !news.isEmpty, options.mutation != .forgetsTheCarriersWord {
            guard transaction(orders, { for (order, event) in news { decide(event, order) } }) else { return }
            if crashes(orders, at: "the carrier's word is on disk, before it is settled") { return }
        }
        end(number, zip(piece.letters, verdict.outcomes).map { outcome(believed($1, $0)) })
    }

    private func believed(_ outcome: CarrierVerdict.Outcome, _ letter: ShopLetter) -> CarrierVerdict.Outcome {
        guard options.mutation == .believesTheCarrier, letter.body == .book else { return outcome }
        if case .booked = outcome { return outcome }
        return .booked(reference: "C0")
    }

    private func event(_ outcome: CarrierVerdict.Outcome, _ letter: ShopLetter) -> OrderMachine.Event? {
        switch outcome {
        case .booked(let reference): .deliveryBooked(reference: reference)
        case .cancelled: .deliveryCancelled
        case .refused(let reason):
            letter.body == .book ? .bookingRefused(reason: reason) : .cancellingRefused(reason: reason)
        case .doubtful, .unavailable, .alone: nil
        }
    }

    private func outcome(_ outcome: CarrierVerdict.Outcome) -> OutboxRelay.Outcome {
        switch outcome {
        case .booked, .cancelled: .answered
        case .refused(let reason), .doubtful(let reason): .refused(reason)
        case .unavailable(let reason): .unavailable(reason)
        case .alone: .unavailable("it goes alone")
        }
    }

    /// Tells the carrier once more what it was told, and orders what it answers.
    func carryAnew(_ letter: ShopLetter) {
        guard let item = item(letter) else { return }
        switch carrier.take(item.key, letter.order, item.kind).result {
        case .booked(let reference): decide(.deliveryBooked(reference: reference), letter.order)
        case .cancelled: decide(.deliveryCancelled, letter.order)
        case .refused, .later: break
        }
    }
}
