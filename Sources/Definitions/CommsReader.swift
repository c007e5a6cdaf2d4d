import Contracts
import Notices
import Settings

/// Reads the files about telling people. Lists of several files are one list; what there is one of may stand in one file.
struct CommsReader {
    let zone: (String) -> [UInt8]?
    private var definition = CommsDefinition()
    private var channels: [ChannelRules] = []
    private var audiences: [Audience] = []
    private var routes: [Route] = []
    private var seen: [String] = []

    init(zone: @escaping (String) -> [UInt8]?) { self.zone = zone }

    /// The journal is told everything, whatever else is said.
    var whole: CommsDefinition {
        var whole = definition
        let usual = NoticeRules()
        whole.rules = NoticeRules(
            channels: usual.channels + channels,
            audiences: audiences + usual.audiences.filter { own in !audiences.contains { $0.name == own.name } },
            routes: routes + usual.routes)
        return whole
    }

    mutating func read(_ document: Document) throws(ConfigurationError) {
        self = try document.read { top in
            var reader = self
            reader.take(top)
            return reader
        }
    }

    private mutating func take(_ top: Section) {
        _ = top.required("version", .wholeNumber(in: 1...1))
        for key in ["link", "slack", "mail-links"] where top.has(key) {
            if seen.contains(key) { top.refuse(key, "expected it in one file, found it in another one already") }
            seen.append(key)
        }
        if let link = top.optional("link", Self.web) { definition.link = link }
        if let slack = top.optionalSection("slack", { slack($0) }) { definition.slack = slack }
        let links = top.optionalSection("mail-links") { section in
            CommsDefinition.MailLinks(
                secret: secret(section, "valid"),
                valid: section.value(
                    "valid", .duration(in: .seconds(60)...(.seconds(86_400))), otherwise: .seconds(3_600)))
        }
        if let links { definition.mailLinks = links }
        for (rules, made) in top.sections("channels", atMost: 200, { channel($0) }) {
            if rules.name == "journal" || channels.contains(where: { $0.name == rules.name }) {
                top.refuse("channels", "expected each channel once and none called journal, found \(rules.name)")
            }
            channels.append(rules)
            definition.channels.append(made)
        }
        for audience in top.sections("audiences", atMost: 200, { audience($0) }) {
            if audiences.contains(where: { $0.name == audience.name }) {
                top.refuse("audiences", "expected each audience once, found \(audience.name) again")
            }
            audiences.append(audience)
        }
        routes += top.sections("routes", atMost: 1_000) { route($0) }
    }

    // MARK: - Who is told what

    private func audience(_ section: Section) -> Audience {
        let name = section.required("name", .name)
        let words = section.value("words", .choice(of: Audience.Words.self), otherwise: .engineer)
        return Audience(name, words, quiet: section.optionalSection("quiet") { quiet($0) })
    }

    private func quiet(_ section: Section) -> QuietHours {
        let days = section.list("days", of: .choice(of: PolicyReader.Weekday.self), atMost: 7)
        let weekdays = PolicyReader.Weekday.allCases
        let from = section.required("from", PolicyReader.clock)
        let until = section.required("until", PolicyReader.clock)
        if from == until { section.refuse("until", "expected another time than from") }
        return QuietHours(
            zone: PolicyReader(zone: zone).zone(section),
            days: weekdays.indices.filter { days.contains(weekdays[$0]) }, from: from, until: until,
            passes: section.value("passes", .wholeNumber(in: 0...4), otherwise: 1))
    }

    private func route(_ section: Section) -> Route {
        let audience = section.required("audience", .name)
        if audience != "engineers", !audiences.contains(where: { $0.name == audience }) {
            section.refuse("audience", "expected an audience of this file or an earlier one, found \(audience)")
        }
        let names = section.list("channels", of: .name, atMost: 200)
        if names.isEmpty { section.refuse("channels", "expected at least one channel, found none") }
        for name in names where name != "journal" && !channels.contains(where: { $0.name == name }) {
            section.refuse("channels", "expected a channel of this file or an earlier one, found \(name)")
        }
        let kinds = section.list("kinds", of: .choice(of: IncidentNotice.Kind.self), atMost: 100)
        return Route(
            audience, channels: names, kinds: kinds.isEmpty ? nil : kinds,
            priority: section.value("priority", .wholeNumber(in: 1...4), otherwise: 4))
    }

    // MARK: - Channels

    private enum Kind: String, CaseIterable, Sendable {
        case slackHook = "slack-hook"
        case slackApp = "slack-app"
        case pagerDuty = "pagerduty"
        case mail, webhook
    }

