public import Alerting
public import Contracts
public import Insight

/// What time does, what is forgotten, and how the book is made again.
extension AlertBook {
    // MARK: - Time

    private static let mostAtOnce = 200

    /// Looks at those that are held back and those that wait; to be called about once a second.
    public mutating func tick(now: Int64) -> [AlertDecision] {
        clean()
        var decisions = expired(now)
        for fingerprint in held.prefix(Self.mostAtOnce) {
            guard var entry = entries[fingerprint] else { continue }
            entry.flaps.look(at: now, settings.flapping)
            keep(entry)
            guard holding(entry, now) == nil else { continue }
            let told = DecisionReason("released", "what held it back does so no longer, and it lasts")
            decisions.append(judge(entry, [told], now, sent: entry.alert))
        }
        for fingerprint in watched.prefix(Self.mostAtOnce) {
            guard var entry = entries[fingerprint], lasts(entry, now) else { continue }
            if let (index, why) = home(of: entry, fire: nil) {
                decisions.append(join(&entry, index, entry.receipt.reasons + [why], now, entry.alert))
                continue
            }
            let seconds = (now - entry.firstHeard) / 1_000_000_000
            let told = DecisionReason("opens", "it has lasted for \(seconds) s, and nobody mended it")
            decisions.append(
                opens(&entry, [], fire: nil, entry.receipt.reasons + [told], now, entry.alert))
        }
        clean()
        tidy()
        return decisions
    }

    /// It ends by itself unless it is told again.
    mutating func expects(_ entry: Entry) {
        if entry.isFiring, entry.alert.ended != nil { expiring.insert(entry.alert.fingerprint) }
    }

    /// Ends what was not told again in time.
    private mutating func expired(_ now: Int64) -> [AlertDecision] {
        guard now >= nextLook || nextLook - now > Self.lookEvery, !expiring.isEmpty else { return [] }
        nextLook = now + Self.lookEvery
        var decisions: [AlertDecision] = []
        for fingerprint in expiring.sorted() {
            guard let entry = entries[fingerprint], entry.isFiring, let end = entry.alert.ended else {
                expiring.remove(fingerprint)
                continue
            }
            guard end <= now else { continue }
            expiring.remove(fingerprint)
            let meaning = self.end(entry, at: end, now)
            let told = DecisionReason("episode", "its sender did not repeat it in time: it has ended")
            entries[fingerprint]?.hasExpired = true
            let ended = entries[fingerprint] ?? entry
            decisions.append(
                AlertDecision(
                    receipt: AlertReceipt(
                        fingerprint: fingerprint, disposition: .resolved, incident: ended.receipt.incident,
                        reasons: [told]),
                    record: ended.record(), meaning: meaning))
        }
        return decisions
    }

    private static let lookEvery: Int64 = 10_000_000_000

    /// What mends itself has had its time.
    private func lasts(_ entry: Entry, _ now: Int64) -> Bool {
        let alert = entry.alert
        guard alert.isFiring, entry.receipt.disposition == .watched, !settings.agents.contains(alert.node),
            now - entry.firstHeard >= settings.lasting
        else { return false }
        return alert.kind == .silentProcess || alert.severity == .critical && !alert.isCircumstance
    }

    // MARK: - Room

    mutating func keep(_ entry: Entry) {
        var entry = entry
        bytes -= entries[entry.alert.fingerprint]?.bytes ?? 0
        entry.bytes = entry.weight
        bytes += entry.bytes
        entries[entry.alert.fingerprint] = entry
        guard entries.count > settings.limits.alerts || bytes > settings.limits.bytes else { return }
        makeRoom(sparing: entry.alert.fingerprint)
    }

    /// What has ended goes first, then what is one of too many, then the oldest.
    private mutating func makeRoom(sparing fingerprint: String) {
        while entries.count > settings.limits.alerts || bytes > settings.limits.bytes {
            guard let victim = next(\.ends, fingerprint) ?? next(\.extras, fingerprint) ?? next(\.all, fingerprint)
            else {
                return
            }
            forget(victim)
        }
    }

    private mutating func next(_ queue: WritableKeyPath<AlertBook, Arrivals>, _ spared: String) -> String? {
        while let item = self[keyPath: queue].next() {
            guard item.fingerprint != spared, entries[item.fingerprint]?.token == item.token else { continue }
            return item.fingerprint
        }
        return nil
    }

    private mutating func forget(_ fingerprint: String) {
        guard var entry = entries.removeValue(forKey: fingerprint) else { return }
        bytes -= entry.bytes
        forgotten += 1
        expiring.remove(fingerprint)
        release(&entry)
        // What is not known any more keeps no incident open.
        if entry.isMember, entry.isFiring, let index = open.firstIndex(where: { $0.opening == entry.opening }) {
            open[index].firing -= 1
        }
    }

