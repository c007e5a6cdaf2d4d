/// A place in a configuration file, as messages name it: `roles[2].replicas`, `roles[orders].memory_limit`.
public struct NodePath: Sendable, Equatable, CustomStringConvertible {
    /// One step down.
    public enum Step: Sendable, Equatable {
        case key(String)
        /// Of a list: the item of that number, from 0, or the one whose `name` is that.
        case item(String)
    }

    public let steps: [Step]

    /// Nil for what is no path. A key that has dots or brackets stands in double quotes.
    public init?(_ text: String) {
        var steps: [Step] = []
        var rest = text[...]
        while !rest.isEmpty {
            if rest.first == "[" {
                guard !steps.isEmpty, let end = rest.firstIndex(of: "]") else { return nil }
                steps.append(.item(String(rest[rest.index(after: rest.startIndex)..<end])))
                rest = rest[rest.index(after: end)...]
            } else {
                if !steps.isEmpty {
                    guard rest.first == "." else { return nil }
                    rest = rest.dropFirst()
                }
                guard let key = Self.key(&rest) else { return nil }
                steps.append(.key(key))
            }
        }
        guard !steps.isEmpty else { return nil }
        self.steps = steps
    }

    private static func key(_ rest: inout Substring) -> String? {
        if rest.first == "\"" {
            let quoted = rest.dropFirst()
            guard let end = quoted.firstIndex(of: "\"") else { return nil }
            rest = quoted[quoted.index(after: end)...]
            return String(quoted[..<end])
        }
        let key = rest.prefix { $0 != "." && $0 != "[" }
        rest = rest[key.endIndex...]
        return key.isEmpty ? nil : String(key)
    }

    public var description: String { Self.text(steps[...]) }

    static func text(_ steps: ArraySlice<Step>) -> String {
        steps.enumerated().map { index, step in
            switch step {
            case .item(let name): "[\(name)]"
            case .key(let key):
                (index == 0 ? "" : ".") + (key.contains { ".[]\"".contains($0) } ? "\"\(key)\"" : key)
            }
        }.joined()
    }
}

extension Node {
    /// The value one step down; nil when there is none.
    func child(_ step: NodePath.Step) -> Node? {
        switch (content, step) {
        case (.map(let entries), .key(let key)): return entries.first { $0.key == key }?.value
        case (.list(let items), .item(let name)):
            if let number = Int(name) { return items.indices.contains(number) ? items[number] : nil }
            return items.first { $0.child(.key("name"))?.content == .some(.scalar(name)) }
        default: return nil
        }
    }

    /// Whether two trees say the same, wherever in their files.
    func saysTheSame(as other: Node) -> Bool {
        switch (content, other.content) {
        case (.nothing, .nothing): true
        case (.scalar(let one), .scalar(let two)): one == two
        case (.list(let one), .list(let two)):
            one.count == two.count && zip(one, two).allSatisfy { $0.saysTheSame(as: $1) }
        case (.map(let one), .map(let two)):
            one.count == two.count
                && zip(one, two).allSatisfy { $0.key == $1.key && $0.value.saysTheSame(as: $1.value) }
        default: false
        }
    }

    /// The tree with one scalar changed, or added at the end of its map; nil when its place is not there.
    func setting(_ steps: ArraySlice<NodePath.Step>, to value: String) -> Node? {
        guard let step = steps.first else {
            switch content {
            case .scalar, .nothing: return Node(content: .scalar(value), position: position)
            case .list, .map: return nil
            }
        }
        let rest = steps.dropFirst()
        switch (content, step) {
        case (.map(var entries), .key(let key)):
            if let index = entries.firstIndex(where: { $0.key == key }) {
                guard let next = entries[index].value.setting(rest, to: value) else { return nil }
                entries[index] = Entry(key: key, position: entries[index].position, value: next)
            } else {
                guard rest.isEmpty else { return nil }
                entries.append(
                    Entry(key: key, position: position, value: Node(content: .scalar(value), position: position)))
            }
            return Node(content: .map(entries), position: position)
        case (.nothing, .key(let key)) where rest.isEmpty:
            let added = Node(content: .scalar(value), position: position)
            return Node(content: .map([Entry(key: key, position: position, value: added)]), position: position)
        case (.list(var items), .item):
            guard let old = child(step), let index = items.firstIndex(of: old), let next = old.setting(rest, to: value)
            else { return nil }
            items[index] = next
            return Node(content: .list(items), position: position)
        default: return nil
        }
    }
}
