import Settings

/// Durations and names as OpenSLO writes them.
enum Shorthand {
    private static let units: [(letter: Character, seconds: Int64)] = [
        ("m", 60), ("h", 3_600), ("d", 86_400), ("w", 7 * 86_400), ("M", 30 * 86_400), ("Q", 90 * 86_400),
        ("Y", 365 * 86_400),
    ]
    private static let longest = Int64(10 * 365 * 86_400)

    /// `5m`, `1h`, `28d`, `4w`, `1M`, `1Q`, `1Y`: a rolling month has 30 days, a quarter 90, a year 365.
    static func duration(_ text: String) -> Duration? {
        guard let letter = text.last, let unit = units.first(where: { $0.letter == letter }),
            let count = whole(text.dropLast()), count > 0
        else { return nil }
        let (seconds, overflow) = count.multipliedReportingOverflow(by: unit.seconds)
        return overflow || seconds > longest ? nil : .seconds(seconds)
    }

    private static func whole(_ text: Substring) -> Int64? {
        guard (1...9).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int64(text)
    }

    static var window: Scalar<Duration> {
        Scalar(
            expected: "a duration such as 5m, 1h, 28d, 4w, 1M, 1Q or 1Y, of ten years at most", standIn: .seconds(3_600)
        ) { duration($0) }
    }

    /// How long a condition must hold: none at all is as good as any.
    static var hold: Scalar<Duration> {
        Scalar(expected: "a duration such as 0m, 5m or 1h", standIn: .zero) { text in
            text == "0m" || text == "0" ? .zero : duration(text)
        }
    }

    /// A slice: in minutes where there is no unit.
    static var slice: Scalar<Duration> {
        Scalar(expected: "a duration such as 1m, or a number of minutes", standIn: .seconds(60)) { text in
            duration(text) ?? whole(text[...]).flatMap { $0 > 0 && $0 < 1_000_000 ? .seconds($0 * 60) : nil }
        }
    }

    /// `5s`, `90s`, or as a window.
    static var short: Scalar<Duration> {
        Scalar(expected: "a duration such as 5s, 5m or 1h", standIn: .seconds(300)) { text in
            guard text.hasSuffix("s") else { return duration(text) }
            return whole(text.dropLast()).flatMap { $0 > 0 ? .seconds($0) : nil }
        }
    }

    /// What other documents refer to it by.
    static var name: Scalar<String> {
        .matching("a name of 1 to 63 letters, digits, dots, hyphens and underscores", standIn: "name") { text in
            (1...63).contains(text.utf8.count)
                && text.unicodeScalars.allSatisfy {
                    $0.isASCII
                        && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || "-_.".unicodeScalars.contains($0))
                }
        }
    }

    static var about: Scalar<String> {
        .matching("text of at most 1050 characters") { $0.unicodeScalars.count <= 1_050 }
    }
    static var anything: Scalar<String> { .matching("a word") { _ in true } }

    /// A threshold of a histogram of durations, in seconds.
    static var threshold: Scalar<Double> {
        let text = "a power of two of seconds, such as 125ms, 250ms, 500ms, 1s or 2s: histograms have edges there alone"
        return Scalar(expected: text, standIn: 1) { text in
            let units: [(name: String, factor: Double)] = [("us", 1e-6), ("ms", 1e-3), ("s", 1), ("m", 60)]
            guard let unit = units.first(where: { text.hasSuffix($0.name) }),
                let number = Double(text.dropLast(unit.name.count)), number > 0, number.isFinite
            else { return nil }
            return edge(number * unit.factor)
        }
    }

    /// The power of two that is meant, from a microsecond to an hour.
    static func edge(_ seconds: Double) -> Double? {
        guard seconds > 0, seconds.isFinite else { return nil }
        let near = Double(
            sign: .plus, exponent: seconds.significand > 1.5 ? seconds.exponent + 1 : seconds.exponent,
            significand: 1)
        guard abs(near - seconds) <= near * 1e-9, (-20...12).contains(near.exponent) else { return nil }
        return near
    }
}
