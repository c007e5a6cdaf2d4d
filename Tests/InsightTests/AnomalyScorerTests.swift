import Insight
import Testing

@Suite struct AnomalyScorerTests {
    private func scores(_ values: [Double], every step: Double? = 60) -> [Double] {
        var scorer = AnomalyScorer()
        return values.enumerated().map { index, value in scorer.score(value, at: step.map { Double(index) * $0 }) }
    }

    private func noise(_ count: Int, seed: UInt64, around level: Double = 100, spread: Double = 2) -> [Double] {
        var chance = SeededChance(state: seed)
        return (0..<count).map { _ in level + spread * chance.normal() }
    }

    @Test(
        "a value far from all before it is without precedent, and those before it were not",
        arguments: 1...20 as ClosedRange<UInt64>)
    func spike(seed: UInt64) {
        let scores = scores(noise(600, seed: seed) + [160])
        #expect(scores[600] > 0.6)
        #expect(scores[20..<600].allSatisfy { $0 < 0.6 })
    }

    @Test("thirty values are history enough")
    func short() {
        #expect(scores(noise(30, seed: 3) + [160])[30] > 0.6)
    }

    @Test("what a series does again and again is no news")
    func repeated() {
        var values = noise(2_000, seed: 4)
        for index in stride(from: 150, to: 2_000, by: 150) { values[index] = 160 }
        let scores = scores(values)
        #expect(scores[150] > 0.6)
        #expect(scores[1_950] < 0.53)
    }

    @Test("a new level is news once")
    func shift() {
        let scores = scores(noise(500, seed: 5) + noise(1_500, seed: 6, around: 140))
        #expect(scores[500...503].contains { $0 > 0.6 })
        #expect(scores[700...].allSatisfy { $0 < 0.5 })
    }

    @Test("a constant series scores 0, and what breaks it does not")
    func constant() {
        let scores = scores(Array(repeating: 7, count: 300) + [9])
        #expect(scores[..<300].allSatisfy { $0 == 0 })
        #expect(scores[300] > 0.6)
    }

    @Test("a counter is judged by what it grows by, and its restart is no anomaly of the value")
    func counter() {
        var chance = SeededChance(state: 8)
        var total = 0.0
        var values: [Double] = []
        for index in 0..<1_000 {
            if index == 600 { total = 0 }
            total += 50 + chance.normal() + (index == 800 ? 400 : 0)
            values.append(total)
        }
        let scores = scores(values)
        #expect(scores[600] < 0.5)
        #expect(scores[800] > 0.6)
    }

    @Test("gaps and what is no number score 0, are counted, and change nothing of what follows")
    func gaps() {
        let values = noise(300, seed: 9) + [170]
        var broken = AnomalyScorer()
        var last = 0.0
        for value in values {
            for gap in [Double.nan, .infinity, -.infinity, 1e300] { #expect(broken.score(gap) == 0) }
            last = broken.score(value)
        }
        #expect(last == scores(values, every: nil).last)
        #expect(broken.gaps == values.count * 4)
    }

    @Test("scores are between 0 and 1 whatever comes, in whatever order of time")
    func bounds() {
        var chance = SeededChance(state: 10)
        var scorer = AnomalyScorer()
        for _ in 0..<20_000 {
            let bits = Double(bitPattern: chance.next())
            let score = scorer.score(bits, at: Double(bitPattern: chance.next()))
            #expect(score >= 0 && score <= 1)
        }
    }

    @Test("the same values get the same scores in every process")
    func deterministic() {
        let digest = scores(noise(3_000, seed: 12), every: 600).reduce(0 as UInt64) {
            ($0 ^ $1.bitPattern) &* 0x0000_0100_0000_01B3
        }
        #expect(digest == 6_699_013_822_999_564_166)
    }

    @Test("the next value's score does not depend on those that follow")
    func causal() {
        let values = noise(400, seed: 11)
        #expect(scores(values).prefix(200) == scores(Array(values.prefix(200)))[...])
    }
}
