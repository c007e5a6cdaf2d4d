import Contracts
import Testing

@testable import Notices

@Suite("Who is told what, and when") struct NoticeBookTests {
    @Test("Where nothing is configured the journal is told everything")
    func journal() {
        var desk = Desk()
        #expect(desk.take(.notice(notice(1))).map(\.dispatch.channel) == ["journal"])
        _ = desk.take(.answered(dispatch: "I-1/n1>journal", .sent(reference: "row")))
        #expect(desk.states("journal") == [.sent] && desk.book.waiting.isEmpty)
    }

    @Test("A notice that is delivered again does nothing, before and after a crash")
    func again() {
        var desk = Desk()
        #expect(desk.take(.notice(notice(1))).count == 1)
        #expect(desk.take(.notice(notice(1))).isEmpty)
        _ = desk.take(.answered(dispatch: "I-1/n1>journal", .sent(reference: "row")))
        desk.crash()
        #expect(desk.take(.notice(notice(1))).isEmpty && desk.rows.count == 1)
    }

    @Test("Routes choose by priority and kind, the first that leads to a channel counts, and ends are told to all")
    func routes() {
        let rules = NoticeRules(
            channels: [ChannelRules("a"), ChannelRules("b")],
            audiences: [Audience("engineers", .engineer), Audience("payers", .payer)],
            routes: [
                Route("engineers", channels: ["a"], priority: 1), Route("payers", channels: ["a", "b"]),
                Route("nobody", channels: ["b"]),
            ])
        let told = { (notice: IncidentNotice) in
            rules.targets(of: notice).map { "\($0.channel.name) \($0.audience.name)" }
        }
        #expect(told(notice(1, priority: 1)) == ["a engineers", "b payers"])
        #expect(told(notice(1, priority: 3)) == ["a payers", "b payers"])
        #expect(told(notice(1, "I-1", .diagnosed, priority: 3)) == [])
        #expect(told(notice(1, "I-1", .resolved, priority: 3)) == ["a engineers", "b payers"])
    }

