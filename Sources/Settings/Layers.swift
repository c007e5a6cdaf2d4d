/// A process's own settings: flags over environment over file, each value from the first that gives it.
///
/// One name serves all three: `broker.endpoint` is `--broker-endpoint`, `KINTSUGI_BROKER_ENDPOINT`, and `endpoint` in
/// the section `broker` of the file.
public final class Layers {
    private let flags: [(name: String, value: String)]
    private let environment: [(name: String, value: String)]
    private let prefix: String
    private let file: Document?
    private let mistakes: Mistakes
    private var known: [String] = []

    private init(
        flags: [(name: String, value: String)], environment: [(name: String, value: String)], prefix: String,
        file: Document?, mistakes: Mistakes
    ) {
        self.flags = flags
        self.environment = environment
        self.prefix = prefix
        self.file = file
        self.mistakes = mistakes
    }

    /// Reads all settings; `read` asks for every name it knows, and what it did not ask for is a mistake.
    ///
    /// - Parameters:
    ///   - arguments: `--name value` and `--name=value`, without the path of the executable.
    ///   - environment: only what begins with `prefix` is looked at.
    ///   - alsoKnown: variables with the prefix that somebody else reads.
    public static func read<Value>(
        arguments: [String], environment: [String: String], prefix: String = "KINTSUGI_", alsoKnown: [String] = [],
        file: Document? = nil, _ read: (Layers) -> Value
    ) throws(ConfigurationError) -> Value {
        let mistakes = Mistakes()
        let ours = environment.filter { $0.key.hasPrefix(prefix) && !alsoKnown.contains($0.key) }
        let layers = Layers(
            flags: pairs(of: arguments, mistakes),
            environment: ours.map { (name: $0.key, value: $0.value) }.sorted { $0.name < $1.name },
            prefix: prefix, file: file, mistakes: mistakes)
        let value = read(layers)
        layers.finish()
        try mistakes.throwIfAny()
        return value
    }

    /// A setting that one of the three must give.
    public func required<Value>(_ name: String, _ scalar: Scalar<Value>) -> Value {
        if let value = optional(name, scalar) { return value }
        mistakes.add(
            Mistake(
                place: "settings", path: name,
                text: "expected \(scalar.expected), found nothing: give \(flag(name)) or \(variable(name))"))
        return scalar.standIn
    }

    /// A setting, or `otherwise` where none of the three gives it.
    public func value<Value>(_ name: String, _ scalar: Scalar<Value>, otherwise: Value) -> Value {
        optional(name, scalar) ?? otherwise
    }

    /// A setting, or nil where none of the three gives it.
    public func optional<Value>(_ name: String, _ scalar: Scalar<Value>) -> Value? {
        if !known.contains(name) { known.append(name) }
        let flag = flag(name)
        if let given = flags.last(where: { $0.name == flag }) {
            return parse(given.value, scalar, place: "flag \(flag)")
        }
        let variable = variable(name)
        if let given = environment.first(where: { $0.name == variable }) {
            return parse(given.value, scalar, place: "environment \(variable)")
        }
        guard let file, let node = Self.find(name, in: file.root) else { return nil }
        guard case .scalar(let text) = node.content else {
            let place = "\(file.name):\(node.position.line)"
            mistakes.add(Mistake(place: place, path: name, text: "expected \(scalar.expected), found \(node.found)"))
            return scalar.standIn
        }
        return parse(text, scalar, place: "\(file.name):\(node.position.line)", path: name)
    }

    // MARK: - Inside

    private func flag(_ name: String) -> String {
        "--" + String(name.map { $0 == "." ? "-" : $0 })
    }

    private func variable(_ name: String) -> String {
        prefix + String(name.uppercased().map { $0 == "." || $0 == "-" ? "_" : $0 })
    }

    private func parse<Value>(_ text: String, _ scalar: Scalar<Value>, place: String, path: String = "") -> Value {
        if let value = scalar.parse(text) { return value }
        mistakes.add(Mistake(place: place, path: path, text: "expected \(scalar.expected), found \(quoted(text))"))
        return scalar.standIn
    }

    private func finish() {
        for given in flags where !known.contains(where: { flag($0) == given.name }) {
            complain("flag \(clipped(given.name))", "unknown flag", given.name, among: known.map(flag))
        }
        for given in environment where !known.contains(where: { variable($0) == given.name }) {
            complain("environment \(clipped(given.name))", "unknown variable", given.name, among: known.map(variable))
        }
        guard let file else { return }
        for (name, line) in Self.leaves(of: file.root) where !known.contains(name) {
            complain("\(file.name):\(line)", "unknown key \(quoted(name))", name, among: known)
        }
    }

    private func complain(_ place: String, _ what: String, _ found: String, among names: [String]) {
        let near = nearest(to: found, among: names)
        let advice = near.map { "did you mean \($0)?" } ?? "known here: \(names.joined(separator: ", "))"
        mistakes.add(Mistake(place: place, text: "\(what); \(advice)"))
    }

    private func clipped(_ name: String) -> String {
        String(quoted(name).dropFirst().dropLast())
    }

    private static func pairs(of arguments: [String], _ mistakes: Mistakes) -> [(name: String, value: String)] {
        var pairs: [(name: String, value: String)] = []
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("--"), argument.utf8.count > 2 else {
                mistakes.add(Mistake(place: "flag \(quoted(argument))", text: "expected --name value or --name=value"))
                continue
            }
            if let sign = argument.firstIndex(of: "=") {
                pairs.append((String(argument[..<sign]), String(argument[argument.index(after: sign)...])))
            } else if let value = rest.popFirst() {
                pairs.append((argument, value))
            } else {
                mistakes.add(Mistake(place: "flag \(argument)", text: "expected a value after it, found nothing"))
            }
        }
        return pairs
    }

    private static func find(_ name: String, in root: Node) -> Node? {
        var node = root
        for key in name.split(separator: ".") {
            guard case .map(let entries) = node.content, let entry = entries.first(where: { $0.key == key })
            else { return nil }
            node = entry.value
        }
        if case .nothing = node.content { return nil }
        return node
    }

    /// The dotted names of everything in a file that is no map, in its order.
    private static func leaves(of root: Node) -> [(name: String, line: Int)] {
        var found: [(name: String, line: Int)] = []
        var waiting = [(name: "", node: root)]
        while let (name, node) = waiting.popLast() {
            guard case .map(let entries) = node.content else {
                if !name.isEmpty { found.append((name, node.position.line)) }
                continue
            }
            let prefix = name.isEmpty ? "" : name + "."
            for entry in entries { waiting.append((prefix + entry.key, entry.value)) }
        }
        return found.sorted { $0.line < $1.line }
    }
}
