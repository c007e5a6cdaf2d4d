import Contracts

/// What leaves now.
extension NoticeBook {
    /// Of one channel, what could leave: places in the list of what waits.
    private struct Ready {
        /// The first of each incident.
        var heads: [Int] = []
        /// What one message could name: of each incident the first ones.
        var gatherable: [Int] = []
    }

    mutating func send(_ rules: NoticeRules, _ now: Int64, _ effects: inout [NoticeEffect]) {
        due = nil
        quieten(rules, now, &effects)
        for channel in rules.channels {
            giveUpTired(channel, now, &effects)
            send(channel, now, &effects)
        }
    }

    /// What was tried often enough, with nobody there to hear the last answer.
    private mutating func giveUpTired(_ channel: ChannelRules, _ now: Int64, _ effects: inout [NoticeEffect]) {
        let tired = waiting.filter {
            $0.channel == channel.name && $0.attempts >= channel.attempts && !isInHand($0.id)
        }
        for dispatch in tired {
            let why = "tried \(dispatch.attempts) times, and the last answer is not known"
            end(dispatch.id, now, &effects) { $0 = Self.givenUp($0, .exhausted, why, now) }
        }
    }

    private mutating func send(_ channel: ChannelRules, _ now: Int64, _ effects: inout [NoticeEffect]) {
        Self.prune(&sendings, channel.name, upTo: now - channel.rate.within)
        if let storm = channel.storm { Self.prune(&arrivals, channel.name, upTo: now - storm.within) }
        let ready = ready(channel.name, now)
        guard !ready.heads.isEmpty else { return }
        let lately = sendings.first { $0.channel == channel.name }?.times ?? []
        let underWay = waiting.filter { $0.channel == channel.name && isInHand($0.id) }.count
        let allowed = channel.rate.count - lately.count
        if allowed <= 0 { wake(at: lately[lately.count - channel.rate.count] + channel.rate.within) }
        var room = min(channel.inHand - underWay, allowed)
        guard room > 0 else { return }
        var heads = ready.heads
        if let storm = channel.storm, isStorm(channel.name, storm, ready), !ready.gatherable.isEmpty {
            let gathered = Set(ready.gatherable)
            heads.removeAll { gathered.contains($0) }
            // What has waited longest says when; what was held did not wait before.
            let since = ready.gatherable.map { max(waiting[$0].created, waiting[$0].heldUntil) }.min() ?? now
            if since + storm.every <= now || ready.gatherable.count >= storm.most {
                let group = ready.gatherable.prefix(storm.most)
                begin(group[group.startIndex], gathering: Array(group.dropFirst()), now, &effects)
                room -= 1
            } else {
                wake(at: since + storm.every)
            }
        }
        for place in heads.prefix(max(room, 0)) { begin(place, gathering: [], now, &effects) }
        if heads.count > room { wake(at: (lately.first ?? now) + channel.rate.within) }
    }

    private func isStorm(_ channel: String, _ storm: ChannelRules.Storm, _ ready: Ready) -> Bool {
        let lately = arrivals.first { $0.channel == channel }?.times.count ?? 0
        return max(lately, ready.gatherable.count) > storm.moreThan
    }

    /// Nothing overtakes what is before it of its own incident.
    private mutating func ready(_ channel: String, _ now: Int64) -> Ready {
        var ready = Ready()
        var headed: Set<String> = []
        var blocked: Set<String> = []
        for place in waiting.indices where waiting[place].channel == channel {
            let dispatch = waiting[place]
            guard !blocked.contains(dispatch.incident) else { continue }
            let from = max(dispatch.notBefore, dispatch.heldUntil)
            if dispatch.into != nil || isInHand(dispatch.id) || from > now {
                if from > now { wake(at: from) }
                blocked.insert(dispatch.incident)
                continue
            }
            if headed.insert(dispatch.incident).inserted { ready.heads.append(place) }
            if dispatch.mayBeGathered {
                ready.gatherable.append(place)
            } else {
                blocked.insert(dispatch.incident)
            }
        }
        return ready
    }

    private mutating func wake(at time: Int64) { due = min(due ?? .max, time) }

    private static func prune(_ lately: inout [ChannelTimes], _ channel: String, upTo time: Int64) {
        guard let place = lately.firstIndex(where: { $0.channel == channel }) else { return }
        lately[place].times.removeAll { $0 <= time }
    }
}
