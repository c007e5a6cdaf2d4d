import Settings

/// Takes OpenSLO documents apart, one by one; what they say about each other is another's matter.
struct OpenSLOReader {
    private enum Version: String, CaseIterable, Sendable { case v1 = "openslo/v1", alpha = "openslo/v1alpha" }
    private enum Kind: String, CaseIterable, Sendable {
        case slo = "SLO"
        case sli = "SLI"
        case policy = "AlertPolicy"
        case condition = "AlertCondition"
        case target = "AlertNotificationTarget"
        case service = "Service"
        case source = "DataSource"
    }
    /// One thing by its name.
    typealias Named<Value> = (name: String, value: Value, place: Place)

    private(set) var slos: [SLODeclaration] = []
    private(set) var indicators: [Named<IndicatorDeclaration>] = []
    private(set) var policies: [Named<PolicyDeclaration>] = []
    private(set) var conditions: [Named<ConditionDeclaration>] = []
    private(set) var mistakes: [Mistake] = []
    private(set) var notes: [Mistake] = []
    private var known: [String: Place] = [:]

    mutating func read(_ documents: [Result<Document, ConfigurationError>]) {
        for result in documents {
            do {
                try read(result.get())
            } catch {
                mistakes += error.mistakes
            }
        }
    }

    private mutating func read(_ document: Document) throws(ConfigurationError) {
        var reader = self
        try document.read { top in reader.read(top, document.name) }
        self = reader
    }

    private mutating func read(_ top: Section, _ file: String) {
        let version = top.required("apiVersion", .choice(of: Version.self))
        let kind = top.required("kind", .choice(of: Kind.self))
        var name = ""
        var place = Place(file: file, line: top.line(of: "kind"))
        var short: Duration?
        top.section("metadata") { metadata in
            name = metadata.required("name", Shorthand.name)
            place = Place(file: file, line: metadata.line(of: "name"))
            short = Metadata.rest(metadata)
        }
        if let first = known["\(kind.rawValue) \(name)"] {
            top.refuse("metadata", "the \(kind.rawValue) \"\(name)\" stands in \(first.file):\(first.line) already")
        }
        known["\(kind.rawValue) \(name)"] = place
        top.section("spec") { spec in
            let specification = Specification(file: file)
            switch (kind, version) {
            case (.slo, .v1): slos.append(specification.slo(spec, name, place))
            case (.slo, .alpha): slos.append(specification.alphaSLO(spec, name, place))
            case (.sli, _): indicators.append((name, specification.indicator(spec), place))
            case (.policy, _): policies.append((name, specification.policy(spec, name), place))
            case (.condition, _): conditions.append((name, specification.condition(spec, short: short), place))
            // What they say beside their names is nothing that we would act on.
            case (.target, _), (.service, _), (.source, _): Metadata.take(spec)
            }
        }
    }
}

/// The parts of every document that are for people and for other tools.
enum Metadata {
    /// What is ours among the annotations: the second window of a condition.
    static let shortWindow = "kintsugi/short-window"

    /// Everything of a document's metadata but its name.
    static func rest(_ metadata: Section) -> Duration? {
        _ = metadata.optional("displayName", Shorthand.anything)
        _ = metadata.has("labels")
        return metadata.optionalSection("annotations") { annotations in
            take(annotations)
            return annotations.optional(shortWindow, Shorthand.short)
        } ?? nil
    }

    /// Everything is known here, whatever it is.
    static func take(_ section: Section) {
        for key in section.keys { _ = section.has(key) }
    }
}
