import Contracts
public import Notices
public import Settings

/// What files say of telling people: who is told what and when, and by which channels.
public struct CommsDefinition: Sendable, Equatable {
    /// The interaction with Slack: who presses its buttons.
    public struct Slack: Sendable, Equatable {
        /// With which Slack signs what it sends.
        public var secret: SecretPlace
        /// Users of Slack, and who they are here.
        public var people: [(user: String, person: String)]

        public init(secret: SecretPlace, people: [(user: String, person: String)]) {
            self.secret = secret
            self.people = people
        }

        public static func == (left: Slack, right: Slack) -> Bool {
            left.secret == right.secret
                && left.people.elementsEqual(right.people) { $0.user == $1.user && $0.person == $1.person }
        }
    }

    /// Links in mails by which a person answers.
    public struct MailLinks: Sendable, Equatable {
        public var secret: SecretPlace
        public var valid: Duration

        public init(secret: SecretPlace, valid: Duration) {
            self.secret = secret
            self.valid = valid
        }
    }

    public var rules = NoticeRules()
    public var channels: [ChannelDefinition] = []
    /// Where the console is, for people's browsers.
    public var link: String?
    public var slack: Slack?
    public var mailLinks: MailLinks?

    public init() {}
}

/// What a channel is made of.
public struct ChannelDefinition: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        /// An incoming webhook: its address is the secret.
        case slackHook(SecretPlace)
        /// An app with a token.
        case slackApp(token: SecretPlace, channel: String, url: String)
        case pagerDuty(routingKey: SecretPlace, url: String, source: String)
        case mail(MailDefinition)
        case webhook(url: String, secret: SecretPlace)
    }

    public var name: String
    public var kind: Kind

    public init(name: String, kind: Kind) {
        self.name = name
        self.kind = kind
    }
}

/// How mail leaves, and for whom.
public struct MailDefinition: Sendable, Equatable {
    public enum Encryption: String, Sendable, Equatable, CaseIterable { case none, starttls, implicit }

    public var server: String
    public var port: Int
    public var encryption: Encryption
    /// A file of certificates that are trusted instead of the system's.
    public var authorities: String?
    public var user: String?
    public var password: SecretPlace?
    public var from: String
    public var to: [String]
    /// Whose mailbox it is: then the mails have links by which this person answers.
    public var person: String?

    public init(
        server: String, port: Int, encryption: Encryption, authorities: String? = nil, user: String? = nil,
        password: SecretPlace? = nil, from: String, to: [String], person: String? = nil
    ) {
        self.server = server
        self.port = port
        self.encryption = encryption
        self.authorities = authorities
        self.user = user
        self.password = password
        self.from = from
        self.to = to
        self.person = person
    }
}

extension Definitions {
    /// What a folder of files about telling people says.
    public struct CommsFound: Sendable {
        /// Nil where anything at all is wrong.
        public var definition: CommsDefinition?
        public var mistakes: [Mistake] = []
    }

    /// Reads what a folder, or one file, says of telling people.
    public static func comms(in path: String, zones: String = zoneFolder) -> CommsFound {
        do throws(ConfigurationError) {
            var texts: [(name: String, bytes: [UInt8])] = []
            for file in try YAMLFolder.files(path) { texts.append((file, try bytes(file))) }
            return comms(texts: texts) { name in try? bytes("\(zones)/\(name)") }
        } catch {
            return CommsFound(mistakes: error.mistakes)
        }
    }

    /// Reads some texts, each with how messages call it; `zone` gives the bytes of a zone by its name.
    public static func comms(
        texts: [(name: String, bytes: [UInt8])], zone: @escaping (String) -> [UInt8]?
    ) -> CommsFound {
        var found = CommsFound()
        var reader = CommsReader(zone: zone)
        for text in texts {
            for result in Document.all(bytes: text.bytes, name: text.name) {
                do throws(ConfigurationError) {
                    try reader.read(try result.get())
                } catch {
                    found.mistakes += error.mistakes
                }
            }
        }
        if found.mistakes.isEmpty { found.definition = reader.whole }
        return found
    }
}