    /// Leaves out of the queues what is there no longer, when they are mostly that.
    mutating func tidy() {
        let most = 4 * settings.limits.alerts + 1_000
        let tokens = entries
        let isSo = { (fingerprint: String, token: Int) in tokens[fingerprint]?.token == token }
        // One at a time: somebody waits.
        if ends.count > most {
            ends.clean(isSo)
        } else if all.count > most {
            all.clean(isSo)
        } else if extras.count > most {
            extras.clean(isSo)
        }
    }

    // MARK: - After a death

    /// The book as its owner's records tell it: all of the last hours, the incidents that are open, in the order in which
    /// they opened, and those that ended of late. It decides as the one that was lost would, but for what alone a longer memory could tell: how often a thing has
    /// flapped.
    public init(
        _ settings: AlertSettings, silences: [Silence] = [], calls: [Call] = [], restoring records: [AlertRecord],
        openIncidents: [String], endedIncidents: [EndedIncident] = []
    ) {
        self.init(settings, silences: silences, calls: calls)
        let ordered = records.sorted {
            ($0.firstHeard, $0.alert.fingerprint, $0.alert.began) < (
                $1.firstHeard, $1.alert.fingerprint, $1.alert.began
            )
        }
        var numbers: [String: Int] = [:]
        for incident in openIncidents where numbers[incident] == nil {
            lastOpening += 1
            numbers[incident] = lastOpening
            names[lastOpening] = incident
            open.append(Standing(lastOpening, now: 0))
        }
        for record in ordered { restore(record, &numbers) }
        for ended in endedIncidents.sorted(by: { ($0.at, $0.incident) < ($1.at, $1.incident) }) {
            incidentEnded(ended.incident, now: ended.at)
        }
        open.removeAll { standing in names[standing.opening].map { !openIncidents.contains($0) } ?? true }
        clean()
    }

    private mutating func restore(_ record: AlertRecord, _ numbers: inout [String: Int]) {
        var entry = Entry(record.alert, told: record.alert.began, now: record.firstHeard)
        if let before = entries[record.alert.fingerprint], before.isFiring {
            _ = end(before, at: record.alert.began, record.firstHeard)
        }
        let earlier = entries[record.alert.fingerprint]
        (entry.lastHeard, entry.deliveries, entry.receipt) = (record.lastHeard, record.deliveries, record.receipt)
        entry.hasOpened = earlier?.hasOpened == true || record.receipt.reasons.contains { $0.rule == "opens" }
        entry.past = earlier?.past ?? []
        entry.opening = earlier?.opening
        remember(&entry, record.firstHeard)
        lastToken += 1
        entry.token = lastToken
        all.add(record.alert.fingerprint, lastToken)
        if !entry.isFiring { ends.add(record.alert.fingerprint, lastToken) }
        if entry.isFiring { inhibit(&entry) }
        expects(entry)
        if entry.receipt.disposition == .suppressed { held.append(record.alert.fingerprint) }
        if entry.receipt.disposition == .watched { watched.append(record.alert.fingerprint) }
        let isOwn = settings.agents.contains(record.alert.node) && record.alert.source != .person
        if let incident = record.receipt.incident { belong(&entry, incident, &numbers, isOwn) }
        if !isOwn, record.receipt.disposition != .suppressed, record.receipt.disposition != .resolved {
            let placement = place(record.alert, record.firstHeard)
            if let fire = placement.incident, let opening = entry.opening { burns(fire, opening) }
        }
        keep(entry)
    }

    private mutating func belong(
        _ entry: inout Entry, _ incident: String, _ numbers: inout [String: Int], _ isOwn: Bool
    ) {
        if numbers[incident] == nil {
            lastOpening += 1
            numbers[incident] = lastOpening
            names[lastOpening] = incident
            open.append(Standing(lastOpening, now: entry.firstHeard))
        }
        entry.opening = numbers[incident]
        guard let index = open.firstIndex(where: { $0.opening == entry.opening }) else { return }
        entry.isMember = entry.isFiring
        open[index].isOwn = isOwn
        open[index].alerts += 1
        open[index].firing += entry.isFiring ? 1 : 0
        open[index].last = max(open[index].last, entry.firstHeard)
        open[index].impact.grow(by: Impact(entry.alert))
        open[index].priority = open[index].impact.priority
        if open[index].samples.count < settings.limits.samples {
            open[index].samples.append(entry.alert.fingerprint)
        } else {
            entry.shorten()
            extras.add(entry.alert.fingerprint, entry.token)
        }
    }
}
