/// What a pattern says, before it is made into steps.
indirect enum PatternTree {
    case letters(Pattern.Letters)
    case sequence([PatternTree])
    case choice([PatternTree])
    case repeated(PatternTree, least: Int, most: Int?)
}

/// Reads the letters of a pattern.
struct PatternReader {
    private let letters: [UInt32]
    private var at = 0

    /// Deeper groups are refused: input decides the depth, and the stack must not.
    private static let mostLevels = 20
    private static let mostRepetitions = 100

    init(_ letters: [UInt32]) { self.letters = letters }

    mutating func whole() throws(Pattern.Fault) -> PatternTree {
        // Patterns are for whole texts anyway.
        _ = take("^")
        let tree = try choice(level: 0)
        guard at == letters.count else { throw fault("no closing parenthesis without an opening one") }
        return tree
    }

    private func fault(_ expected: String) -> Pattern.Fault { Pattern.Fault(expected, at: at) }

    private var next: UInt32? { at < letters.count ? letters[at] : nil }

    private func stands(_ letter: Unicode.Scalar) -> Bool { next == letter.value }

    private mutating func take(_ letter: Unicode.Scalar) -> Bool {
        guard stands(letter) else { return false }
        at += 1
        return true
    }

    private mutating func choice(level: Int) throws(Pattern.Fault) -> PatternTree {
        guard level <= Self.mostLevels else { throw fault("at most \(Self.mostLevels) groups within each other") }
        var parts: [PatternTree] = []
        repeat { parts.append(try sequence(level: level)) } while take("|")
        return parts.count == 1 ? parts[0] : .choice(parts)
    }

    private mutating func sequence(level: Int) throws(Pattern.Fault) -> PatternTree {
        var parts: [PatternTree] = []
        while at < letters.count, !stands("|"), !stands(")") {
            if stands("$"), at + 1 == letters.count {
                at += 1
                break
            }
            parts.append(try repetition(of: try item(level: level)))
        }
        return .sequence(parts)
    }

    private mutating func item(level: Int) throws(Pattern.Fault) -> PatternTree {
        if take("(") {
            if take("?"), !take(":") { throw fault("a colon after (?, which is all that is known here") }
            let tree = try choice(level: level + 1)
            guard take(")") else { throw fault("a closing parenthesis") }
            return tree
        }
        if take(".") { return .letters(Pattern.Letters(ranges: [10...10], isOpposite: true)) }
        if take("[") { return .letters(try letterClass()) }
        if take("\\") { return .letters(try escaped()) }
        guard let letter = next, !"*+?{}]^$".unicodeScalars.contains(where: { $0.value == letter }) else {
            throw fault("a letter, or \\ before one that means something")
        }
        at += 1
        return .letters(Pattern.Letters(ranges: [letter...letter]))
    }

    private mutating func repetition(of item: PatternTree) throws(Pattern.Fault) -> PatternTree {
        let tree: PatternTree
        if take("*") {
            tree = .repeated(item, least: 0, most: nil)
        } else if take("+") {
            tree = .repeated(item, least: 1, most: nil)
        } else if take("?") {
            tree = .repeated(item, least: 0, most: 1)
        } else if take("{") {
            let least = try number()
            let most: Int? = take(",") ? (stands("}") ? nil : try number()) : least
            guard take("}"), least <= most ?? least else { throw fault("a repetition such as {2} or {2,5}") }
            tree = .repeated(item, least: least, most: most)
        } else {
            return item
        }
        // What is lazy elsewhere fits the same whole texts.
        _ = take("?")
        if let next, "*+?{".unicodeScalars.contains(where: { $0.value == next }) {
            throw fault("one repetition, found a second one")
        }
        return tree
    }

    private mutating func number() throws(Pattern.Fault) -> Int {
        var number = 0
        let start = at
        while let digit = next, (48...57).contains(digit) {
            number = number * 10 + Int(digit - 48)
            at += 1
            guard number <= Self.mostRepetitions else { throw fault("at most \(Self.mostRepetitions) repetitions") }
        }
        guard at > start else { throw fault("a number") }
        return number
    }

    private mutating func escaped() throws(Pattern.Fault) -> Pattern.Letters {
        guard let letter = next else { throw fault("a letter after \\") }
        at += 1
        switch Unicode.Scalar(letter) {
        case "d": return Self.digits
        case "w": return Self.word
        case "s": return Self.blanks
        case "D": return Self.opposite(Self.digits)
        case "W": return Self.opposite(Self.word)
        case "S": return Self.opposite(Self.blanks)
        case "n": return Pattern.Letters(ranges: [10...10])
        case "t": return Pattern.Letters(ranges: [9...9])
        default:
            let isWord = Self.word.contains(letter)
            at -= isWord ? 1 : 0
            guard !isWord else { throw fault("d, w, s, n, t or a sign after \\") }
            return Pattern.Letters(ranges: [letter...letter])
        }
    }

    private static let digits = Pattern.Letters(ranges: [48...57])
    private static let word = Pattern.Letters(ranges: [48...57, 65...90, 95...95, 97...122])
    private static let blanks = Pattern.Letters(ranges: [9...13, 32...32])

    private static func opposite(_ letters: Pattern.Letters) -> Pattern.Letters {
        Pattern.Letters(ranges: letters.ranges, isOpposite: true)
    }

    private mutating func letterClass() throws(Pattern.Fault) -> Pattern.Letters {
        var letters = Pattern.Letters(ranges: [], isOpposite: take("^"))
        repeat {
            guard at < self.letters.count else { throw fault("a closing bracket") }
            let first = try member()
            guard first.ranges.count == 1, first.ranges[0].count == 1, stands("-"), at + 1 < self.letters.count,
                self.letters[at + 1] != 93
            else {
                letters.ranges += first.ranges
                continue
            }
            at += 1
            let last = try member()
            guard last.ranges.count == 1, last.ranges[0].count == 1,
                first.ranges[0].lowerBound <= last.ranges[0].upperBound
            else { throw fault("a range of letters that rises") }
            letters.ranges.append(first.ranges[0].lowerBound...last.ranges[0].upperBound)
        } while !take("]")
        return letters
    }

    private mutating func member() throws(Pattern.Fault) -> Pattern.Letters {
        if take("\\") {
            let letters = try escaped()
            guard !letters.isOpposite else { throw fault("no opposite within brackets") }
            return letters
        }
        guard let letter = next else { throw fault("a closing bracket") }
        at += 1
        return Pattern.Letters(ranges: [letter...letter])
    }
}
