import Testing

@testable import Senses

@Suite struct RingTests {
    private func put(_ values: [(Int64, Double)], step: Int64 = 1, capacity: Int = 10) -> Ring {
        var ring = Ring(step: step, capacity: capacity)
        for (second, value) in values { _ = ring.put(value, at: second) }
        return ring
    }

    @Test("gaps stay gaps, and what comes late finds its place")
    func gaps() {
        let ring = put([(100, 1), (103, 4), (101, 2)])
        #expect([100, 101, 102, 103, 104].map { ring.value(at: $0) } == [1, 2, nil, 4, nil])
    }

    @Test("the oldest places go when the ring is full, and what comes for them is refused")
    func wrapAround() {
        var ring = put((0..<37).map { ($0, Double($0)) })
        #expect((27..<37).map { ring.value(at: $0) } == (27..<37).map { Double($0) })
        #expect(ring.value(at: 26) == nil && ring.value(at: 37) == nil)
        let isKept = ring.put(1, at: 26)
        #expect(!isKept)
        #expect(ring.span == 27...36)
    }

    @Test("a jump of hours empties the ring, and it fills again in order")
    func jump() {
        var ring = put((0..<15).map { ($0, 1) })
        for second in Int64(20_000)..<20_007 { _ = ring.put(Double(second), at: second) }
        #expect((20_000..<20_007).map { ring.value(at: $0) } == (20_000..<20_007).map { Double($0) })
        #expect(ring.value(at: 14) == nil)
    }

    @Test("times from 1970 and from 2100 are times; those before 1970 are refused and take no memory")
    func farTimes() {
        var ring = put([(0, 1), (1, 2)])
        #expect(ring.value(at: 0) == 1 && ring.value(at: 1) == 2)
        _ = ring.put(3, at: 4_102_444_800)
        #expect(ring.value(at: 4_102_444_800) == 3)
        var empty = Ring(step: 1, capacity: 10)
        for second in Int64(-2_000)..<0 {
            let isKept = empty.put(1, at: second)
            #expect(!isKept)
        }
        #expect(empty.bytes == 0 && empty.span == nil)
    }

    @Test("under any order of times the ring holds what a dictionary of the same span holds", arguments: 0..<30)
    func likeADictionary(_ seed: Int) {
        var chance = Chance(seed)
        var ring = Ring(step: 5, capacity: 12)
        var model: [Int64: Double] = [:]
        var newest: Int64 = -1
        var place: Int64 = 1_000
        for _ in 0..<400 {
            place = max(0, place + Int64.random(in: -8...9, using: &chance))
            if Int.random(in: 0..<60, using: &chance) == 0 { place += 500 }
            let value = Double(Int.random(in: 0..<1_000, using: &chance))
            let isKept = ring.put(value, at: place * 5 + Int64.random(in: 0..<5, using: &chance))
            if isKept { model[place] = value }
            newest = max(newest, place)
            model = model.filter { $0.key > newest - 12 }
            #expect(isKept == (place > newest - 12))
            for other in max(0, newest - 14)...newest + 1 { #expect(ring.value(at: other * 5) == model[other]) }
        }
    }
}