    @Test("Of one incident nothing overtakes; another incident does not wait")
    func order() {
        var desk = Desk(rules(ChannelRules("chat")))
        #expect(desk.take(.notice(notice(1))).count == 1)
        #expect(desk.take(.notice(notice(2))).isEmpty)
        #expect(desk.take(.notice(notice(1, "I-2"))).map(\.dispatch.incident) == ["I-2"])
        let after = Int64.seconds(30)
        #expect(
            desk.take(
                .answered(dispatch: "I-1/n1>chat", .later(after: after, why: "busy", mayHaveArrived: false))
            ).isEmpty)
        #expect(desk.book.due == noon + after)
        #expect(desk.take(.time, at: noon + after - 1).isEmpty)
        #expect(desk.take(.time, at: noon + after).map(\.dispatch.notice) == ["I-1/n1"])
        #expect(
            desk.take(.answered(dispatch: "I-1/n1>chat", .sent(reference: "1")), at: noon + after).map(
                \.dispatch.notice)
                == ["I-1/n2"])
    }

    @Test("After the last attempt, or a final no, it is a dead letter that a person can send again")
    func dead() throws {
        var chat = ChannelRules("chat")
        chat.attempts = 2
        var desk = Desk(rules(chat))
        _ = desk.take(.notice(notice(1)))
        let busy = ChannelAnswer.later(after: 0, why: "busy", mayHaveArrived: false)
        _ = desk.take(.answered(dispatch: "I-1/n1>chat", busy))
        #expect(desk.take(.time, at: noon + second).map(\.dispatch.attempts) == [2])
        _ = desk.take(.answered(dispatch: "I-1/n1>chat", busy), at: noon + second)
        let letter = try #require(desk.rows["I-1/n1>chat"])
        #expect(letter.isDeadLetter && letter.ending == .exhausted && letter.reason.contains("busy"))
        #expect(desk.take(.redrive(letter, by: "ada"), at: noon + second).map(\.dispatch.id) == [letter.id])
        _ = desk.take(.answered(dispatch: letter.id, .never(why: "no such channel")), at: noon + second)
        let refused = try #require(desk.rows[letter.id])
        #expect(refused.isDeadLetter && refused.ending == .refused)
        _ = desk.take(.drop(refused, by: "ada"))
        #expect(desk.rows[letter.id]?.isDeadLetter == false && desk.rows[letter.id]?.state == .givenUp)
    }

    @Test("After a crash in the middle of a sending it is sent again, and said to be a repetition")
    func crash() {
        var desk = Desk(rules(ChannelRules("chat")))
        #expect(desk.take(.notice(notice(1))).first?.dispatch.mayHaveArrived == false)
        desk.crash()
        #expect(desk.take(.time).first?.dispatch.mayHaveArrived == true)
    }

    @Test("Waits grow with each failure and differ by chance alone")
    func patience() {
        let channel = ChannelRules("chat")
        var chance = Chance(seed: 1)
        let waits = (1...12).map { channel.wait(after: $0, &chance) }
        for (failures, wait) in zip(1..., waits) {
            let ceiling = min(second << Int64(failures - 1), .seconds(300))
            #expect(wait >= ceiling / 2 && wait <= ceiling)
        }
        var other = Chance(seed: 2)
        #expect((1...12).map { channel.wait(after: $0, &other) } != waits)
    }

    @Test("A channel gets no more messages in a time than it takes")
    func rate() {
        var chat = ChannelRules("chat", storm: nil)
        chat.rate = ChannelRules.Rate(2, within: .seconds(10))
        var desk = Desk(rules(chat))
        let first = (1...3).flatMap { desk.take(.notice(notice(1, "I-\($0)")), at: noon + Int64($0)) }
        #expect(first.map(\.dispatch.incident) == ["I-1", "I-2"])
        #expect(desk.book.due == noon + 1 + .seconds(10))
        #expect(desk.take(.time, at: noon + 1 + .seconds(10)).map(\.dispatch.incident) == ["I-3"])
    }

    @Test("In a storm notices are gathered into one message that names all, and the end of that message is theirs")
    func storm() {
        var desk = Desk(rules(ChannelRules("chat", storm: ChannelRules.Storm(moreThan: 3, within: .seconds(60)))))
        var left = (1...20).flatMap { desk.take(.notice(notice(1, "I-\($0)"))) }
        #expect(left.map(\.dispatch.incident) == ["I-1", "I-2", "I-3"])
        left = left.flatMap { desk.take(.answered(dispatch: $0.dispatch.id, .sent(reference: "x"))) }
        #expect(left.isEmpty && desk.book.due == noon + .seconds(10))
        let storm = desk.take(.time, at: noon + .seconds(10))
        #expect(storm.count == 1 && storm.first?.with.count == 16)
        desk.crash()
        let again = desk.take(.time, at: noon + .seconds(11))
        #expect(
            again.first?.dispatch.id == storm.first?.dispatch.id
                && again.first?.with.map(\.id) == storm.first?.with.map(\.id))
        _ = desk.take(.answered(dispatch: "I-4/n1>chat", .sent(reference: "d")), at: noon + .seconds(11))
        #expect(desk.states("chat") == Array(repeating: .sent, count: 4) + Array(repeating: .gathered, count: 16))
    }

    @Test("A question is never gathered, and waits for what was before it")
    func question() {
        var desk = Desk(rules(ChannelRules("chat", storm: ChannelRules.Storm(moreThan: 1, within: .seconds(60)))))
        _ = desk.take(.notice(notice(1, "I-1")))
        _ = desk.take(.notice(notice(1, "I-2")))
        #expect(desk.take(.notice(notice(2, "I-2", .approvalNeeded))).isEmpty)
        #expect(desk.take(.notice(notice(1, "I-3", .approvalNeeded))).map(\.dispatch.incident) == ["I-3"])
        let left = desk.take(.time, at: noon + .seconds(10))
        #expect(left.map(\.dispatch.id) == ["I-2/n1>chat"] && left.first?.with.isEmpty == true)
    }
}

@Suite("Quiet") struct QuietTests {
    private let pager = ChannelRules("pager", pages: true, takesAcknowledgements: true, storm: nil)

