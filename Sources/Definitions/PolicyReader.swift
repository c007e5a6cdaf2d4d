import Contracts
import Risk
import Settings

/// Reads the files of a policy: one with the table of autonomy, and any number of calendars with windows and freezes.
struct PolicyReader {
    /// The bytes of a zone of the tz database by its name; nil where there is none.
    let zone: (String) -> [UInt8]?

    private static let day = 86_400

    /// What one file says.
    struct Part {
        var policy: Policy?
        var windows: [Policy.Window] = []
        var freezes: [Policy.Freeze] = []
        /// Where the table of autonomy stands.
        var line = 0
        var notes: [Mistake] = []
    }

    func read(_ document: Document) throws(ConfigurationError) -> Part {
        try document.read { part($0, document.name) }
    }

    private func part(_ top: Section, _ file: String) -> Part {
        _ = top.required("version", .matching("1", standIn: "1") { $0 == "1" })
        var part = Part()
        part.windows = top.sections("windows", atMost: 100) { window($0) }
        part.freezes = top.sections("freezes", atMost: 1_000) { freeze($0) }
        guard top.has("autonomy") else { return part }
        part.line = top.line(of: "autonomy")
        // The digest of all files comes in when all are read.
        var policy = Policy(name: top.required("name", .name), digest: Digest(of: []))
        policy.askers = top.list("askers", of: .name, atMost: 100)
        if policy.askers.isEmpty { top.refuse("askers", "expected the roles of the agents that may ask, found none") }
        var lines: [Int] = []
        policy.rows = top.sections("autonomy", atMost: 200) { section in
            lines.append(section.line(of: "actions"))
            return row(section)
        }
        if policy.rows.isEmpty { top.refuse("autonomy", "expected at least one row, found none") }
        policy.otherwise = top.value("otherwise", .choice(of: Otherwise.self), otherwise: .approve).outcome
        policy.confidence = top.section("confidence") { confidence($0) }
        top.section("limits") { limits($0, &policy) }
        policy.approvals = top.section("approvals") { approvals($0) }
        part.notes = notes(policy, file, lines)
        part.policy = policy
        return part
    }

    /// What a step gets that no row is about.
    private enum Otherwise: String, CaseIterable, Sendable {
        case approve, deny
        var outcome: VerdictOutcome { self == .approve ? .approve : .deny }
    }

    private func row(_ section: Section) -> Policy.Row {
        var row = Policy.Row(actions(section), section.required("verdict", .choice(of: VerdictOutcome.self)))
        row.budget = section.optional("budget", .number(in: -10...1))
        row.burn = section.optional("burn", .number(in: 0...10_000))
        row.confidence = section.optional("confidence", .number(in: 0...1))
        row.isCalibrated = section.value("calibrated", .boolean, otherwise: false)
        row.hasInverse = section.value("inverse", .boolean, otherwise: false)
        row.revertsWithin = section.optional("reverts-within", Self.span(1, 365 * Self.day))
        return row
    }

    private func confidence(_ section: Section) -> Policy.Confidence {
        var confidence = Policy.Confidence()
        let threshold = Scalar<String>.matching("a number from 0 to 1, or derived", standIn: "derived") { text in
            text == "derived" || Double(text).map { (0...1).contains($0) } ?? false
        }
        if let given = section.optional("threshold", threshold) { confidence.least = Double(given) }
        confidence.tolerated = section.value("tolerated-false-actions", .number(in: 0.001...0.5), otherwise: 0.05)
        confidence.assurance = section.value("assurance", .number(in: 0.5...0.9999), otherwise: 0.95)
        return confidence
    }

    private func limits(_ section: Section, _ policy: inout Policy) {
        policy.cooldown = section.value("cooldown", Self.span(0, Self.day), otherwise: policy.cooldown)
        policy.actionsPerIncident = section.value(
            "actions-per-incident", .wholeNumber(in: 0...100), otherwise: policy.actionsPerIncident)
        policy.blast.roles = section.value("roles", .wholeNumber(in: 1...100), otherwise: policy.blast.roles)
        policy.blast.capacity = section.value("capacity", .number(in: 0...1), otherwise: policy.blast.capacity)
        policy.blast.capacityAnHour = section.value(
            "capacity-per-hour", .number(in: 0...1_000), otherwise: policy.blast.capacityAnHour)
    }

    private func approvals(_ section: Section) -> Policy.Approvals {
        var approvals = Policy.Approvals()
        approvals.lifetime = section.value("expire-after", Self.span(10, 7 * Self.day), otherwise: approvals.lifetime)
        approvals.capabilityLifetime = section.value(
            "capability-lifetime", Self.span(1, 3_600), otherwise: approvals.capabilityLifetime)
        if section.has("two-people") { approvals.twoPeople = actions(section, "two-people") }
        approvals.twoPeopleIfIrreversible = section.value("two-people-if-irreversible", .boolean, otherwise: true)
        return approvals
    }

    // MARK: - Calendars

    private func window(_ section: Section) -> Policy.Window {
        let from = section.required("from", Self.clock)
        let until = section.required("until", Self.clock)
        if from == until {
            section.refuse("until", "expected another time than from: leave a window out that never ends")
        }
        let days = section.list("days", of: .choice(of: Weekday.self), atMost: 7)
        let numbers = Weekday.allCases.indices.filter { days.isEmpty || days.contains(Weekday.allCases[$0]) }
        return Policy.Window(actions(section), zone: zone(section), days: numbers, from: from, until: until)
    }

