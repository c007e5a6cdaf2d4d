public import Alerting
public import Contracts
public import Settings

/// What files say of alerts: how they are understood and judged, and who may send them.
public struct TriageDefinition: Sendable, Equatable {
    /// A sender that signs what it sends.
    public struct Hook: Sendable, Equatable {
        public var name: String
        public var secret: SecretPlace

        public init(name: String, secret: SecretPlace) {
            self.name = name
            self.secret = secret
        }
    }

    /// A sender of PagerDuty's format, by the digest of its routing key.
    public struct RoutingKey: Sendable, Equatable {
        public var name: String
        public var digest: Digest

        public init(name: String, digest: Digest) {
            self.name = name
            self.digest = digest
        }
    }

    public var settings = AlertSettings()
    /// Labels that may name the service, and those that may say how grave it is; nil for the usual ones.
    public var serviceLabels: [String]?
    public var severityLabels: [String]?
    public var hooks: [Hook] = []
    public var routingKeys: [RoutingKey] = []
    /// Alertmanager, Prometheus and senders of CloudEvents must show a key with the role `alerts`.
    public var requiresKeys = false

    public init() {}
}

extension Definitions {
    /// What a folder of files about alerts says.
    public struct TriageFound: Sendable {
        /// Nil where anything at all is wrong: a silence or a window that is misread must not hide anything.
        public var definition: TriageDefinition?
        public var mistakes: [Mistake] = []
    }

    /// Reads what a folder, or one file, says of alerts.
    public static func triage(in path: String, zones: String = zoneFolder) -> TriageFound {
        do throws(ConfigurationError) {
            var texts: [(name: String, bytes: [UInt8])] = []
            for file in try YAMLFolder.files(path) { texts.append((file, try bytes(file))) }
            return triage(texts: texts) { name in try? bytes("\(zones)/\(name)") }
        } catch {
            return TriageFound(mistakes: error.mistakes)
        }
    }

    /// Reads what some texts say of alerts, each with how messages call it; `zone` gives the bytes of a zone by its name.
    public static func triage(
        texts: [(name: String, bytes: [UInt8])], zone: @escaping (String) -> [UInt8]?
    ) -> TriageFound {
        var found = TriageFound()
        var reader = TriageReader(zone: zone)
        for text in texts {
            for result in Document.all(bytes: text.bytes, name: text.name) {
                do throws(ConfigurationError) {
                    try reader.read(try result.get())
                } catch {
                    found.mistakes += error.mistakes
                }
            }
        }
        if found.mistakes.isEmpty { found.definition = reader.definition }
        return found
    }
}
