import Contracts
import Testing

@testable import Carrying

/// A breaker with its clock.
private struct Bench {
    var breaker: CircuitBreaker
    var now = Moment.zero

    init(_ change: (inout CircuitBreaker.Limits) -> Void = { _ in }, seed: UInt64 = 1) {
        var limits = CircuitBreaker.Limits()
        change(&limits)
        breaker = CircuitBreaker(limits: limits, seed: seed)
    }

    mutating func ticket() throws -> CircuitBreaker.Ticket {
        guard case .go(let ticket) = breaker.admit(now: now) else { throw NotAdmitted() }
        return ticket
    }
    struct NotAdmitted: Error {}

    mutating func call(_ report: CircuitBreaker.Report) throws {
        let ticket = try ticket()
        breaker.hear(report, from: ticket, now: now)
    }

    mutating func waitUntilOpen() throws -> Duration {
        guard case .open(let until) = breaker.state else { throw NotAdmitted() }
        defer { now = until }
        return until.since(now)
    }
}

@Suite struct CircuitBreakerTests {
    @Test("held open nothing goes, held closed everything, and by itself again it has seen nothing yet")
    func held() throws {
        var bench = Bench()
        bench.breaker.hold(.open)
        #expect(bench.breaker.admit(now: bench.now) == .wait(until: .never) && bench.breaker.gauge == 2)
        bench.breaker.hold(.closed)
        for _ in 0..<50 { try bench.call(.failure) }
        try bench.call(.pause(.seconds(60)))
        let late = try bench.ticket()
        #expect(bench.breaker.gauge == 0 && !late.isProbe)
        bench.breaker.hold(.auto)
        // What was let go while it was held says nothing about now.
        for _ in 0..<50 { bench.breaker.hear(.failure, from: late, now: bench.now) }
        for _ in 0..<4 { try bench.call(.failure) }
        #expect(bench.breaker.gauge == 0)
        try bench.call(.failure)
        #expect(bench.breaker.gauge == 2)
        bench.breaker.hold(.auto)
        #expect(bench.breaker.gauge == 2, "the same word again changes nothing")
    }

    @Test("so many failures in a row open it, and nothing goes until its time is over")
    func opens() throws {
        var bench = Bench()
        for _ in 0..<4 { try bench.call(.failure) }
        try bench.call(.success)
        for _ in 0..<4 { try bench.call(.failure) }
        #expect(bench.breaker.state == .closed && bench.breaker.gauge == 0)
        try bench.call(.failure)
        #expect(bench.breaker.gauge == 2)
        guard case .open(let until) = bench.breaker.state else { return #expect(Bool(false)) }
        #expect(until.since(.zero) >= .milliseconds(500) && until.since(.zero) <= .seconds(1))
        #expect(bench.breaker.admit(now: .zero) == .wait(until: until))
    }

    @Test("then one probe goes alone: it closes the breaker when it succeeds")
    func closes() throws {
        var bench = Bench()
        for _ in 0..<5 { try bench.call(.failure) }
        _ = try bench.waitUntilOpen()
        let probe = try bench.ticket()
        #expect(probe.isProbe && bench.breaker.gauge == 1)
        #expect(bench.breaker.admit(now: bench.now) == .wait(until: bench.now + .seconds(30)))
        bench.breaker.hear(.success, from: probe, now: bench.now)
        #expect(bench.breaker.state == .closed)
        // Nothing of before is held against it.
        for _ in 0..<4 { try bench.call(.failure) }
        #expect(bench.breaker.state == .closed)
    }

    @Test("each probe that fails opens it for up to twice as long, within the limit, and never at the same distance")
    func reopens() throws {
        var waits: [Duration] = []
        var bench = Bench()
        for _ in 0..<5 { try bench.call(.failure) }
        for _ in 0..<40 {
            waits.append(try bench.waitUntilOpen())
            try bench.call(.failure)
        }
        for (index, wait) in waits.enumerated() {
            let most = min(Duration.seconds(1) * (1 << min(index, 10)), .seconds(30))
            #expect(wait >= most / 2 && wait <= most)
        }
        #expect(waits.suffix(30).contains { $0 != waits[20] })
        // Closed for good, it begins anew.
        _ = try bench.waitUntilOpen()
        try bench.call(.success)
        for _ in 0..<5 { try bench.call(.failure) }
        #expect(try bench.waitUntilOpen() <= .seconds(1))
    }

    @Test("half of the calls of a window open it, though none of them fail in a row")
    func rate() throws {
        var bench = Bench()
        for number in 0..<19 { try bench.call(number % 2 == 0 ? .success : .failure) }
        #expect(bench.breaker.state == .closed)
        try bench.call(.failure)
        #expect(bench.breaker.gauge == 2)
        // What is older than the window does not count.
        var later = Bench()
        for number in 0..<19 { try later.call(number % 2 == 0 ? .success : .failure) }
        later.now = later.now + .seconds(11)
        try later.call(.failure)
        #expect(later.breaker.state == .closed)
    }

    @Test("a late report of an earlier time neither closes nor opens it")
    func lateReports() throws {
        var bench = Bench()
        let old = try bench.ticket()
        for _ in 0..<5 { try bench.call(.failure) }
        bench.breaker.hear(.success, from: old, now: bench.now)
        #expect(bench.breaker.gauge == 2)
        _ = try bench.waitUntilOpen()
        let probe = try bench.ticket()
        bench.breaker.hear(.success, from: old, now: bench.now)
        bench.breaker.hear(.failure, from: old, now: bench.now)
        #expect(bench.breaker.gauge == 1)
        bench.breaker.hear(.success, from: probe, now: bench.now)
        bench.breaker.hear(.failure, from: probe, now: bench.now)
        #expect(bench.breaker.state == .closed)
    }

    @Test("a probe that is never heard of is followed by another")
    func lostProbe() throws {
        var bench = Bench()
        for _ in 0..<5 { try bench.call(.failure) }
        _ = try bench.waitUntilOpen()
        let lost = try bench.ticket()
        bench.now = bench.now + .seconds(30)
        let second = try bench.ticket()
        #expect(second.isProbe && second != lost)
        bench.breaker.hear(.success, from: lost, now: bench.now)
        #expect(bench.breaker.gauge == 1)
    }

    @Test("whoever asks for a pause gets it, a little longer, and not for ever")
    func pauses() throws {
        var bench = Bench()
        let late = try bench.ticket()
        try bench.call(.pause(.seconds(8)))
        let wait = try bench.waitUntilOpen()
        #expect(wait >= .seconds(8) && wait <= .seconds(9))
        try bench.call(.success)
        #expect(bench.breaker.state == .closed)
        // Asked for by a call of before: it is about now all the same.
        bench.breaker.hear(.pause(.seconds(9_999)), from: late, now: bench.now)
        guard case .open(let until) = bench.breaker.state else { return #expect(Bool(false)) }
        #expect(until.since(bench.now) <= .seconds(338))
        bench.breaker.hear(.pause(.seconds(1)), from: late, now: bench.now)
        #expect(bench.breaker.state == .open(until: until))
    }
}
