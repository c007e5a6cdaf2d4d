/// The candidate that `word` was probably meant to be, if one is near enough.
public func nearest(to word: String, among candidates: [String]) -> String? {
    let letters = Array(word.lowercased().unicodeScalars)
    // What is longer than any name is no slip of the finger, and would make the table below large.
    guard (1...64).contains(letters.count) else { return nil }
    var best: (name: String, distance: Int)?
    for candidate in candidates {
        let other = Array(candidate.lowercased().unicodeScalars)
        let distance = slips(from: letters, to: other)
        let begun = letters.count >= 3 && other.starts(with: letters)
        guard begun || distance <= max(1, min(letters.count, other.count) / 3) else { continue }
        if let found = best, found.distance <= distance { continue }
        best = (candidate, distance)
    }
    return best?.name
}

/// How many letters were left out, added, changed or swapped with their neighbour.
private func slips(from word: [Unicode.Scalar], to other: [Unicode.Scalar]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...other.count)
    for row in word.indices {
        var current = [row + 1]
        for column in other.indices {
            var cost = last[column] + (word[row] == other[column] ? 0 : 1)
            cost = min(cost, last[column + 1] + 1, current[column] + 1)
            if row > 0, column > 0, word[row] == other[column - 1], word[row - 1] == other[column] {
                cost = min(cost, beforeLast[column - 1] + 1)
            }
            current.append(cost)
        }
        (beforeLast, last) = (last, current)
    }
    return last[other.count]
}
