import Insight
import Testing

@Suite struct ChangeTests {
    private func noise(_ count: Int, seed: UInt64, around level: Double) -> [Double] {
        var chance = SeededChance(state: seed)
        return (0..<count).map { _ in level + 2 * chance.normal() }
    }

    @Test("a change of level is noticed soon, and dated to where it began", arguments: 1...20 as ClosedRange<UInt64>)
    func onset(seed: UInt64) throws {
        var detector = ChangePointDetector()
        let found = (noise(200, seed: seed, around: 50) + noise(60, seed: seed + 100, around: 62)).compactMap {
            detector.add($0)
        }
        let change = try #require(found.first { $0.noticed >= 200 })
        #expect(abs(change.onset - 200) <= 5)
        #expect(change.noticed - 200 <= 8)
        #expect(change.isRise && abs(change.before - 50) < 2 && abs(change.after - 62) < 8)
    }

    @Test("a fall is a change too, and one wild value is none")
    func fall() {
        var detector = ChangePointDetector()
        var values = noise(100, seed: 1, around: 50)
        values[60] = 1e9
        #expect(values.compactMap { detector.add($0) }.isEmpty)
        #expect(noise(30, seed: 2, around: 30).compactMap { detector.add($0) }.first?.isRise == false)
    }

    @Test("noise alone changes next to never")
    func quiet() {
        var detector = ChangePointDetector()
        let found = noise(20_000, seed: 7, around: 10).compactMap { detector.add($0) }
        #expect(found.count <= 4)
    }

    @Test("what is no number keeps its place and has no weight")
    func numbers() {
        var detector = ChangePointDetector()
        for value in noise(50, seed: 3, around: 5) + [.nan, .infinity, -.infinity] { _ = detector.add(value) }
        #expect(detector.count == 53)
    }

    @Test("a line towards a limit reaches it when it does", arguments: 1...10 as ClosedRange<UInt64>)
    func trend(seed: UInt64) throws {
        var forecaster = TrendForecaster()
        for (index, value) in noise(200, seed: seed, around: 0).enumerated() {
            forecaster.add(value + Double(index), at: Double(index) * 10)
        }
        guard case .expected(let after, let earliest, let latest) = forecaster.reaches(300, now: 1_990) else {
            Issue.record("no forecast")
            return
        }
        #expect(earliest <= after && after <= latest)
        #expect(abs(after - 1_010) < 40)
        #expect(earliest > 900 && latest < 1_100)
    }

    @Test("where the data lead nowhere near the limit, it is never reached; where they are few, nothing is known")
    func never() {
        var flat = TrendForecaster(), falling = TrendForecaster()
        for (index, value) in noise(200, seed: 5, around: 50).enumerated() {
            flat.add(value, at: Double(index))
            falling.add(value - Double(index), at: Double(index))
        }
        #expect(flat.reaches(90, now: 200) == .never)
        #expect(falling.reaches(90, now: 200) == .never)
        #expect(flat.reaches(10, now: 200) == .reached)
        #expect(TrendForecaster().reaches(1, now: 0) == .unknown)
        #expect(flat.reaches(.nan, now: 200) == .unknown)
        var still = TrendForecaster()
        for _ in 0..<50 { still.add(5, at: 7) }
        #expect(still.reaches(9, now: 8) == .unknown)
    }

    @Test("a limit can be reached from above")
    func down() {
        var forecaster = TrendForecaster()
        for index in 0..<100 { forecaster.add(1_000 - Double(index), at: Double(index)) }
        guard case .expected(let after, _, _) = forecaster.reaches(0, falling: true, now: 99) else {
            Issue.record("no forecast")
            return
        }
        #expect(abs(after - 901) < 1)
    }

    @Test("a walk at random is not forecast with confidence")
    func walk() {
        var confident = 0
        for seed in 1...100 as ClosedRange<UInt64> {
            var chance = SeededChance(state: seed)
            var forecaster = TrendForecaster()
            var level = 0.0
            for index in 0..<256 {
                level += chance.normal()
                forecaster.add(level, at: Double(index))
            }
            if case .expected(_, _, let latest) = forecaster.reaches(level + 30, now: 256), latest.isFinite {
                confident += 1
            }
        }
        #expect(confident < 50)
    }

    @Test("a daily pattern is learned, and one that is not there is not")
    func season() throws {
        var daily = SeasonalBaseline(), plain = SeasonalBaseline()
        var chance = SeededChance(state: 4)
        for minute in 0..<(7 * 1_440) {
            let busy = (minute / 60) % 24 >= 12 ? 100.0 : 20.0
            daily.add(busy + chance.normal(), at: Double(minute) * 60)
            plain.add(50 + chance.normal(), at: Double(minute) * 60)
        }
        #expect(daily.isSeasonal && !plain.isSeasonal)
        #expect(abs(try #require(daily.expected(at: 7 * 86_400 + 3_600)).level - 20) < 1)
        #expect(abs(try #require(daily.expected(at: 7 * 86_400 + 50_000)).level - 100) < 1)
        #expect(abs(try #require(plain.expected(at: 0)).level - 50) < 1)
        #expect(SeasonalBaseline().expected(at: 0) == nil)
    }
}
