import Contracts
import Testing

@testable import Routing

/// A session in each of its states, and what each event makes of it.
@Suite struct PeerSessionTests {
    private let start = Moment(nanoseconds: 1_000_000_000)
    private let welcome = WelcomeBody(heartbeatMilliseconds: 250, silenceMilliseconds: 1_000, bodyLimit: 100)

    private func offline() -> PeerSession { PeerSession(now: start) }
    private func greeting() -> PeerSession {
        var session = offline()
        _ = session.connected(now: start)
        return session
    }
    private func ready() -> PeerSession {
        var session = greeting()
        _ = session.welcome(incarnation: 7, body: welcome, now: start)
        return session
    }
    private func draining() -> PeerSession {
        var session = ready()
        _ = session.drain(now: start)
        return session
    }
    private func drained() -> PeerSession {
        var session = draining()
        _ = session.drainConfirmed(now: start)
        return session
    }
    private func closed() -> PeerSession {
        var session = offline()
        _ = session.leave()
        return session
    }

    private func check(
        _ session: PeerSession, _ event: (inout PeerSession) -> [PeerSession.Effect],
        _ effects: [PeerSession.Effect], _ stage: PeerSession.Stage, _ place: SourceLocation = #_sourceLocation
    ) {
        var session = session
        #expect(event(&session) == effects, sourceLocation: place)
        #expect(session.stage == stage, sourceLocation: place)
    }

    @Test("a connection is greeted with READY, in every state but closed")
    func connected() {
        let event = { (session: inout PeerSession) in session.connected(now: start) }
        check(offline(), event, [.send(.ready)], .greeting(start))
        check(greeting(), event, [.send(.ready)], .greeting(start))
        check(ready(), event, [.parted, .send(.ready)], .greeting(start))
        check(draining(), event, [.parted, .drained, .send(.ready)], .greeting(start))
        check(drained(), event, [.parted, .drained, .send(.ready)], .greeting(start))
        check(closed(), event, [], .closed)
    }

    @Test("only who greets can be welcomed")
    func welcomed() {
        let event = { (session: inout PeerSession) in session.welcome(incarnation: 9, body: welcome, now: start) }
        check(offline(), event, [], .offline)
        check(greeting(), event, [.joined(incarnation: 9)], .ready(incarnation: 9))
        check(ready(), event, [], .ready(incarnation: 7))
        check(draining(), event, [], .draining(incarnation: 7))
        check(drained(), event, [], .drained(incarnation: 7))
        check(closed(), event, [], .closed)
    }

    @Test("who is fenced joins anew, and what was begun is over", arguments: [RefusalReason.fenced, .unknown])
    func fenced(_ reason: RefusalReason) {
        let event = { (session: inout PeerSession) in session.refused(reason, now: start) }
        check(offline(), event, [.send(.ready)], .greeting(start))
        check(greeting(), event, [], .greeting(start))
        check(ready(), event, [.parted, .send(.ready)], .greeting(start))
        check(draining(), event, [.parted, .drained, .send(.ready)], .greeting(start))
        check(drained(), event, [.parted, .drained, .send(.ready)], .greeting(start))
        check(closed(), event, [], .closed)
    }

    @Test("who will never be let in is told why, and closed", arguments: [RefusalReason.identity, .outdated])
    func expelled(_ reason: RefusalReason) {
        let event = { (session: inout PeerSession) in session.refused(reason, now: start) }
        check(offline(), event, [.expelled(reason)], .closed)
        check(greeting(), event, [.expelled(reason)], .closed)
        check(ready(), event, [.parted, .expelled(reason)], .closed)
        check(draining(), event, [.parted, .drained, .expelled(reason)], .closed)
        check(closed(), event, [], .closed)
    }

    @Test("a frame that was not understood says nothing against the connection")
    func malformed() {
        let event = { (session: inout PeerSession) in session.refused(.malformed, now: start) }
        check(greeting(), event, [], .greeting(start))
        check(ready(), event, [], .ready(incarnation: 7))
        check(draining(), event, [], .draining(incarnation: 7))
    }

    @Test("who finds its place held asks again after a heartbeat, not at once")
    func held() {
        var session = greeting()
        #expect(session.refused(.held, now: start).isEmpty)
        #expect(session.tick(now: start.adding(.milliseconds(249))).isEmpty)
        #expect(session.tick(now: start.adding(.milliseconds(250))) == [.send(.ready)])
        #expect(session.tick(now: start.adding(.milliseconds(500))).isEmpty)
    }

