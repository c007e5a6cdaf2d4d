import Contracts
import Testing

@testable import Senses

@Suite struct SeriesTests {
    @Test("several values within a second are their mean, and a late one between them disturbs nothing")
    func withinASecond() {
        var series = Series(name(), unit: "1", number: 1)
        for (value, second) in [(5.0, noon - 3), (10, noon), (90, noon - 2), (20, noon)] {
            _ = series.add(value, at: second, now: noon)
        }
        #expect(series.values(from: noon - 3, until: noon + 1, step: 1) == [5, 90, nil, 15])
        #expect(series.last == 20 && series.lastSecond == noon)
    }

    @Test("an hour is kept at five seconds, two minutes at one")
    func detail() {
        var series = Series(name(), unit: "1", number: 1)
        for second in noon - 4_000...noon { _ = series.add(Double(second % 5), at: second, now: second) }
        #expect(series.values(from: noon - 3_595, until: noon - 5, step: 5).allSatisfy { $0 == 2 })
        #expect(series.values(from: noon - 119, until: noon, step: 1).allSatisfy { $0 != nil })
        #expect(series.values(from: noon - 130, until: noon - 120, step: 1).allSatisfy { $0 == nil })
    }

    @Test("a minute is told once, and what comes late for it is told behind it")
    func minutes() {
        var series = Series(name(), unit: "1", number: 1)
        for second in noon..<noon + 61 { _ = series.add(Double(second - noon), at: second, now: second) }
        _ = series.add(7, at: noon + 59, now: noon + 61)
        // The next minute has begun, and what comes late is still of this one.
        let whole = series.takeMinute(before: noon + 60)
        #expect(whole?.count == 61 && whole?.sum == 1_777 && whole?.most == 59)
        #expect(series.takeMinute(before: noon + 60) == nil)
        var other = Series(name(), unit: "1", number: 1)
        for second in noon..<noon + 60 { _ = other.add(Double(second - noon), at: second, now: second) }
        let told = other.takeMinute(before: noon + 60)
        #expect(told?.minute == noon / 60 && told?.count == 60 && told?.sum == 1_770)
        #expect(told?.least == 0 && told?.most == 59 && told?.last == 59)
        #expect(other.takeMinute(before: noon + 60) == nil)
        _ = other.add(100, at: noon + 58, now: noon + 60)
        let late = other.takeMinute(before: noon + 60)
        #expect(late?.minute == noon / 60 && late?.count == 1 && late?.sum == 100)
    }
}