    @Test("Who knows of an incident is not woken for it again but for its end, a question or more urgency")
    func acknowledged() {
        var desk = Desk(rules(pager, ChannelRules("chat", storm: nil)))
        for left in desk.take(.notice(notice(1))) {
            _ = desk.take(.answered(dispatch: left.dispatch.id, .sent(reference: "1")))
        }
        let knows = Acknowledgement(incident: "I-1", generation: 1, person: "ada", at: noon)
        let told = desk.take(.acknowledged(knows))
        #expect(told.map(\.dispatch.purpose) == [.acknowledgement] && told.map(\.dispatch.channel) == ["pager"])
        #expect(desk.take(.acknowledged(knows)).isEmpty)
        _ = desk.take(.answered(dispatch: "I-1/k1>pager", .sent(reference: "1")))
        var paged: [IncidentNotice.Kind] = []
        for (index, kind) in IncidentNotice.Kind.allCases.enumerated() {
            for left in desk.take(.notice(notice(index + 2, "I-1", kind))) {
                if left.dispatch.channel == "pager" { paged.append(left.dispatch.kind) }
                _ = desk.take(.answered(dispatch: left.dispatch.id, .sent(reference: "1")))
            }
        }
        #expect(paged == [.priorityRaised, .approvalNeeded, .resolved, .suppressed, .failed])
        #expect(desk.states("chat").allSatisfy { $0 == .sent })
        #expect(desk.rows["I-1/n2>pager"]?.ending == .acknowledged && desk.rows["I-1/n2>pager"]?.isDeadLetter == false)
        // A new generation is news.
        #expect(desk.take(.notice(notice(90, "I-1", .escalated, generation: 2))).count == 2)
    }

    @Test("What waits to be tried again wakes nobody who knows by then, be there a crash between or not")
    func retries() {
        for crashes in [false, true] {
            var desk = Desk(rules(pager))
            _ = desk.take(.notice(notice(1)))
            let lost = ChannelAnswer.later(after: 0, why: "no answer", mayHaveArrived: true)
            _ = desk.take(.answered(dispatch: "I-1/n1>pager", lost))
            let knows = Acknowledgement(incident: "I-1", generation: 1, person: "ada", at: noon)
            let told = desk.take(.acknowledged(knows))
            #expect(told.map(\.dispatch.purpose) == [.acknowledgement])
            if crashes { desk.crash() }
            #expect(desk.take(.time, at: noon + .seconds(600)).allSatisfy { $0.dispatch.purpose == .acknowledgement })
            #expect(desk.rows["I-1/n1>pager"]?.ending == .acknowledged)
        }
    }

    @Test("In quiet hours what is not urgent waits for their end; who is woken is told all, in order")
    func hours() throws {
        let hours = QuietHours(from: 22 * 60, until: 7 * 60, passes: 1)
        var desk = Desk(rules(ChannelRules("chat"), quiet: hours))
        let night = noon + .seconds(11 * 3_600)
        let morning = noon + .seconds(19 * 3_600)
        #expect(desk.take(.notice(notice(1)), at: night).isEmpty)
        #expect(desk.take(.notice(notice(1, "I-2")), at: night).isEmpty)
        #expect(desk.book.due == morning)
        #expect(
            desk.take(.notice(notice(2, "I-1", .priorityRaised, priority: 1)), at: night).map(\.dispatch.notice)
                == ["I-1/n1"])
        #expect(
            desk.take(.answered(dispatch: "I-1/n1>chat", .sent(reference: "1")), at: night).map(\.dispatch.notice)
                == ["I-1/n2"])
        #expect(desk.take(.time, at: morning - 1).isEmpty)
        #expect(desk.take(.time, at: morning).map(\.dispatch.notice) == ["I-2/n1"])
    }

    @Test(
        "Quiet hours go by the clocks of their zone and by the day on which they began",
        arguments: [
            (23, [0], true), (23, [1], false), (25, [0], true), (25, [1], false), (31, [], false), (30, [], true),
            (21, [], false),
        ])
    func days(_ hour: Int64, _ days: [Int], _ isQuiet: Bool) {
        let hours = QuietHours(days: days, from: 22 * 60, until: 7 * 60)
        let midnight = noon - .seconds(12 * 3_600)
        let end = hours.end(midnight + .seconds(hour * 3_600))
        #expect((end != nil) == isQuiet)
        if let end { #expect(end == midnight + .seconds(31 * 3_600)) }
    }
}