    enum Weekday: String, CaseIterable, Sendable {
        case monday, tuesday, wednesday, thursday, friday, saturday, sunday
    }

    private func freeze(_ section: Section) -> Policy.Freeze {
        let from = section.required("from", Self.date)
        let until = section.required("until", Self.date)
        if until <= from { section.refuse("until", "expected a time after from") }
        let outcome = section.value("verdict", .choice(of: Otherwise.self), otherwise: .deny).outcome
        return Policy.Freeze(
            section.required("name", .text(length: 1...100)), actions(section), zone: zone(section), from: from,
            until: until, outcome: outcome)
    }

    func zone(_ section: Section) -> Zone {
        let name = section.required("zone", Self.zoneName)
        guard name != "UTC" else { return .utc }
        guard let bytes = zone(name) else {
            section.refuse("zone", "expected UTC or a zone of this host's tz database, found no \(name)")
            return .utc
        }
        do {
            return try Zone(name: name, bytes: bytes)
        } catch {
            section.refuse("zone", "\(name): \(error)")
            return .utc
        }
    }

    // MARK: - Words

    /// A list of actions, or all of them.
    private func actions(_ section: Section, _ key: String = "actions") -> [ActionClass] {
        if section.kind(of: key) == .scalar {
            _ = section.required(key, .matching("a list of actions, or all", standIn: "all") { $0 == "all" })
            return ActionClass.allCases
        }
        let found = section.list(key, of: .choice(of: ActionClass.self), atMost: 100)
        if found.isEmpty, section.kind(of: key) != .list || key == "actions" {
            section.refuse(key, "expected a list of actions, or all")
        }
        return found
    }

    /// Nanoseconds, from a duration of so many seconds.
    private static func span(_ least: Int, _ most: Int) -> Scalar<Int64> {
        let text = "a duration from \(least) s to \(most) s, such as 90s, 5m, 1h or 30d"
        return Scalar(expected: text, standIn: .seconds(Int64(least))) { text in
            let units: [(letter: Character, seconds: Int64)] = [("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400)]
            guard let letter = text.last, let unit = units.first(where: { $0.letter == letter }),
                (2...10).contains(text.utf8.count), text.dropLast().utf8.allSatisfy({ (48...57).contains($0) }),
                let number = Int64(text.dropLast())
            else { return nil }
            let seconds = number * unit.seconds
            return (Int64(least)...Int64(most)).contains(seconds) ? .seconds(seconds) : nil
        }
    }

    /// `09:30`, in minutes of the day.
    static let clock = Scalar<Int>(expected: "a time such as 09:30", standIn: 0) { minutes($0[...]) }

    private static func minutes(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let hour = digits(parts[0], 2), let minute = digits(parts[1], 2), hour < 24,
            minute < 60
        else { return nil }
        return hour * 60 + minute
    }

    private static func digits(_ text: Substring, _ count: Int) -> Int? {
        guard text.utf8.count == count, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int(text)
    }

    static let date = Scalar<CivilTime>(
        expected: "a date and a time such as 2030-12-20 18:00", standIn: CivilTime(seconds: 0)
    ) { text in
        let halves = text.split(separator: " ", omittingEmptySubsequences: false)
        guard halves.count == 2, let minute = minutes(halves[1]) else { return nil }
        let parts = halves[0].split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, let year = digits(parts[0], 4), let month = digits(parts[1], 2),
            let day = digits(parts[2], 2)
        else { return nil }
        return CivilTime(year: year, month: month, day: day, second: minute * 60)
    }

    /// A path of words, never one that leads out of the database.
    private static let zoneName = Scalar<String>.matching("a zone such as Europe/Berlin, or UTC", standIn: "UTC") {
        text in
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return text.utf8.count <= 64 && parts.count <= 3
            && parts.allSatisfy { part in
                guard let first = part.utf8.first, (65...90).contains(first & 0xDF) else { return false }
                return part.utf8.allSatisfy {
                    (65...90).contains($0 & 0xDF) || (48...57).contains($0) || "_-+".utf8.contains($0)
                }
            }
    }
}

extension PolicyReader {
    /// What is right, and may not be what its author meant.
    private func notes(_ policy: Policy, _ file: String, _ lines: [Int]) -> [Mistake] {
        func note(_ row: Int, _ text: String) -> Mistake {
            Mistake(place: "\(file):\(lines[row])", path: "autonomy[\(row)]", text: text, line: lines[row])
        }
        var notes = policy.hiddenRows.map { hidden in
            note(
                hidden.row - 1,
                "is never reached for \(hidden.action.rawValue): row \(hidden.by) holds wherever this one does")
        }
        for (index, row) in policy.rows.enumerated() where row.outcome == .auto {
            if row.budget == nil { notes.append(note(index, "lets actions go however little of the budget is left")) }
            if !row.hasInverse, row.actions.contains(where: { $0 != .restart }) {
                notes.append(note(index, "asks for no inverse; the rule inverse does so for every step"))
            }
        }
        return notes
    }
}
