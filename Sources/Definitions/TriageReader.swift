import Alerting
import Contracts
import Settings

/// Reads the files about alerts. Lists of several files are one list; what there is one of may stand in one file.
struct TriageReader {
    /// The bytes of a zone of the tz database by its name; nil where there is none.
    let zone: (String) -> [UInt8]?
    private(set) var definition = TriageDefinition()
    private var seen: [String] = []

    init(zone: @escaping (String) -> [UInt8]?) { self.zone = zone }

    mutating func read(_ document: Document) throws(ConfigurationError) {
        let after = try document.read { top in
            var reader = self
            reader.whole(top)
            return (reader.definition, reader.seen)
        }
        (definition, seen) = after
    }

    private mutating func whole(_ top: Section) {
        _ = top.required("version", .matching("1", standIn: "1") { $0 == "1" })
        for key in ["agents", "labels", "flapping", "grouping", "limits", "keys"] where top.has(key) {
            if seen.contains(key) { top.refuse(key, "expected it in one file, found it in another one already") }
            seen.append(key)
        }
        if top.has("agents") { definition.settings.agents = top.list("agents", of: .name, atMost: 100) }
        if top.has("keys") {
            definition.requiresKeys = top.required("keys", .choice(of: Keys.self)) == .required
        }
        top.section("labels") { labels($0) }
        top.section("flapping") { flapping($0) }
        top.section("grouping") { grouping($0) }
        top.section("limits") { limits($0) }
        definition.settings.inhibitions += top.sections("inhibitions", atMost: 200) { inhibition($0) }
        definition.settings.maintenance += top.sections("maintenance", atMost: 1_000) { maintenance($0) }
        for hook in top.sections("hooks", atMost: 200, { hook($0) }) {
            if definition.hooks.contains(where: { $0.name == hook.name }) {
                top.refuse("hooks", "expected each hook once, found \(hook.name) again")
            }
            definition.hooks.append(hook)
        }
        for key in top.sections("pagerduty", atMost: 200, { routingKey($0) }) {
            if definition.routingKeys.contains(where: { $0.name == key.name || $0.digest == key.digest }) {
                top.refuse("pagerduty", "expected each name and each key once, found that of \(key.name) again")
            }
            definition.routingKeys.append(key)
        }
    }

    private enum Keys: String, CaseIterable, Sendable { case optional, required }

    private mutating func labels(_ section: Section) {
        let label = Scalar<String>.text(length: 1...256)
        if section.has("service") { definition.serviceLabels = section.list("service", of: label, atMost: 20) }
        if section.has("severity") { definition.severityLabels = section.list("severity", of: label, atMost: 20) }
    }

    private mutating func flapping(_ section: Section) {
        var flapping = definition.settings.flapping
        flapping.changes = section.value("changes", .wholeNumber(in: 2...100), otherwise: flapping.changes)
        flapping.window = Self.span(section, "window", flapping.window)
        flapping.quiet = Self.span(section, "quiet", flapping.quiet)
        definition.settings.flapping = flapping
    }

    private mutating func grouping(_ section: Section) {
        var settings = definition.settings
        settings.reach = section.value("reach", .wholeNumber(in: 0...5), otherwise: settings.reach)
        settings.joinsWithin = Self.span(section, "joins-within", settings.joinsWithin)
        settings.recallsWithin = Self.span(section, "recalls-within", settings.recallsWithin)
        settings.lasting = Self.span(section, "lasting", settings.lasting)
        settings.ownPause = Self.span(section, "own-pause", settings.ownPause)
        definition.settings = settings
    }

    private mutating func limits(_ section: Section) {
        var limits = definition.settings.limits
        limits.alerts = section.value("alerts", .wholeNumber(in: 100...1_000_000), otherwise: limits.alerts)
        limits.bytes = section.value("memory", .size(in: (1 << 20)...(1 << 30)), otherwise: limits.bytes)
        limits.samples = section.value("samples", .wholeNumber(in: 1...10_000), otherwise: limits.samples)
        definition.settings.limits = limits
    }

    private static func span(_ section: Section, _ key: String, _ otherwise: Int64) -> Int64 {
        section.value(key, .duration(in: .seconds(1) ... .seconds(86_400)), otherwise: .nanoseconds(otherwise))
            .wholeNanoseconds
    }

    // MARK: - Rules

    private func matchers(_ section: Section, _ key: String) -> [LabelMatcher] {
        var matchers: [LabelMatcher] = []
        for text in section.list(key, of: .text(length: 1...4_096), atMost: 20) {
            do throws(LabelMatcher.Fault) {
                matchers.append(try LabelMatcher(text))
            } catch {
                section.refuse(key, "\(error)")
            }
        }
        if matchers.isEmpty { section.refuse(key, "expected at least one matcher such as service=orders") }
        return matchers
    }

    private func inhibition(_ section: Section) -> Inhibition {
        Inhibition(
            section.required("name", .text(length: 1...100)), source: matchers(section, "source"),
            target: matchers(section, "target"), equal: section.list("equal", of: .text(length: 1...256), atMost: 20))
    }

    private func maintenance(_ section: Section) -> MaintenanceWindow {
        let reader = PolicyReader(zone: zone)
        let name = section.required("name", .text(length: 1...100))
        let nodes = section.list("services", of: .name, atMost: 1_000)
        let place = section.has("zone") ? reader.zone(section) : .utc
        guard section.has("days") || section.value("every", .choice(of: Every.self), otherwise: .once) == .day else {
            let from = section.required("from", PolicyReader.date)
            let until = section.required("until", PolicyReader.date)
            if until <= from { section.refuse("until", "expected a time after from") }
            return MaintenanceWindow(name, nodes: nodes, zone: place, .once(from: from, until: until))
        }
        let from = section.required("from", PolicyReader.clock)
        let until = section.required("until", PolicyReader.clock)
        if from == until { section.refuse("until", "expected another time than from") }
        let days = section.list("days", of: .choice(of: PolicyReader.Weekday.self), atMost: 7)
        let weekdays = PolicyReader.Weekday.allCases
        let numbers = weekdays.indices.filter { days.isEmpty || days.contains(weekdays[$0]) }
        return MaintenanceWindow(name, nodes: nodes, zone: place, .weekly(days: numbers, from: from, until: until))
    }

    private enum Every: String, CaseIterable, Sendable { case once, day }

    // MARK: - Senders

    private func hook(_ section: Section) -> TriageDefinition.Hook {
        let name = section.required("name", .name)
        return TriageDefinition.Hook(name: name, secret: SecretPlace.read(section, otherwise: name))
    }

    private func routingKey(_ section: Section) -> TriageDefinition.RoutingKey {
        let digest = section.required(
            "digest", .matching("64 hexadecimal digits: the digest of the routing key") { Digest($0) != nil })
        return TriageDefinition.RoutingKey(
            name: section.required("name", .name), digest: Digest(digest) ?? Digest(of: []))
    }
}
