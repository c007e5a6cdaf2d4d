import Contracts
import Testing

@testable import Notices

/// Channels that can tell a repetition by its key, on a bad day.
private struct World {
    struct Underway {
        var dispatch: Dispatch
        var with: [Dispatch]
        var began: Int64
    }

    var desk: Desk
    var now = noon
    var chance: Chance
    var underway: [Underway] = []
    /// What each key said when it came for the first time.
    var messages: [String: [String]] = [:]
    /// Dispatches in the order of their arrival.
    var arrivals: [(dispatch: Dispatch, began: Int64)] = []
    var acknowledged: [String: Int64] = [:]
    var faults: [String] = []
    var gathered = 0

    init(seed: UInt64) {
        var pager = ChannelRules("pager", pages: true, takesAcknowledgements: true, storm: nil)
        pager.attempts = 4
        var chat = ChannelRules(
            "chat", storm: ChannelRules.Storm(moreThan: 4, within: .seconds(20), every: .seconds(5)))
        chat.rate = ChannelRules.Rate(3, within: .seconds(2))
        var rules = rules(
            pager, chat, ChannelRules("journal", isImmediate: true),
            quiet: QuietHours(from: 12 * 60 + 5, until: 12 * 60 + 10))
        rules.remembers = .seconds(86_400)
        desk = Desk(rules)
        chance = Chance(seed: seed)
        desk.chance = Chance(seed: seed &+ 1)
    }

    mutating func tell(_ event: NoticeEvent) {
        // The rows are on disk; whether the messages leave is decided by whether the process lives on.
        let left = desk.take(event, at: now)
        if Int.random(in: 0..<40, using: &chance) == 0 { return crash() }
        underway += left.map { Underway(dispatch: $0.dispatch, with: $0.with, began: now) }
    }

    mutating func crash() {
        for message in underway where Bool.random(using: &chance) { arrive(message) }
        underway = []
        desk.crash()
        tell(.time)
    }

    mutating func arrive(_ message: Underway) {
        let all = [message.dispatch] + message.with
        if let earlier = messages[message.dispatch.id] {
            if earlier != all.map(\.id) { faults.append("\(message.dispatch.id) says something else again") }
            return
        }
        messages[message.dispatch.id] = all.map(\.id)
        if all.count > 1 { gathered += 1 }
        for dispatch in all { arrivals.append((dispatch, message.began)) }
    }

    mutating func answer() {
        guard !underway.isEmpty else { return }
        let message = underway.remove(at: Int.random(in: 0..<underway.count, using: &chance))
        switch Int.random(in: 0..<20, using: &chance) {
        case 0: tell(.answered(dispatch: message.dispatch.id, .never(why: "no")))
        case 1...4:
            let pause = Int64.random(in: 0...3_000_000_000, using: &chance)
            tell(.answered(dispatch: message.dispatch.id, .later(after: pause, why: "busy", mayHaveArrived: false)))
        case 5...7:
            if Bool.random(using: &chance) { arrive(message) }
            tell(.answered(dispatch: message.dispatch.id, .later(after: 0, why: "lost", mayHaveArrived: true)))
        default:
            arrive(message)
            tell(.answered(dispatch: message.dispatch.id, .sent(reference: "r")))
        }
    }

    mutating func step(_ stories: inout [[IncidentNotice]], _ told: inout [IncidentNotice]) {
        switch Int.random(in: 0..<10, using: &chance) {
        case 0...2:
            let story = Int.random(in: 0..<stories.count, using: &chance)
            guard !stories[story].isEmpty else { return }
            let next = stories[story].removeFirst()
            told.append(next)
            tell(.notice(next))
        case 3:
            if let again = told.randomElement(using: &chance) { tell(.notice(again)) }
        case 4:
            guard let some = told.randomElement(using: &chance), Int.random(in: 0..<6, using: &chance) == 0 else {
                return
            }
            if acknowledged[some.incident] == nil { acknowledged[some.incident] = now }
            tell(.acknowledged(Acknowledgement(incident: some.incident, generation: 1, person: "ada", at: now)))
        case 5:
            now += Int64.random(in: 0...4_000_000_000, using: &chance)
            tell(.time)
        default: answer()
        }
    }

    /// Until nothing waits; a book that sleeps for ever with something to do is a fault.
    mutating func settle() {
        for _ in 0..<20_000 where !desk.book.waiting.isEmpty {
            if !underway.isEmpty {
                answer()
            } else {
                guard let due = desk.book.due else { return faults.append("nothing is due, and something waits") }
                now = max(now, due)
                tell(.time)
            }
        }
        if !desk.book.waiting.isEmpty { faults.append("\(desk.book.waiting.count) wait for ever") }
    }

    mutating func judge(_ told: [IncidentNotice]) {
        for notice in told {
            for channel in ["pager", "chat", "journal"] {
                let id = "\(notice.id)>\(channel)"
                let count = arrivals.filter { $0.dispatch.id == id }.count
                guard let row = desk.rows[id] else {
                    faults.append("\(id) was never written")
                    continue
                }
                let isFine =
                    switch row.state {
                    case .sent, .gathered: count == 1
                    case .givenUp: count <= 1 && (row.isDeadLetter || row.ending == .acknowledged)
                    case .waiting: false
                    }
                if !isFine { faults.append("\(id) is \(row.state) and arrived \(count) times") }
            }
        }
        var last: [String: Int64] = [:]
        for (dispatch, began) in arrivals {
            let lane = "\(dispatch.channel) \(dispatch.incident)"
            if let before = last[lane], before >= dispatch.number { faults.append("\(dispatch.id) came too late") }
            last[lane] = dispatch.number
            if dispatch.channel == "pager", dispatch.purpose == .notice, !dispatch.kind.passesAcknowledgement,
                let at = acknowledged[dispatch.incident], began > at
            {
                faults.append("\(dispatch.id) woke somebody who knew")
            }
        }
    }
}

@Suite("Notices on bad days") struct SimulatedTests {
    @Test(
        "Each notice reaches each of its channels once, in order, or is a dead letter; nobody who knows is woken",
        arguments: 0..<120)
    func anyDay(_ seed: Int) {
        var world = World(seed: UInt64(seed))
        var stories = (1...6).map { incident in
            (1...8).map { number in
                let kind = IncidentNotice.Kind.allCases.randomElement(using: &world.chance) ?? .opened
                let priority = Int.random(in: 1...4, using: &world.chance)
                return notice(number, "I-\(incident)", kind, priority: priority)
            }
        }
        var told: [IncidentNotice] = []
        for _ in 0..<500 { world.step(&stories, &told) }
        world.settle()
        world.judge(told)
        #expect(world.faults.isEmpty, "seed \(seed): \(world.faults.prefix(5))")
        #expect(told.count > 10)
    }

    @Test("The days are bad enough: in some of them notices are gathered")
    func gathering() {
        var gathered = 0
        for seed in 0..<20 {
            var world = World(seed: UInt64(seed))
            for number in 1...40 { world.tell(.notice(notice(1, "I-\(number)"))) }
            world.settle()
            gathered += world.gathered
        }
        #expect(gathered > 0)
    }
}
