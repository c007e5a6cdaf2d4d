/// The rule of the last line of a tz database file, as the variable TZ of POSIX has it: `CET-1CEST,M3.5.0,M10.5.0/3`.
struct ZoneRule: Sendable, Equatable {
    /// On which day of a year the clocks change, and at which second of local time.
    struct Turn: Sendable, Equatable {
        enum Day: Sendable, Equatable {
            /// From 1, never counting the 29th of February.
            case julian(Int)
            /// From 0, counting it.
            case ordinal(Int)
            /// The fifth is the last; 0 is Sunday.
            case weekday(month: Int, week: Int, day: Int)
        }
        var day: Day
        var second: Int

        /// In seconds of local time since 1970.
        func local(_ year: Int) -> Int64 { Int64(date(year)) * 86_400 + Int64(second) }

        private func date(_ year: Int) -> Int {
            let january = CivilTime.days(year, 1, 1)
            switch day {
            case .julian(let number): return january + number - 1 + (CivilTime.isLeap(year) && number >= 60 ? 1 : 0)
            case .ordinal(let number): return january + number
            case .weekday(let month, let week, let day):
                let first = CivilTime.days(year, month, 1)
                // The first of January 1970 was a Thursday, the fourth day from Sunday.
                let weekday = ((first + 4) % 7 + 7) % 7
                let found = (day - weekday + 7) % 7 + (week - 1) * 7
                return first + (found < CivilTime.length(of: month, in: year) ? found : found - 7)
            }
        }
    }

    var standard = 0
    var summer: Int?
    var begins = Turn(day: .julian(1), second: 0)
    var ends = Turn(day: .julian(1), second: 0)
    /// The line is empty: the last change holds on.
    var isNothing = false

    func offset(at instant: Int64) -> Int {
        guard let summer else { return standard }
        let year = CivilTime(seconds: instant.adding(Int64(standard))).year
        let begin = begins.local(year) - Int64(standard)
        let end = ends.local(year) - Int64(summer)
        let isSummer = begin < end ? instant >= begin && instant < end : instant < end || instant >= begin
        return isSummer ? summer : standard
    }

    /// Nil for what is no such rule.
    static func read(_ text: [UInt8]) -> ZoneRule? {
        var rule = ZoneRule()
        if text.isEmpty {
            rule.isNothing = true
            return rule
        }
        var reader = ZoneRuleReader(text)
        // What POSIX writes is how far the clocks are behind.
        guard reader.name(), let behind = reader.time(hours: 24) else { return nil }
        rule.standard = -behind
        if reader.isAtEnd { return rule }
        guard reader.name() else { return nil }
        var summer = rule.standard + 3_600
        if !reader.sees(",") {
            guard let behind = reader.time(hours: 24) else { return nil }
            summer = -behind
        }
        rule.summer = summer
        guard reader.take(","), let begins = reader.turn(), reader.take(","), let ends = reader.turn(), reader.isAtEnd
        else { return nil }
        (rule.begins, rule.ends) = (begins, ends)
        return rule
    }
}

private struct ZoneRuleReader {
    private let text: [UInt8]
    private var at = 0

    init(_ text: [UInt8]) { self.text = text }

    var isAtEnd: Bool { at == text.count }

    func sees(_ letter: Character) -> Bool { at < text.count && text[at] == letter.asciiValue }

    mutating func take(_ letter: Character) -> Bool {
        guard sees(letter) else { return false }
        at += 1
        return true
    }

    /// Three letters or more, or anything between angle brackets.
    mutating func name() -> Bool {
        let start = at
        if take("<") {
            while at < text.count, !sees(">") { at += 1 }
            return take(">") && at - start > 4
        }
        while at < text.count, (65...90).contains(text[at] & 0xDF) { at += 1 }
        return at - start >= 3
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int? {
        let start = at
        while at < text.count, (48...57).contains(text[at]), at - start < 3 { at += 1 }
        guard at > start else { return nil }
        let value = text[start..<at].reduce(0) { $0 * 10 + Int($1) - 48 }
        return range.contains(value) ? value : nil
    }

    /// `h`, `h:mm` or `h:mm:ss`, with a sign.
    mutating func time(hours: Int) -> Int? {
        let isNegative = take("-")
        if !isNegative { _ = take("+") }
        guard var value = number(0...hours).map({ $0 * 3_600 }) else { return nil }
        for unit in [60, 1] {
            guard take(":") else { break }
            guard let part = number(0...59) else { return nil }
            value += part * unit
        }
        return isNegative ? -value : value
    }

    mutating func turn() -> ZoneRule.Turn? {
        guard let day = day() else { return nil }
        guard take("/") else { return ZoneRule.Turn(day: day, second: 7_200) }
        return time(hours: 167).map { ZoneRule.Turn(day: day, second: $0) }
    }

    private mutating func day() -> ZoneRule.Turn.Day? {
        if take("J") { return number(1...365).map { .julian($0) } }
        guard take("M") else { return number(0...365).map { .ordinal($0) } }
        guard let month = number(1...12), take("."), let week = number(1...5), take("."), let day = number(0...6)
        else { return nil }
        return .weekday(month: month, week: week, day: day)
    }
}