    private func channel(_ section: Section) -> (ChannelRules, ChannelDefinition) {
        let name = section.required("name", .name)
        let kind = section.required("kind", .choice(of: Kind.self))
        let made = ChannelDefinition(name: name, kind: definition(kind, section))
        // Each incident has a place of its own there, and Slack takes one message a second.
        let isPager = kind == .pagerDuty
        var rules = ChannelRules(name, pages: isPager, takesAcknowledgements: isPager, storm: isPager ? nil : .init())
        if kind == .slackApp || kind == .slackHook { rules.rate = ChannelRules.Rate(1, within: .seconds(1)) }
        rules.pages = section.value("pages", .boolean, otherwise: rules.pages)
        rules.attempts = section.value("attempts", .wholeNumber(in: 1...100), otherwise: rules.attempts)
        rules.patience = Self.span(section, "patience", rules.patience)
        rules.longestPatience = max(Self.span(section, "longest-patience", rules.longestPatience), rules.patience)
        section.optionalSection("rate") { rate in
            rules.rate = ChannelRules.Rate(
                rate.required("count", .wholeNumber(in: 1...10_000)), within: Self.span(rate, "within", .seconds(60)))
        }
        section.optionalSection("storm") { storm in
            if isPager { section.refuse("storm", "expected none for pagerduty: each incident is its own there") }
            let usual = ChannelRules.Storm()
            rules.storm = ChannelRules.Storm(
                moreThan: storm.value("more-than", .wholeNumber(in: 1...10_000), otherwise: usual.moreThan),
                within: Self.span(storm, "within", usual.within), every: Self.span(storm, "every", usual.every))
        }
        return (rules, made)
    }

    private func definition(_ kind: Kind, _ section: Section) -> ChannelDefinition.Kind {
        switch kind {
        case .slackHook: return .slackHook(secret(section, "name"))
        case .slackApp:
            return .slackApp(
                token: secret(section, "name"), channel: section.required("channel", .text(length: 1...80)),
                url: section.value("url", Self.web, otherwise: "https://slack.com/api"))
        case .pagerDuty:
            return .pagerDuty(
                routingKey: secret(section, "name"),
                url: section.value("url", Self.web, otherwise: "https://events.pagerduty.com/v2/enqueue"),
                source: section.value("source", .text(length: 1...200), otherwise: "kintsugi"))
        case .webhook:
            return .webhook(url: section.required("url", Self.web), secret: secret(section, "name"))
        case .mail: return .mail(mail(section))
        }
    }

    private func mail(_ section: Section) -> MailDefinition {
        let encryption = section.value("tls", .choice(of: MailDefinition.Encryption.self), otherwise: .starttls)
        let user = section.optional("user", .text(length: 1...200))
        let password = SecretPlace.readOptional(section)
        if (user == nil) != (password == nil) {
            section.refuse("name", "expected both user and secret-file or secret-variable, or none of them")
        }
        let to = section.list("to", of: Self.address, atMost: 100)
        if to.isEmpty { section.refuse("to", "expected at least one address, found none") }
        let person = section.optional("person", .name)
        if person != nil, to.count > 1 {
            section.refuse("person", "expected one address in to, for links are one person's; found \(to.count)")
        }
        let usualPort = encryption == .implicit ? 465 : 587
        return MailDefinition(
            server: section.required("server", Self.host),
            port: section.value("port", .wholeNumber(in: 1...65_535), otherwise: usualPort), encryption: encryption,
            authorities: section.optional("authorities", .text(length: 1...500)), user: user, password: password,
            from: section.required("from", Self.address), to: to, person: person)
    }

    private func slack(_ section: Section) -> CommsDefinition.Slack {
        let user = Scalar<String>.matching("the id of a user of Slack, such as U024BE7LH", standIn: "U0") { text in
            (2...32).contains(text.utf8.count)
                && text.utf8.allSatisfy { (65...90).contains($0) || (48...57).contains($0) }
        }
        let people = section.map("people", keys: user, of: .name)
        return CommsDefinition.Slack(secret: secret(section, "people"), people: people.map { ($0.name, $0.value) })
    }

    // MARK: - Words of the files

    private func secret(_ section: Section, _ key: String) -> SecretPlace {
        if let place = SecretPlace.readOptional(section) { return place }
        section.refuse(key, "expected either secret-file or secret-variable beside it, found neither")
        return .file("missing")
    }

    private static func span(_ section: Section, _ key: String, _ otherwise: Int64) -> Int64 {
        section.value(key, .duration(in: .milliseconds(10)...(.seconds(86_400))), otherwise: .nanoseconds(otherwise))
            .wholeNanoseconds
    }

    private static let web = Scalar<String>.matching(
        "a URL that begins with https:// or http://", standIn: "https://localhost"
    ) { text in
        (text.hasPrefix("https://") || text.hasPrefix("http://")) && text.utf8.count <= 2_000
            && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    private static let host = Scalar<String>.matching("the name or the address of a host", standIn: "localhost") {
        text in
        (1...253).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 45 || $0 == 46
            }
    }

    /// Nothing in it could end a line of a mail, or a word of the protocol.
    private static let address = Scalar<String>.matching("an address such as ada@example.org", standIn: "a@b") { text in
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        return parts.count == 2 && parts.allSatisfy { !$0.isEmpty } && text.utf8.count <= 254
            && text.utf8.allSatisfy { (0x21...0x7E).contains($0) && !Array("<>()[],;:\\\"".utf8).contains($0) }
    }
}
