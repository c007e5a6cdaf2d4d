public import Contracts

/// Decides what is told to whom, when, and by which channel. A value of rows: what it says is on disk before anything
/// leaves, so that a crash at any step loses nothing, and what may have left is known to be so.
public struct NoticeBook: Sendable, Equatable {
    /// What is still to be sent, in order.
    public private(set) var waiting: [Dispatch] = []
    /// When it next has to be asked; nil where nothing waits for time alone.
    public internal(set) var due: Int64?
    /// Messages under way in this process: forgotten by a crash.
    private(set) var inHand: [InHand] = []
    private var known: Set<String> = []
    /// The same in the order of their coming, so that the oldest is forgotten first.
    private var knownSince: [Known] = []
    /// By incident.
    private var knowing: [String: Acknowledgement] = [:]
    /// Channels that told of an incident, as `CHANNEL INCIDENT`.
    private var told: Set<String> = []
    /// Lately, by channel: arrivals and sendings.
    var arrivals: [ChannelTimes] = []
    var sendings: [ChannelTimes] = []
    private var last: Int64 = 0

    struct InHand: Sendable, Equatable {
        var id: String
        /// An earlier attempt may have arrived.
        var wasUnsure: Bool
    }

    struct Known: Sendable, Equatable {
        var id: String
        var at: Int64
    }

    struct ChannelTimes: Sendable, Equatable {
        var channel: String
        var times: [Int64]
    }

    public init() {}

    /// As it was before a crash: every row that waits, what came and was told lately, and who knows of what.
    public init(
        waiting: [Dispatch], ended: [Dispatch], known: [(id: String, at: Int64)], acknowledgements: [Acknowledgement],
        last: Int64
    ) {
        self.waiting = waiting.sorted { $0.number < $1.number }
        self.last = last
        for (id, at) in known.sorted(by: { $0.at < $1.at }) { know(id, at) }
        for each in acknowledgements { knowing[each.incident] = each }
        for dispatch in ended where dispatch.state != .givenUp { tell(dispatch) }
        for dispatch in (ended + waiting).sorted(by: { $0.created < $1.created }) {
            Self.note(dispatch.created, dispatch.channel, &arrivals)
        }
        for dispatch in ended.sorted(by: { ($0.ended ?? 0) < ($1.ended ?? 0) }) where dispatch.state == .sent {
            Self.note(dispatch.ended ?? 0, dispatch.channel, &sendings)
        }
    }

    /// From an event to all that follows from it.
    public mutating func take(
        _ event: NoticeEvent, _ rules: NoticeRules, now: Int64, chance: inout Chance
    ) -> [NoticeEffect] {
        var effects: [NoticeEffect] = []
        switch event {
        case .notice(let notice): take(notice, rules, now, &effects)
        case .acknowledged(let acknowledgement): take(acknowledgement, rules, now, &effects)
        case .answered(let id, let answer): take(answer, of: id, rules, now, &chance, &effects)
        case .time: break
        case .redrive(let dispatch, let person): redrive(dispatch, person, now, &effects)
        case .drop(let dispatch, let person):
            guard dispatch.isDeadLetter else { break }
            var dropped = dispatch
            dropped.ending = .dropped
            dropped.reason = "given up by \(person): \(dispatch.reason)"
            effects.append(.keep(dropped))
        }
        forget(before: now - rules.remembers)
        send(rules, now, &effects)
        return effects
    }

    // MARK: what comes

    private mutating func take(
        _ notice: IncidentNotice, _ rules: NoticeRules, _ now: Int64, _ effects: inout [NoticeEffect]
    ) {
        guard !known.contains(notice.id) else { return }
        know(notice.id, now)
        effects.append(.know(notice))
        for (channel, audience) in rules.targets(of: notice) {
            var dispatch = next(notice, channel.name, audience.name, now)
            if let quiet = audience.quiet, let end = quiet.end(now) {
                if notice.priority <= quiet.passes {
                    release(notice.incident, channel.name, now, &effects)
                } else {
                    dispatch.heldUntil = end
                    dispatch.reason = "waits for the end of quiet hours"
                }
            }
            Self.note(now, channel.name, &arrivals)
            waiting.append(dispatch)
            effects.append(.keep(dispatch))
        }
    }

