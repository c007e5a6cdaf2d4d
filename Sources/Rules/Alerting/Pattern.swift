/// A pattern as alerts are matched with: a part of the regular expressions of RE2, always for the whole text.
///
/// Letters, `.`, classes such as `[a-z_]` and `[^/]`, `\d` `\w` `\s` and their opposites, groups, `|`, `*`, `+`, `?` and
/// `{2,5}`. A text is read once, with all places of the pattern at a time: no pattern takes longer than its length times
/// that of the text.
public struct Pattern: Sendable, Equatable {
    /// Why a text is no pattern.
    public struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
        public let description: String

        init(_ expected: String, at place: Int) { description = "expected \(expected) at letter \(place + 1)" }
    }

    /// As it was written.
    public let text: String
    private let steps: [Step]

    enum Step: Sendable, Equatable {
        case one(of: Letters)
        case either(Int, Int)
        case jump(Int)
        case end
    }

    /// Letters by ranges of their numbers.
    struct Letters: Sendable, Equatable {
        var ranges: [ClosedRange<UInt32>]
        var isOpposite = false

        func contains(_ letter: UInt32) -> Bool { ranges.contains { $0.contains(letter) } != isOpposite }
    }

    static let mostLetters = 500
    static let mostSteps = 2_000

    /// Reads a pattern.
    public init(_ text: String) throws(Fault) {
        let letters = text.unicodeScalars.map(\.value)
        guard letters.count <= Self.mostLetters else {
            throw Fault("at most \(Self.mostLetters) letters, found more", at: Self.mostLetters)
        }
        var reader = PatternReader(letters)
        let tree = try reader.whole()
        var steps: [Step] = []
        try Self.write(tree, into: &steps)
        steps.append(.end)
        self.text = text
        self.steps = steps
    }

    /// Whether it fits the whole text.
    public func matches(_ text: String) -> Bool {
        var current: [Int] = []
        var marks = [Int](repeating: -1, count: steps.count)
        enter(0, &current, &marks, round: 0)
        for (index, letter) in text.unicodeScalars.enumerated() {
            guard !current.isEmpty else { return false }
            var next: [Int] = []
            for place in current {
                if case .one(let letters) = steps[place], letters.contains(letter.value) {
                    enter(place + 1, &next, &marks, round: index + 1)
                }
            }
            current = next
        }
        return current.contains { steps[$0] == .end }
    }

    /// All places that are reached without a letter.
    private func enter(_ place: Int, _ places: inout [Int], _ marks: inout [Int], round: Int) {
        var waiting = [place]
        while let place = waiting.popLast() {
            guard marks[place] != round else { continue }
            marks[place] = round
            switch steps[place] {
            case .jump(let other): waiting.append(other)
            case .either(let one, let other): waiting += [other, one]
            case .one, .end: places.append(place)
            }
        }
    }

    // MARK: - Writing

    private static func write(_ tree: PatternTree, into steps: inout [Step]) throws(Fault) {
        guard steps.count < mostSteps else {
            throw Fault("a pattern with fewer repetitions, found one too large", at: 0)
        }
        switch tree {
        case .letters(let letters): steps.append(.one(of: letters))
        case .sequence(let parts): for part in parts { try write(part, into: &steps) }
        case .choice(let parts):
            var ends: [Int] = []
            for (index, part) in parts.enumerated() {
                let isLast = index == parts.count - 1
                let fork = steps.count
                if !isLast { steps.append(.jump(0)) }
                try write(part, into: &steps)
                guard !isLast else { break }
                ends.append(steps.count)
                steps.append(.jump(0))
                steps[fork] = .either(fork + 1, steps.count)
            }
            for end in ends { steps[end] = .jump(steps.count) }
        case .repeated(let part, let least, let most):
            for _ in 0..<least { try write(part, into: &steps) }
            guard let most else {
                let fork = steps.count
                steps.append(.jump(0))
                try write(part, into: &steps)
                steps.append(.jump(fork))
                steps[fork] = .either(fork + 1, steps.count)
                return
            }
            var forks: [Int] = []
            for _ in 0..<max(0, most - least) {
                forks.append(steps.count)
                steps.append(.jump(0))
                try write(part, into: &steps)
            }
            for fork in forks { steps[fork] = .either(fork + 1, steps.count) }
        }
    }
}
