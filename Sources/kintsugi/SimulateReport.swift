import Commands
import Simulator

/// What happened on the bus in a campaign of seeds.
struct BusNumbers: Encodable, Equatable {
    let tally: Tally

    private enum CodingKeys: String, CodingKey {
        case calls, deliveries, executions, poisoned, crashes, freezes, brokenConnections, steps, virtualSeconds
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(tally.calls, forKey: .calls)
        try container.encode(tally.deliveries, forKey: .deliveries)
        try container.encode(tally.executions, forKey: .executions)
        try container.encode(tally.poisoned, forKey: .poisoned)
        try container.encode(tally.crashes, forKey: .crashes)
        try container.encode(tally.freezes, forKey: .freezes)
        try container.encode(tally.breaks, forKey: .brokenConnections)
        try container.encode(tally.steps, forKey: .steps)
        try container.encode(seconds(tally.virtualNanoseconds), forKey: .virtualSeconds)
    }

    var sentence: String {
        let events = [
            Quantities.count(tally.calls, "call"), Quantities.count(tally.executions, "execution"),
            "\(tally.crashes) deaths", Quantities.count(tally.freezes, "freeze"),
            Quantities.count(tally.breaks, "broken connection"), "\(tally.poisoned) given up as poison",
        ].joined(separator: ", ")
        return "bus: \(Quantities.duration(seconds(tally.virtualNanoseconds))) of virtual time: \(events)\n"
    }
}

/// What happened in the shop in a campaign of seeds.
struct ShopNumbers: Encodable, Equatable {
    let tally: ShopTally

    private enum CodingKeys: String, CodingKey {
        case orders, confirmed, cancelled, deleted, messages, lost, doubled, crashes, deadLetters, carrierCalls
        case steps, virtualSeconds
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(tally.orders, forKey: .orders)
        try container.encode(tally.confirmed, forKey: .confirmed)
        try container.encode(tally.cancelled, forKey: .cancelled)
        try container.encode(tally.deleted, forKey: .deleted)
        try container.encode(tally.messages, forKey: .messages)
        try container.encode(tally.lost, forKey: .lost)
        try container.encode(tally.doubled, forKey: .doubled)
        try container.encode(tally.crashes, forKey: .crashes)
        try container.encode(tally.deadLetters, forKey: .deadLetters)
        try container.encode(tally.carrierCalls, forKey: .carrierCalls)
        try container.encode(tally.steps, forKey: .steps)
        try container.encode(seconds(tally.virtualNanoseconds), forKey: .virtualSeconds)
    }

    var sentence: String {
        let events = [
            Quantities.count(tally.orders, "order"), "\(tally.confirmed) confirmed", "\(tally.cancelled) cancelled",
            "\(tally.deleted) deleted", Quantities.count(tally.messages, "message"), "\(tally.lost) lost",
            "\(tally.doubled) doubled", "\(tally.crashes) deaths", Quantities.count(tally.deadLetters, "dead letter"),
            Quantities.count(tally.carrierCalls, "call") + " to the carrier",
        ].joined(separator: ", ")
        return "shop: \(Quantities.duration(seconds(tally.virtualNanoseconds))) of virtual time: \(events)\n"
    }
}

/// What happened to incidents in a campaign of seeds.
struct IncidentNumbers: Encodable, Equatable {
    let tally: IncidentTally

    private enum CodingKeys: String, CodingKey {
        case incidents, transitions, questions, lost, doubled, deaths, effects, takenBack, repeated, rejected, resolved
        case suppressed, failed, steps, virtualSeconds
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(tally.incidents, forKey: .incidents)
        try container.encode(tally.transitions, forKey: .transitions)
        try container.encode(tally.questions, forKey: .questions)
        try container.encode(tally.lost, forKey: .lost)
        try container.encode(tally.doubled, forKey: .doubled)
        try container.encode(tally.deaths, forKey: .deaths)
        try container.encode(tally.effects, forKey: .effects)
        try container.encode(tally.undone, forKey: .takenBack)
        try container.encode(tally.repeated, forKey: .repeated)
        try container.encode(tally.rejected, forKey: .rejected)
        try container.encode(tally.resolved, forKey: .resolved)
        try container.encode(tally.suppressed, forKey: .suppressed)
        try container.encode(tally.failed, forKey: .failed)
        try container.encode(tally.steps, forKey: .steps)
        try container.encode(seconds(tally.virtualNanoseconds), forKey: .virtualSeconds)
    }

    var sentence: String {
        let events = [
            Quantities.count(tally.incidents, "incident"), Quantities.count(tally.transitions, "transition"),
            "\(tally.effects) effects", "\(tally.undone) taken back", "\(tally.repeated) asked for again",
            "\(tally.lost) messages lost", "\(tally.doubled) doubled", "\(tally.deaths) deaths",
        ].joined(separator: ", ")
        return "incidents: \(Quantities.duration(seconds(tally.virtualNanoseconds))) of virtual time: \(events)\n"
    }
}

/// To the millisecond.
private func seconds(_ nanoseconds: UInt64) -> Double { Double(nanoseconds / 1_000_000) / 1_000 }

extension Simulate.Report {
    /// As a person reads it.
    func rendered(paint: Paint) -> String {
        let summary =
            Quantities.count(seeds, "seed") + "\n" + (bus?.sentence ?? "") + (shop?.sentence ?? "")
            + (incidents?.sentence ?? "")
        guard let failure else { return summary + paint("every promise was kept", .green) + "\n" }
        return summary
            + failure.events.map { "  \($0)\n" }.joined()
            + paint("seed \(failure.seed) of the \(failure.world.rawValue) breaks a promise: \(failure.promise)", .red)
            + " (step \(failure.step): \(failure.detail))\nsee it again: \(failure.replay)\n"
    }
}
