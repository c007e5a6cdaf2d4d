import Testing

@testable import Senses

@Suite struct RingTests {
    @Test func `gaps stay gaps and late values find their place`() {
        var ring = Ring(step: 1, capacity: 10)
        #expect(ring.put(1, at: 100))
        #expect(ring.put(4, at: 103))
        #expect(ring.value(at: 101) == nil)
        #expect(ring.put(2, at: 101))
        #expect([100, 101, 102, 103, 104].map { ring.value(at: $0) } == [1, 2, nil, 4, nil])
    }
}
