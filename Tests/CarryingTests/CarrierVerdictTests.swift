import Contracts
import Testing

@testable import Carrying

private let booking = CarrierItem(key: "book-1", kind: .booking)
private let other = CarrierItem(key: "book-2", kind: .booking)
private let cancelling = CarrierItem(key: "cancel-3", kind: .cancelling)
private let batch = [other, booking, cancelling]

private let booked = CarrierAnswer(key: "book-1", result: .booked(reference: "C1"))
private let otherBooked = CarrierAnswer(key: "book-2", result: .booked(reference: "C2"))
private let cancelled = CarrierAnswer(key: "cancel-3", result: .cancelled)

private func ok(_ answers: [CarrierAnswer]?) -> CarrierReply {
    .answered(status: 200, answers: answers, retryAfter: nil)
}
private func status(_ status: Int, _ retryAfter: Duration? = nil) -> CarrierReply {
    .answered(status: status, answers: nil, retryAfter: retryAfter)
}

@Suite struct CarrierVerdictTests {
    @Test("each wish gets its own answer, in whatever order they come")
    func right() {
        let verdict = CarrierVerdict(batch, ok([cancelled, booked, otherBooked]))
        #expect(verdict.outcomes == [.booked(reference: "C2"), .booked(reference: "C1"), .cancelled])
        #expect(verdict.report == .success)
        let mixed = CarrierVerdict(
            batch,
            ok([
                .init(key: "cancel-3", result: .later(reason: "busy")), booked,
                .init(key: "book-2", result: .refused(reason: "no address")),
            ]))
        #expect(
            mixed.outcomes == [
                .refused(reason: "no address"), .booked(reference: "C1"), .unavailable(reason: "busy"),
            ])
        #expect(mixed.report == .success)
    }

    @Test(
        "an answer that is wrong for a wish never counts as done",
        arguments: [
            ([otherBooked, cancelled], "the carrier's answer does not name it"),
            ([otherBooked, booked, cancelled, booked], "the carrier's answer names it 2 times"),
            (
                [otherBooked, booked, cancelled, .init(key: "book-1", result: .booked(reference: "C9"))],
                "the carrier's answer names it 2 times"
            ),
            (
                [otherBooked, cancelled, .init(key: "book-1", result: .cancelled)],
                "the carrier cancelled what it was to book"
            ),
            (
                [otherBooked, cancelled, .init(key: "book-1", result: .booked(reference: ""))],
                "the carrier's reference has 0 bytes"
            ),
            (
                [
                    otherBooked, cancelled,
                    .init(key: "book-1", result: .booked(reference: .init(repeating: "x", count: 129))),
                ],
                "the carrier's reference has 129 bytes"
            ),
        ])
    func wrong(answers: [CarrierAnswer], reason: String) {
        let verdict = CarrierVerdict(batch, ok(answers))
        #expect(verdict.outcomes == [.booked(reference: "C2"), .doubtful(reason: reason), .cancelled])
        #expect(verdict.report == .failure)
        // Wrong for all that was asked: no wish is blamed.
        let alone = CarrierVerdict([booking], ok(answers.filter { $0.key == "book-1" }))
        #expect(alone.outcomes == [.unavailable(reason: reason)] && alone.report == .failure)
    }

    @Test("a booking in answer to a cancellation does not count as cancelled")
    func wrongKind() {
        let verdict = CarrierVerdict(
            [booking, cancelling], ok([booked, .init(key: "cancel-3", result: .booked(reference: "C3"))]))
        #expect(verdict.outcomes[1] == .doubtful(reason: "the carrier booked what it was to cancel"))
    }

    @Test("names that nobody sent leave the others' answers as they are, and count against the carrier")
    func unknown() {
        let verdict = CarrierVerdict([booking], ok([booked, otherBooked]))
        #expect(verdict.outcomes == [.booked(reference: "C1")] && verdict.report == .failure)
    }

    @Test(
        "what the carrier says to the whole batch",
        arguments: [
            (.failed(reason: "no answer in 5 s"), .unavailable(reason: "no answer in 5 s"), .failure),
            (ok(nil), .unavailable(reason: "the carrier's answer cannot be read"), .failure),
            (status(429, .seconds(7)), .unavailable(reason: "the carrier answered 429"), .pause(.seconds(7))),
            (status(429), .unavailable(reason: "the carrier answered 429"), .pause(.seconds(1))),
            (status(503, .seconds(7)), .unavailable(reason: "the carrier answered 503"), .pause(.seconds(7))),
            (status(503), .unavailable(reason: "the carrier answered 503"), .failure),
            (status(500), .unavailable(reason: "the carrier answered 500"), .failure),
            (status(302), .unavailable(reason: "the carrier answered 302"), .failure),
            // A key that is not ours, or an address: no order is to blame.
            (status(401), .unavailable(reason: "the carrier answered 401"), .failure),
            (status(404), .unavailable(reason: "the carrier answered 404"), .failure),
            (status(408), .unavailable(reason: "the carrier answered 408"), .failure),
            (status(400), .alone, .success), (status(413), .alone, .success), (status(422), .alone, .success),
        ] as [(CarrierReply, CarrierVerdict.Outcome, CircuitBreaker.Report)])
    func wholeBatch(reply: CarrierReply, outcome: CarrierVerdict.Outcome, report: CircuitBreaker.Report) {
        let verdict = CarrierVerdict(batch, reply)
        #expect(verdict.outcomes == [outcome, outcome, outcome] && verdict.report == report)
        let single = CarrierVerdict([booking], reply)
        #expect(single.report == report)
        if outcome != .alone { #expect(single.outcomes == [outcome]) }
    }

    @Test("a wish that is refused alone is refused", arguments: [400, 409, 413, 422])
    func refusedAlone(code: Int) {
        #expect(
            CarrierVerdict([booking], status(code)).outcomes == [.refused(reason: "the carrier answered \(code)")])
    }

    @Test("whatever a carrier says, a wish is booked only by the one right answer to its key")
    func never() {
        var chance = Chance(seed: 17)
        let references = ["C1", "", "C2"]
        for _ in 0..<5_000 {
            let answers = (0..<Int.random(in: 0...5, using: &chance)).map { _ in
                let key = ["book-1", "book-2", "cancel-3", "other"].randomElement(using: &chance) ?? ""
                let results: [CarrierAnswer.Result] = [
                    .booked(reference: references.randomElement(using: &chance) ?? ""), .cancelled,
                    .refused(reason: "no"), .later(reason: "busy"),
                ]
                return CarrierAnswer(key: key, result: results.randomElement(using: &chance) ?? .cancelled)
            }
            let verdict = CarrierVerdict(batch, ok(answers))
            for (item, outcome) in zip(batch, verdict.outcomes) {
                let given = answers.filter { $0.key == item.key }
                if case .booked(let reference) = outcome {
                    #expect(given == [.init(key: item.key, result: .booked(reference: reference))])
                    #expect(item.kind == .booking && !reference.isEmpty)
                }
                if outcome == .cancelled {
                    #expect(given == [.init(key: item.key, result: .cancelled)] && item.kind == .cancelling)
                }
            }
        }
    }
}