    @Test("a lost connection ends what was sent and what was in hand")
    func disconnected() {
        let event = { (session: inout PeerSession) in session.disconnected(now: start) }
        check(offline(), event, [], .offline)
        check(greeting(), event, [], .offline)
        check(ready(), event, [.parted], .offline)
        check(draining(), event, [.parted, .drained], .offline)
        check(drained(), event, [.parted, .drained], .offline)
        check(closed(), event, [], .closed)
    }

    @Test("who wants to drain says so, or is drained at once when nobody can give it work")
    func drain() {
        let event = { (session: inout PeerSession) in session.drain(now: start) }
        check(offline(), event, [.drained], .closed)
        check(greeting(), event, [.drained], .closed)
        check(ready(), event, [.send(.drain)], .draining(incarnation: 7))
        check(draining(), event, [], .draining(incarnation: 7))
        check(drained(), event, [], .drained(incarnation: 7))
        check(closed(), event, [], .closed)
    }

    @Test("the broker's promise counts only for who asked for it")
    func confirmed() {
        let event = { (session: inout PeerSession) in session.drainConfirmed(now: start) }
        check(offline(), event, [], .offline)
        check(greeting(), event, [], .greeting(start))
        check(ready(), event, [], .ready(incarnation: 7))
        check(draining(), event, [.drained], .drained(incarnation: 7))
        check(drained(), event, [], .drained(incarnation: 7))
        check(closed(), event, [], .closed)
    }

    @Test("who leaves says good-bye if it is in")
    func leave() {
        let event = { (session: inout PeerSession) in session.leave() }
        check(offline(), event, [], .closed)
        check(greeting(), event, [], .closed)
        check(ready(), event, [.send(.bye)], .closed)
        check(draining(), event, [.send(.bye)], .closed)
        check(drained(), event, [.send(.bye)], .closed)
        check(closed(), event, [], .closed)
    }

    @Test("a silent broker is looked for over a new connection")
    func silence() {
        let late = start.adding(.milliseconds(3_001))
        let event = { (session: inout PeerSession) in session.tick(now: late) }
        check(offline(), event, [], .offline)
        check(greeting(), event, [.reconnect], .offline)
        check(ready(), event, [.parted, .reconnect], .offline)
        check(draining(), event, [.parted, .drained, .reconnect], .offline)
        check(drained(), event, [.parted, .drained, .reconnect], .offline)
        check(closed(), event, [], .closed)
    }

    @Test("a heartbeat goes out only when nothing else was said")
    func beats() {
        var session = ready()
        #expect(session.tick(now: start.adding(.milliseconds(249))).isEmpty)
        #expect(session.tick(now: start.adding(.milliseconds(250))) == [.send(.heartbeat)])
        session.spoke(now: start.adding(.milliseconds(400)))
        #expect(session.tick(now: start.adding(.milliseconds(600))).isEmpty)
        #expect(session.tick(now: start.adding(.milliseconds(650))) == [.send(.heartbeat)])
    }

    @Test("who was leaving when its connection broke goes on leaving over the next one")
    func leavesAgain() {
        for session in [draining(), drained()] {
            var session = session
            _ = session.disconnected(now: start)
            _ = session.connected(now: start)
            #expect(
                session.welcome(incarnation: 9, body: welcome, now: start) == [
                    .joined(incarnation: 9), .send(.drain),
                ])
            #expect(session.drainConfirmed(now: start) == [.drained])
            #expect(session.stage == .drained(incarnation: 9))
        }
    }

    @Test("any frame of the broker is a sign of life")
    func heard() {
        var session = ready()
        session.heardFrom(now: start.adding(.seconds(3)))
        #expect(session.tick(now: start.adding(.seconds(5))) == [.send(.heartbeat)])
        #expect(session.heard == start.adding(.seconds(3)))
    }

    @Test("intervals that make no sense are mended")
    func intervals() {
        var session = greeting()
        let odd = WelcomeBody(heartbeatMilliseconds: -5, silenceMilliseconds: -9, bodyLimit: 0)
        #expect(session.welcome(incarnation: 1, body: odd, now: start) == [.joined(incarnation: 1)])
        #expect(session.heartbeat == .milliseconds(1) && session.silence == .milliseconds(1))
    }

    @Test("an incarnation is there from welcome to the end")
    func incarnation() {
        #expect([offline(), greeting(), closed()].allSatisfy { $0.incarnation == nil })
        #expect([ready(), draining(), drained()].allSatisfy { $0.incarnation == 7 })
    }
}