    /// Whoever is woken for an incident is told all of it, in its order.
    private mutating func release(
        _ incident: String, _ channel: String, _ now: Int64, _ effects: inout [NoticeEffect]
    ) {
        for index in waiting.indices
        where waiting[index].incident == incident && waiting[index].channel == channel && waiting[index].heldUntil > now
        {
            waiting[index].heldUntil = 0
            waiting[index].reason = ""
            effects.append(.keep(waiting[index]))
        }
    }

    private mutating func take(
        _ new: Acknowledgement, _ rules: NoticeRules, _ now: Int64, _ effects: inout [NoticeEffect]
    ) {
        if let old = knowing[new.incident], old.generation >= new.generation { return }
        knowing[new.incident] = new
        effects.append(.keepAcknowledgement(new))
        for channel in rules.channels where channel.takesAcknowledgements {
            let waits = waiting.last { $0.channel == channel.name && $0.incident == new.incident }
            guard let audience = waits?.audience ?? audience(of: channel.name, rules),
                waits != nil || told.contains("\(channel.name) \(new.incident)")
            else { continue }
            let notice = IncidentNotice(
                id: "\(new.incident)/k\(new.generation)", incident: new.incident, generation: new.generation,
                kind: .commented, priority: 4, title: "", text: "\(new.person) knows of it", at: new.at)
            effects.append(.know(notice))
            let dispatch = next(notice, channel.name, audience, now, purpose: .acknowledgement)
            waiting.append(dispatch)
            effects.append(.keep(dispatch))
        }
    }

    private func audience(of channel: String, _ rules: NoticeRules) -> String? {
        rules.routes.first { $0.channels.contains(channel) }?.audience
    }

    /// Takes back what waits and may not wake anybody any more, and what no channel is there for. What is under way, and
    /// what a message names already, goes on.
    mutating func quieten(_ rules: NoticeRules, _ now: Int64, _ effects: inout [NoticeEffect]) {
        var isAnyGone = false
        for index in waiting.indices where !isInHand(waiting[index].id) {
            let dispatch = waiting[index]
            guard let channel = rules.channel(dispatch.channel) else {
                let why = "there is no channel \(dispatch.channel) any more"
                waiting[index] = Self.givenUp(dispatch, .refused, why, now)
                effects.append(.keep(waiting[index]))
                isAnyGone = true
                continue
            }
            guard channel.pages, !dispatch.isWanted, dispatch.purpose == .notice, !dispatch.isGathering,
                dispatch.into == nil, !dispatch.kind.passesAcknowledgement,
                let person = whoKnows(dispatch.incident, dispatch.generation)
            else { continue }
            waiting[index] = Self.givenUp(dispatch, .acknowledged, "\(person) knows of the incident", now)
            effects.append(.keep(waiting[index]))
            isAnyGone = true
        }
        if isAnyGone { waiting.removeAll { $0.state != .waiting } }
    }

    func isInHand(_ id: String) -> Bool { inHand.contains { $0.id == id } }

    private func whoKnows(_ incident: String, _ generation: Int) -> String? {
        guard let found = knowing[incident], found.generation >= generation else { return nil }
        return found.person
    }

    // MARK: what channels say

    private mutating func take(
        _ answer: ChannelAnswer, of id: String, _ rules: NoticeRules, _ now: Int64, _ chance: inout Chance,
        _ effects: inout [NoticeEffect]
    ) {
        guard let place = waiting.firstIndex(where: { $0.id == id }) else { return }
        let wasUnsure = inHand.first { $0.id == id }?.wasUnsure ?? waiting[place].mayHaveArrived
        inHand.removeAll { $0.id == id }
        switch answer {
        case .sent(let reference):
            end(id, now, &effects) { dispatch in
                dispatch.state = dispatch.id == id ? .sent : .gathered
                dispatch.reference = reference
                dispatch.reason = dispatch.id == id ? "" : "named by the message of \(id)"
                dispatch.mayHaveArrived = true
            }
        case .never(let why):
            end(id, now, &effects) { $0 = Self.givenUp($0, .refused, why, now) }
        case .later(let after, let why, let mayHaveArrived):
            waiting[place].mayHaveArrived = wasUnsure || mayHaveArrived
            let channel = rules.channel(waiting[place].channel) ?? ChannelRules(waiting[place].channel)
            guard waiting[place].attempts < channel.attempts else {
                let attempts = waiting[place].attempts
                return end(id, now, &effects) {
                    $0 = Self.givenUp($0, .exhausted, "tried \(attempts) times, last: \(why)", now)
                }
            }
            let wait = max(min(after, .seconds(86_400)), channel.wait(after: waiting[place].attempts, &chance))
            waiting[place].notBefore = now.addingReportingOverflow(wait).partialValue
            waiting[place].reason = why
            effects.append(.keep(waiting[place]))
        }
    }

