import Contracts

@testable import Notices

let second = Int64.seconds(1)
/// A Monday, 2030-06-17 at noon in UTC.
let noon = CivilTime(year: 2030, month: 6, day: 17, second: 43_200)!.seconds * second

func notice(
    _ number: Int, _ incident: String = "I-1", _ kind: IncidentNotice.Kind = .opened, priority: Int = 2,
    generation: Int = 1, at: Int64 = noon
) -> IncidentNotice {
    let isQuestion = kind == .approvalNeeded
    return IncidentNotice(
        id: "\(incident)/n\(number)", incident: incident, generation: generation, kind: kind, priority: priority,
        title: "orders are slow", text: "p99 above 1 s", plan: isQuestion ? Digest(of: [1]) : nil,
        state: isQuestion ? Digest(of: [2]) : nil, at: at)
}

/// A book, with the rows that its effects have written.
struct Desk {
    var rules: NoticeRules
    var book = NoticeBook()
    var rows: [String: Dispatch] = [:]
    var known: [(id: String, at: Int64)] = []
    var acknowledgements: [Acknowledgement] = []
    var chance = Chance(seed: 7)

    init(_ rules: NoticeRules = NoticeRules()) { self.rules = rules }

    /// The messages that leave, after everything is written.
    mutating func take(_ event: NoticeEvent, at now: Int64 = noon) -> [(dispatch: Dispatch, with: [Dispatch])] {
        var left: [(dispatch: Dispatch, with: [Dispatch])] = []
        for effect in book.take(event, rules, now: now, chance: &chance) {
            switch effect {
            case .know(let notice): known.append((notice.id, now))
            case .keep(let row): rows[row.id] = row
            case .keepAcknowledgement(let new): acknowledgements.append(new)
            case .send(let dispatch, let with): left.append((dispatch, with))
            }
        }
        return left
    }

    /// Everything but the rows is gone.
    mutating func crash() {
        book = NoticeBook(
            waiting: rows.values.filter { $0.state == .waiting }, ended: rows.values.filter { $0.state != .waiting },
            known: known, acknowledgements: acknowledgements, last: rows.values.map(\.number).max() ?? 0)
    }

    func states(_ channel: String) -> [Dispatch.State] {
        rows.values.filter { $0.channel == channel }.sorted { $0.number < $1.number }.map(\.state)
    }
}

func rules(_ channels: ChannelRules..., quiet: QuietHours? = nil) -> NoticeRules {
    NoticeRules(
        channels: channels, audiences: [Audience("engineers", .engineer, quiet: quiet)],
        routes: [Route("engineers", channels: channels.map(\.name))])
}
