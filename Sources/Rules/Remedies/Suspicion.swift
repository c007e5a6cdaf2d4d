import Contracts

/// A line of a source file that an error or a crash named.
public struct SourcePlace: Codable, Sendable, Equatable {
    /// As it was named: `Order.swift`, `Orders/Order.swift`, or a whole path.
    public var file: String
    public var line: Int

    public init(_ file: String, _ line: Int) {
        self.file = file
        self.line = line
    }
}

/// Who last changed such a line.
public struct BlamedLine: Codable, Sendable, Equatable {
    public var place: SourcePlace
    public var commit: String

    public init(_ place: SourcePlace, commit: String) {
        self.place = place
        self.commit = commit
    }
}

/// How far a commit is to be suspected of what an incident is about, from 0 to 1, and why.
public enum Suspicion {
    static let named = 0.95
    static let found = 0.9
    static let line = 0.8
    static let lineNearby = 0.6
    static let mostPlaces = 20

    /// The lines that texts name, the first first, each once: `Order.swift:42`, also with a column behind it.
    public static func places(in texts: [String]) -> [SourcePlace] {
        var found: [SourcePlace] = []
        for text in texts {
            for word in text.split(whereSeparator: { $0.isWhitespace || "()[]\"'`,;<>".contains($0) }) {
                guard let place = place(word), !found.contains(place) else { continue }
                found.append(place)
                if found.count == mostPlaces { return found }
            }
        }
        return found
    }

    private static func place(_ word: Substring) -> SourcePlace? {
        let parts = word.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count >= 2, parts[0].hasSuffix(".swift"), parts[0].count > ".swift".count,
            let line = Int(parts[1]), (1...1_000_000).contains(line)
        else { return nil }
        return SourcePlace(String(parts[0]), line)
    }

    /// The path of the repository that a place means: the longest ending counts, and none where two are as good.
    public static func path(of place: SourcePlace, among paths: [String]) -> String? {
        let wanted = place.file.split(separator: "/")
        var best: (count: Int, paths: [String]) = (0, [])
        for path in paths {
            let parts = path.split(separator: "/")
            guard parts.last == wanted.last else { continue }
            var count = 0
            while count < min(parts.count, wanted.count),
                parts[parts.count - 1 - count] == wanted[wanted.count - 1 - count]
            {
                count += 1
            }
            // The module of `Module/File.swift` may stand above a folder in between.
            if count == 1, wanted.count == 2, parts.contains(wanted[0]) { count = 2 }
            if count > best.count { best = (count, [path]) } else if count == best.count { best.paths.append(path) }
        }
        return best.paths.count == 1 ? best.paths[0] : nil
    }

    /// The same commits, each with how far it is suspected and why; nobody is suspected for what he is.
    ///
    /// `named` is what the diagnosis blames, `bisected` what a search found. What came after the onset is none of it.
    public static func weighed(
        _ facts: [ForgeFact], named: [String], lines: [BlamedLine], bisected: [String], onset: Int64?
    ) -> [ForgeFact] {
        facts.map { fact in
            var fact = fact
            let late = onset.map { fact.at > $0 + Planning.slack } ?? false
            guard !late else { return fact }
            let own = lines.enumerated().filter { $0.element.commit == fact.commit }
            var reasons: [(Double, String)] = []
            if named.contains(fact.commit) { reasons.append((Self.named, "the diagnosis names it")) }
            if bisected.contains(fact.commit) {
                let share = Self.found / Double(bisected.count)
                let text = bisected.count == 1 ? "the search found it" : "the search left \(bisected.count) of them"
                reasons.append((share, text))
            }
            if let first = own.first {
                // The first line that is named is where it broke; those behind it are on the way there.
                let points = first.offset == 0 ? Self.line : Self.lineNearby
                reasons.append((points, "it last changed \(first.element.place.file):\(first.element.place.line)"))
            }
            // As independent hints: what is left of the doubt.
            fact.suspicion = 1 - reasons.reduce(1) { $0 * (1 - $1.0) }
            fact.reason = reasons.isEmpty ? nil : reasons.map(\.1).joined(separator: ", and ")
            return fact
        }
    }
}
