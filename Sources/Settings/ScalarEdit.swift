/// Changes one value of a configuration file, and nothing else of its text: comments, order and layout stay.
public struct ScalarEdit {
    private let document: Document
    private var lines: [[Unicode.Scalar]]

    /// The text with the value at a path set, or added at the end of its map. The result is read again: only that one value
    /// may have become another.
    public static func set(
        _ path: NodePath, to value: String, in text: String, name: String
    ) throws(ConfigurationError) -> String {
        let document = try Document(text: text, name: name)
        guard let expected = document.root.setting(path.steps[...], to: value) else {
            throw mistake(document, path, whyNot(path, document.root))
        }
        for spelling in spellings(of: value) {
            var edit = ScalarEdit(document: document, lines: lines(of: text))
            guard edit.apply(path, spelling) else { continue }
            let result = edit.text
            if let read = try? Document(text: result, name: name), read.root.saysTheSame(as: expected) { return result }
        }
        throw mistake(document, path, "it stands there in a way that cannot be changed by itself: edit the file")
    }

    private static func mistake(_ document: Document, _ path: NodePath, _ text: String) -> ConfigurationError {
        ConfigurationError([Mistake(place: document.name, path: "\(path)", text: text)])
    }

    /// Names the first step that is not there.
    private static func whyNot(_ path: NodePath, _ root: Node) -> String {
        var node = root
        for (index, step) in path.steps.enumerated() {
            guard let next = node.child(step) else {
                let before = index == 0 ? "the file" : NodePath.text(path.steps[..<index])
                let isLast = index == path.steps.count - 1
                let what = isLast ? "expected \(before) to be a map" : "expected \(before) to have it"
                return "\(what), found \(node.found)"
            }
            node = next
        }
        return "expected one value, found \(node.found)"
    }

