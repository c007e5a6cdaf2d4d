public import Contracts

/// What the counts of past diagnoses say about the confidence of the next.
public enum Calibration {
    /// A threshold that the record bears out.
    public struct Threshold: Sendable, Equatable {
        /// Confidences from here on.
        public var confidence: Double
        /// How many diagnoses were that sure, and how many of them were wrong.
        public var count: Int
        public var wrong: Int
    }

    /// One row of the table of reliability.
    public struct Band: Sendable, Equatable, Codable {
        public var from: Double
        public var until: Double
        public var count: Int
        public var right: Int
        /// The mean of the confidences, beside the share that was right.
        public var stated: Double
        public var share: Double
    }

    /// How one category's confidence has fared.
    public struct Record: Sendable, Equatable, Codable {
        public var category: String
        public var count: Int
        public var right: Int
        /// The mean squared distance of the confidence from the truth: 0 is perfect, and 0.25 is what always saying a half
        /// has. nil where nothing is counted.
        public var brier: Double?
        public var bands: [Band]
    }

    /// The thresholds that are weighed, in twentieths. They are few and given beforehand: each is held to the assurance
    /// divided among all, so that picking the best of them deceives nobody.
    static let candidates = [10, 12, 14, 16, 18, 19]

    /// Which twentieth a confidence belongs to; nil for what is none.
    public static func twentieth(_ confidence: Double) -> Int? {
        guard confidence >= 0, confidence <= 1 else { return nil }
        // A twentieth has no exact form: what is written as one belongs to it, and not to the one below.
        return min(Int(confidence * 20 + 1e-9), 19)
    }

    /// The table with one record more; the same table where the record's confidence is none.
    public static func adding(_ record: CalibrationRecord, to table: CalibrationTable) -> CalibrationTable {
        guard let twentieth = twentieth(record.confidence) else { return table }
        var table = table
        let category =
            table.categories.firstIndex { $0.category >= record.category } ?? table.categories.count
        if category == table.categories.count || table.categories[category].category != record.category {
            table.categories.insert(CategoryCalibration(category: record.category), at: category)
        }
        let cells = table.categories[category].cells
        let place = cells.firstIndex { $0.twentieth >= twentieth } ?? cells.count
        if place == cells.count || cells[place].twentieth != twentieth {
            table.categories[category].cells.insert(CalibrationCell(twentieth: twentieth), at: place)
        }
        let distance = record.confidence - (record.wasRight ? 1 : 0)
        table.categories[category].cells[place].count += 1
        table.categories[category].cells[place].right += record.wasRight ? 1 : 0
        table.categories[category].cells[place].confidence += record.confidence
        table.categories[category].cells[place].squares += distance * distance
        return table
    }

    /// The lowest confidence from which on the record shows, with the assurance, that no more than the tolerated share of
    /// diagnoses is wrong; nil where it shows that of none, as it does at first. A category is judged by its own record.
    public static func threshold(
        of category: String, in table: CalibrationTable, tolerated: Double, assurance: Double
    ) -> Threshold? {
        guard tolerated > 0, tolerated < 1, assurance > 0, assurance < 1 else { return nil }
        let cells = cells(of: category, in: table)
        for candidate in candidates {
            let above = cells.filter { $0.twentieth >= candidate }
            let count = above.reduce(0) { $0 + $1.count }
            let wrong = count - above.reduce(0) { $0 + $1.right }
            let doubt = (1 - assurance) / Double(candidates.count)
            if count > 0, Binomial.atMost(wrong, of: count, share: tolerated) <= doubt {
                return Threshold(confidence: Double(candidate) / 20, count: count, wrong: wrong)
            }
        }
        return nil
    }

    /// The record of one category.
    public static func record(of category: String, in table: CalibrationTable) -> Record {
        let cells = cells(of: category, in: table)
        let count = cells.reduce(0) { $0 + $1.count }
        let squares = cells.reduce(0) { $0 + $1.squares }
        let bands = cells.filter { $0.count > 0 }.map { cell in
            Band(
                from: Double(cell.twentieth) / 20, until: Double(cell.twentieth + 1) / 20, count: cell.count,
                right: cell.right, stated: cell.confidence / Double(cell.count),
                share: Double(cell.right) / Double(cell.count))
        }
        return Record(
            category: category, count: count, right: cells.reduce(0) { $0 + $1.right },
            brier: count > 0 ? squares / Double(count) : nil, bands: bands)
    }

    /// Tables come from elsewhere: a cell that cannot have been counted is none.
    private static func cells(of category: String, in table: CalibrationTable) -> [CalibrationCell] {
        let own = table.categories.first { $0.category == category }?.cells ?? []
        return own.filter { cell in
            (0...19).contains(cell.twentieth) && (0...1_000_000_000).contains(cell.count)
                && (0...cell.count).contains(cell.right) && cell.confidence.isFinite && cell.squares.isFinite
        }
    }
}

/// The chance of so many among so many, without the logarithms that differ between libraries of mathematics.
enum Binomial {
    /// A positive number beyond the range of `Double`: `part` times two to the `power`.
    private struct Large {
        var part = 1.0
        var power = 0

        mutating func multiply(_ factor: Double) {
            part *= factor
            guard part != 0 else { return }
            power += Int(part.exponent)
            part = part.significand
        }
    }

    /// The chance that at most `wrong` of `count` are wrong when each is with the chance `share`.
    static func atMost(_ wrong: Int, of count: Int, share: Double) -> Double {
        guard wrong < count else { return 1 }
        guard wrong >= 0, count <= 10_000_000 else { return 1 }
        // The term for none wrong, then each from the one before; the sum is kept relative to the last term.
        var term = Large()
        for _ in 0..<count { term.multiply(1 - share) }
        var sum = 1.0
        for index in stride(from: 1, through: wrong, by: 1) {
            let ratio = Double(count - index + 1) / Double(index) * share / (1 - share)
            term.multiply(ratio)
            sum = sum / ratio + 1
        }
        // Beyond this the chance is nothing, or the sum is not a number any more: then it is all.
        guard sum.isFinite else { return 1 }
        term.multiply(sum)
        guard term.power > -1_000 else { return 0 }
        return min(1, Double(sign: .plus, exponent: term.power, significand: term.part))
    }
}
