/// A text with places for any letter and perhaps any end, as a label's value may be asked for: `5..`, `orders`, `canary-.*`.
public struct LabelPattern: Sendable, Equatable {
    /// nil stands for any one letter.
    public let letters: [Unicode.Scalar?]
    /// Whether anything may follow.
    public let isOpen: Bool

    public init(letters: [Unicode.Scalar?], isOpen: Bool) {
        self.letters = letters
        self.isOpen = isOpen
    }

    /// Just this text.
    public static func exactly(_ text: String) -> LabelPattern {
        LabelPattern(letters: text.unicodeScalars.map { $0 }, isOpen: false)
    }

    /// Everything that begins with this text.
    public static func beginning(_ text: String) -> LabelPattern {
        LabelPattern(letters: text.unicodeScalars.map { $0 }, isOpen: true)
    }

    /// Whether a value is meant.
    public func matches(_ value: String) -> Bool {
        var rest = value.unicodeScalars[...]
        for letter in letters {
            guard let found = rest.popFirst(), letter == nil || letter == found else { return false }
        }
        return isOpen || rest.isEmpty
    }

    /// The same as a regular expression that is anchored at both ends.
    public var regularExpression: String {
        var text = ""
        for letter in letters {
            guard let letter else {
                text += "."
                continue
            }
            if #"\.+*?()|[]{}^$"#.unicodeScalars.contains(letter) { text += #"\"# }
            text.unicodeScalars.append(letter)
        }
        return text + (isOpen ? ".*" : "")
    }

    /// The patterns of a regular expression that has nothing but letters, escaped letters, `.`, `|` and a `.*` or `.+` at
    /// the end of an alternative; nil for any other.
    public static func patterns(ofRegularExpression text: String) -> [LabelPattern]? {
        var found: [LabelPattern] = []
        var letters: [Unicode.Scalar?] = []
        var isOpen = false
        var rest = text.unicodeScalars[...]
        while let letter = rest.popFirst() {
            switch letter {
            case "|":
                found.append(LabelPattern(letters: letters, isOpen: isOpen))
                (letters, isOpen) = ([], false)
            case _ where isOpen: return nil
            case "." where rest.first == "*" || rest.first == "+":
                if rest.popFirst() == "+" { letters.append(nil) }
                isOpen = true
            case ".": letters.append(nil)
            case "\\":
                guard let escaped = rest.popFirst(), !escaped.properties.isAlphabetic, !("0"..."9").contains(escaped)
                else { return nil }
                letters.append(escaped)
            case "+", "*", "?", "(", ")", "[", "]", "{", "}", "^", "$": return nil
            default: letters.append(letter)
            }
        }
        return found + [LabelPattern(letters: letters, isOpen: isOpen)]
    }
}

/// What a label of a series must be. A label that a series does not have is an empty text, as Prometheus has it.
public struct LabelCondition: Sendable, Equatable {
    /// What its value is held against.
    public enum Rule: Sendable, Equatable {
        case equals(String)
        case differs(String)
        case matches([LabelPattern])
        case excludes([LabelPattern])
    }

    public let label: String
    public let rule: Rule

    public init(_ label: String, _ rule: Rule) {
        self.label = label
        self.rule = rule
    }

    /// Whether a value is meant.
    public func accepts(_ value: String) -> Bool {
        switch rule {
        case .equals(let text): value == text
        case .differs(let text): value != text
        case .matches(let patterns): patterns.contains { $0.matches(value) }
        case .excludes(let patterns): !patterns.contains { $0.matches(value) }
        }
    }

    /// As Prometheus writes it, with the label's name as it is.
    public var text: String {
        switch rule {
        case .equals(let text): "\(label)=\"\(Self.escaped(text))\""
        case .differs(let text): "\(label)!=\"\(Self.escaped(text))\""
        case .matches(let patterns): "\(label)=~\"\(Self.alternatives(patterns))\""
        case .excludes(let patterns): "\(label)!~\"\(Self.alternatives(patterns))\""
        }
    }

    private static func alternatives(_ patterns: [LabelPattern]) -> String {
        escaped(patterns.map(\.regularExpression).joined(separator: "|"))
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