    /// How a value may be written, the plain way first.
    private static func spellings(of value: String) -> [String] {
        var quoted = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            case _ where scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value):
                let digits = String(scalar.value, radix: 16)
                quoted += "\\x" + (digits.count == 1 ? "0" : "") + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return [value, quoted + "\""]
    }

    private static func lines(of text: String) -> [[Unicode.Scalar]] {
        text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { Array($0) }
    }

    private var text: String {
        var view = String.UnicodeScalarView()
        for (index, line) in lines.enumerated() {
            if index > 0 { view.append("\n") }
            view.append(contentsOf: line)
        }
        return String(view)
    }

    private init(document: Document, lines: [[Unicode.Scalar]]) {
        self.document = document
        self.lines = lines
    }

    // MARK: - Editing

    /// False when it cannot be done there.
    private mutating func apply(_ path: NodePath, _ spelling: String) -> Bool {
        var nodes = [document.root]
        for step in path.steps {
            guard let next = nodes[nodes.count - 1].child(step) else { break }
            nodes.append(next)
        }
        let last = nodes[nodes.count - 1]
        if nodes.count == path.steps.count + 1 {
            return replace(last, inFlow: nodes.dropLast().contains(where: isFlow), spelling)
        }
        guard nodes.count == path.steps.count, case .key(let key) = path.steps[path.steps.count - 1] else {
            return false
        }
        return add(
            "\(Self.spelled(key: key)): \(spelling)", to: last, of: path.steps.count == 1 ? nil : nodes[nodes.count - 2]
        )
    }

    /// Whether a list or a map is written in brackets.
    private func isFlow(_ node: Node) -> Bool {
        switch node.content {
        case .list, .map: sign(at: node.position).map { $0 == "[" || $0 == "{" } ?? false
        case .scalar, .nothing: false
        }
    }

    private func sign(at position: Position) -> Unicode.Scalar? {
        guard lines.indices.contains(position.line - 1) else { return nil }
        let line = lines[position.line - 1]
        return line.indices.contains(position.column - 1) ? line[position.column - 1] : nil
    }

    private mutating func replace(_ node: Node, inFlow: Bool, _ spelling: String) -> Bool {
        let (row, start) = (node.position.line - 1, node.position.column - 1)
        guard lines.indices.contains(row), start <= lines[row].count else { return false }
        let line = lines[row]
        var end = start
        if case .scalar = node.content {
            guard let found = Self.end(of: line, from: start, inFlow: inFlow) else { return false }
            end = found
        } else if line[start...].first == "~" {
            end = start + 1
        } else if line[start...].starts(with: "null".unicodeScalars) {
            end = start + 4
        }
        // After a colon or a hyphen that nothing follows.
        let space = end == start && start > 0 && line[start - 1] != " " ? " " : ""
        // The way it was written is kept where the value allows it.
        let isQuoted = line[start...].first == "\"" || line[start...].first == "'"
        if isQuoted, end > start, !spelling.hasPrefix("\"") { return false }
        lines[row].replaceSubrange(start..<end, with: (space + spelling).unicodeScalars)
        return true
    }

    /// Where a scalar on one line ends; nil when it goes on.
    private static func end(of line: [Unicode.Scalar], from start: Int, inFlow: Bool) -> Int? {
        guard let first = line[start...].first else { return nil }
        switch first {
        case "|", ">": return nil
        case "\"", "'":
            var index = start + 1
            while index < line.count {
                if line[index] == "\\", first == "\"" {
                    index += 2
                } else if line[index] == first {
                    // Two single quotes stand for one.
                    guard first == "'", index + 1 < line.count, line[index + 1] == "'" else { return index + 1 }
                    index += 2
                } else {
                    index += 1
                }
            }
            return nil
        default:
            var end = start
            for index in start..<line.count {
                if line[index] == "#", index > start, line[index - 1] == " " || line[index - 1] == "\t" { break }
                if inFlow, line[index] == "," || line[index] == "]" || line[index] == "}" { break }
                if line[index] != " ", line[index] != "\t", line[index] != "\r" { end = index + 1 }
            }
            return end
        }
    }

    /// Adds an entry to a map. `parent` is what holds it; nil for the whole file.
    private mutating func add(_ entry: String, to node: Node, of parent: Node?) -> Bool {
        if isFlow(node) { return addInBrackets(entry, to: node) }
        switch node.content {
        case .map(let entries):
            guard let first = entries.first, let end = lastLine(of: node, indent: first.position.column - 1) else {
                return false
            }
            insert(entry, indent: first.position.column - 1, after: end)
            return true
        case .nothing:
            guard let parent else {
                insert(entry, indent: 0, after: lines.lastIndex { !$0.allSatisfy(Self.isBlank) } ?? -1)
                return true
            }
            guard case .map(let entries) = parent.content, let own = entries.first(where: { $0.value == node }),
                Self.end(of: lines[node.position.line - 1] + ["x"], from: node.position.column - 1, inFlow: false)
                    != nil
            else { return false }
            insert(entry, indent: own.position.column + 1, after: own.position.line - 1)
            return true
        case .list, .scalar: return false
        }
    }

    private mutating func insert(_ entry: String, indent: Int, after row: Int) {
        let ending = lines.first?.last == "\r" ? "\r" : ""
        let line = String(repeating: " ", count: indent) + entry + ending
        lines.insert(Array(line.unicodeScalars), at: row + 1)
    }

    /// The row of the last line that belongs to a map whose keys stand so far to the right.
    private func lastLine(of node: Node, indent: Int) -> Int? {
        var row = Self.deepest(node) - 1
        guard lines.indices.contains(row) else { return nil }
        // The value there may go on over lines that stand farther to the right.
        for next in (row + 1)..<max(row + 1, lines.count) {
            let line = lines[next]
            guard let first = line.firstIndex(where: { !Self.isBlank($0) }) else { continue }
            guard first > indent, line[first] != "#" else { break }
            row = next
        }
        return row
    }

    private static func deepest(_ node: Node) -> Int {
        switch node.content {
        case .nothing, .scalar: node.position.line
        case .list(let items): items.map(deepest).max() ?? node.position.line
        case .map(let entries): entries.map { max($0.position.line, deepest($0.value)) }.max() ?? node.position.line
        }
    }

    /// `{a: 1}`: before the brace that closes it, on the same line.
    private mutating func addInBrackets(_ entry: String, to node: Node) -> Bool {
        guard case .map(let entries) = node.content else { return false }
        let (row, line) = (node.position.line - 1, lines[node.position.line - 1])
        var depth = 0
        var index = node.position.column - 1
        while index < line.count {
            switch line[index] {
            case "\"", "'":
                guard let end = Self.end(of: line, from: index, inFlow: true) else { return false }
                index = end
                continue
            case "{", "[": depth += 1
            case "}", "]": depth -= 1
            default: break
            }
            if depth == 0 { break }
            index += 1
        }
        guard index < line.count else { return false }
        var end = index
        while end > 0, line[end - 1] == " " { end -= 1 }
        let text = entries.isEmpty ? entry : ", \(entry)"
        lines[row].insert(contentsOf: Array(text.unicodeScalars), at: entries.isEmpty ? index : end)
        return true
    }

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar == " " || scalar == "\t" || scalar == "\r" }

    private static func spelled(key: String) -> String {
        let isPlain = key.unicodeScalars.allSatisfy {
            $0.properties.isAlphabetic || ("0"..."9").contains($0) || "_-./".unicodeScalars.contains($0)
        }
        return isPlain && key.first != "-" ? key : spellings(of: key)[1]
    }
}
