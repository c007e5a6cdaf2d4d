import Contracts
import Signals
import Testing

@testable import Senses

@Suite struct DistributionTests {
    private func exponential(_ scale: Int, offset: Int, _ counts: [Double], sum: Double = 0) -> Distribution {
        Distribution(scale: scale, zeroCount: 0, offset: offset, counts: counts, sum: sum)
    }

    @Test("the difference of two readings is what was measured in between")
    func difference() {
        let before = Distribution(bounds: [1, 5, .infinity], counts: [3, 2, 1], sum: 20)
        let after = Distribution(bounds: [1, 5, .infinity], counts: [4, 2, 3], sum: 45)
        let more = after.since(before)
        #expect(more?.counts == [1, 0, 2] && more?.sum == 25 && more?.count == 3)
    }

    @Test("an exponential histogram whose buckets have become wider has not begun anew")
    func widened() {
        let fine = exponential(3, offset: 0, [1, 2, 3, 4], sum: 12)
        let wide = exponential(2, offset: 0, [3, 8, 0, 5], sum: 40)
        let more = wide.since(fine)
        #expect(more?.count == 6 && more?.sum == 28)
        #expect(more?.counts == [0, 1, 5])
    }

    @Test("fewer than before in any bucket means that it began anew")
    func reset() {
        let before = Distribution(bounds: [1, 5, .infinity], counts: [3, 2, 1], sum: 20)
        #expect(Distribution(bounds: [1, 5, .infinity], counts: [9, 1, 1], sum: 20).since(before) == nil)
        #expect(Distribution(bounds: [1, 5, .infinity], counts: [0, 0, 0], sum: 0).since(before) == nil)
        #expect(Distribution(bounds: [], counts: [], sum: 0).since(before) == nil)
    }

    @Test("under seeds: measuring more and widening buckets never looks like a beginning", arguments: 0..<40)
    func neverAReset(_ seed: Int) {
        var chance = Chance(seed)
        var counts = (0..<40).map { _ in Double(Int.random(in: 0..<5, using: &chance)) }
        var scale = 4
        var last = exponential(scale, offset: 0, counts)
        for _ in 0..<20 {
            var added = 0.0
            for _ in 0..<Int.random(in: 0..<6, using: &chance) {
                counts[Int.random(in: counts.indices, using: &chance)] += 1
                added += 1
            }
            if scale > 0, Int.random(in: 0..<4, using: &chance) == 0 {
                scale -= 1
                counts = stride(from: 0, to: counts.count, by: 2).map {
                    counts[$0] + ($0 + 1 < counts.count ? counts[$0 + 1] : 0)
                }
            }
            let now = exponential(scale, offset: 0, counts)
            #expect(now.since(last)?.count == added)
            last = now
        }
    }

    @Test("quantiles are bounds of buckets; above all bounds it is the highest, and without bounds there is none")
    func quantiles() {
        let spread = Distribution(bounds: [1, 2, 5, .infinity], counts: [50, 40, 9, 1], sum: 0)
        #expect(spread.quantile(0.5) == 1 && spread.quantile(0.9) == 2 && spread.quantile(0.99) == 5)
        #expect(spread.quantile(1) == 5)
        #expect(Distribution(bounds: [1, 2, .infinity], counts: [0, 0, 7], sum: 0).quantile(0.99) == 2)
        #expect(Distribution(bounds: [.infinity], counts: [7], sum: 0).quantile(0.99) == nil)
        #expect(Distribution(bounds: [1, 2], counts: [0, 0], sum: 0).quantile(0.5) == nil)
    }

    @Test("what is no histogram is seen as none")
    func unsound() {
        let sound = Distribution(bounds: [0, 1, .infinity], counts: [0, 1, 2], sum: 3)
        #expect(sound.isSound && Distribution(bounds: [], counts: [], sum: 0).isSound)
        for bad in [
            Distribution(bounds: [1, 2], counts: [1], sum: 0), Distribution(bounds: [2, 1], counts: [1, 1], sum: 0),
            Distribution(bounds: [1], counts: [-1], sum: 0), Distribution(bounds: [1], counts: [.nan], sum: 0),
            Distribution(bounds: [.nan], counts: [1], sum: 0), Distribution(bounds: [1], counts: [1], sum: .nan),
            Distribution(bounds: [1], counts: [.infinity], sum: 0),
        ] { #expect(!bad.isSound) }
    }
}