    /// Ends a dispatch, and all that are gathered into it.
    mutating func end(
        _ id: String, _ now: Int64, _ effects: inout [NoticeEffect], _ change: (inout Dispatch) -> Void
    ) {
        for index in waiting.indices where waiting[index].id == id || waiting[index].into == id {
            waiting[index].ended = now
            change(&waiting[index])
            if waiting[index].state != .givenUp { tell(waiting[index]) }
            effects.append(.keep(waiting[index]))
        }
        waiting.removeAll { $0.state != .waiting }
    }

    private mutating func redrive(
        _ dispatch: Dispatch, _ person: String, _ now: Int64, _ effects: inout [NoticeEffect]
    ) {
        guard dispatch.isDeadLetter, !waiting.contains(where: { $0.id == dispatch.id }) else { return }
        var again = dispatch
        last += 1
        again.number = last
        again.isWanted = true
        again.attempts = 0
        again.into = nil
        again.isGathering = false
        again.state = .waiting
        again.ending = nil
        again.ended = nil
        again.heldUntil = 0
        again.notBefore = 0
        again.reason = "sent again by \(person)"
        waiting.append(again)
        effects.append(.keep(again))
    }

    // MARK: helpers

    private mutating func next(
        _ notice: IncidentNotice, _ channel: String, _ audience: String, _ now: Int64,
        purpose: Dispatch.Purpose = .notice
    ) -> Dispatch {
        last += 1
        return Dispatch(notice, channel, audience, number: last, at: now, purpose: purpose)
    }

    static func givenUp(_ dispatch: Dispatch, _ ending: Dispatch.Ending, _ why: String, _ now: Int64) -> Dispatch {
        var dispatch = dispatch
        dispatch.state = .givenUp
        dispatch.ending = ending
        dispatch.reason = why
        dispatch.ended = now
        return dispatch
    }

    private mutating func tell(_ dispatch: Dispatch) { told.insert("\(dispatch.channel) \(dispatch.incident)") }

    private mutating func know(_ id: String, _ at: Int64) {
        guard known.insert(id).inserted else { return }
        knownSince.append(Known(id: id, at: at))
    }

    private mutating func forget(before: Int64) {
        // By handfuls: taking one from the front moves all others.
        let old = knownSince.prefix { $0.at < before }.count
        guard old > 100 || old == knownSince.count else { return }
        for known in knownSince.prefix(old) { self.known.remove(known.id) }
        knownSince.removeFirst(old)
    }

    static func note(_ time: Int64, _ channel: String, _ times: inout [ChannelTimes]) {
        if let place = times.firstIndex(where: { $0.channel == channel }) {
            times[place].times.append(time)
        } else {
            times.append(ChannelTimes(channel: channel, times: [time]))
        }
    }

    /// Puts a dispatch under way: that it may arrive is on disk before it does.
    mutating func begin(_ place: Int, gathering followers: [Int], _ now: Int64, _ effects: inout [NoticeEffect]) {
        let id = waiting[place].id
        waiting[place].attempts += 1
        for follower in followers { waiting[follower].into = id }
        if !followers.isEmpty { waiting[place].isGathering = true }
        // Those of an earlier attempt too, in their order.
        let with = waiting.filter { $0.into == id }
        let wasUnsure = waiting[place].mayHaveArrived
        waiting[place].mayHaveArrived = true
        effects.append(.keep(waiting[place]))
        for follower in with { effects.append(.keep(follower)) }
        var sent = waiting[place]
        sent.mayHaveArrived = wasUnsure
        effects.append(.send(sent, with: with))
        inHand.append(InHand(id: id, wasUnsure: wasUnsure))
        Self.note(now, waiting[place].channel, &sendings)
    }
}
