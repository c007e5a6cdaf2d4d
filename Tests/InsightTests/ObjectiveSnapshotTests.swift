import Contracts
import FoundationEssentials
import Insight
import Testing

@Suite("What an engine of objectives leaves to its successor") struct ObjectiveSnapshotTests {
    private static let requests = SeriesSelection(metric: "requests", kind: .counter)
    private static let failures = SeriesSelection(metric: "failures", kind: .counter)

    private func objective(_ name: String = "works") throws -> Objective {
        try Objective(
            name: name, service: "orders", target: 0.999,
            indicator: Objective.Indicator(.bad(Self.failures), of: Self.requests))
    }

    private func moment(_ seconds: Int) -> Moment { Moment(nanoseconds: UInt64(seconds) * 1_000_000_000) }

    private func readings(_ requests: Double, _ failures: Double) -> [SeriesReading] {
        [SeriesReading("requests", [], .number(requests)), SeriesReading("failures", [], .number(failures))]
    }

    /// Some hours of traffic with failures here and there, counted by seeded chance.
    private func fed(seed: UInt64, until end: Int) throws -> ObjectiveEngine {
        var chance = Chance(seed: seed)
        var engine = ObjectiveEngine([try objective()])
        let source = ReadingSource("orders.1#1", began: moment(0))
        var (requests, failures) = (0.0, 0.0)
        for second in stride(from: 1, to: end, by: 7) where Int.random(in: 0..<5, using: &chance) > 0 {
            requests += Double(Int.random(in: 0..<400, using: &chance))
            failures += Double(Int.random(in: 0..<3, using: &chance))
            engine.read(readings(requests, failures), from: source, now: moment(second))
        }
        return engine
    }

    private func copy(_ snapshot: ObjectiveEngine.Snapshot) throws -> ObjectiveEngine.Snapshot {
        try JSONDecoder().decode(ObjectiveEngine.Snapshot.self, from: JSONEncoder().encode(snapshot))
    }

    @Test("a successor says the same, now and later", arguments: [600, 5_000, 40_000])
    func successor(end: Int) throws {
        var first = try fed(seed: UInt64(end), until: end)
        var second = ObjectiveEngine([try objective()])
        second.restore(try copy(first.snapshot))
        #expect(second.snapshot == first.snapshot)
        #expect(first.statuses(now: moment(end)) == second.statuses(now: moment(end)))
        // What the process counted while nobody listened is in its counters.
        let source = ReadingSource("orders.1#1", began: moment(0))
        for engine in 0..<2 {
            for (second_, count) in [(end + 30, 1e6), (end + 900, 1.1e6)] {
                let readings = readings(count, count / 10)
                if engine == 0 {
                    first.read(readings, from: source, now: moment(second_))
                } else {
                    second.read(readings, from: source, now: moment(second_))
                }
            }
        }
        let (ours, theirs) = (first.statuses(now: moment(end + 1_000)), second.statuses(now: moment(end + 1_000)))
        #expect(ours == theirs && ours[0].total > 1e6)
    }

    @Test("it is small, and travels packed as well")
    func size() throws {
        let snapshot = try fed(seed: 3, until: 200_000).snapshot
        let bytes = try Packed.encode(snapshot)
        #expect(bytes.count < 40_000)
        #expect(try Packed.decode(ObjectiveEngine.Snapshot.self, from: bytes) == snapshot)
    }

    @Test("objectives that are new begin empty, and those that are gone are left out")
    func changed() throws {
        let snapshot = try fed(seed: 4, until: 4_000).snapshot
        var engine = ObjectiveEngine([try objective("other"), try objective()])
        engine.restore(snapshot)
        let statuses = engine.statuses(now: moment(4_000))
        #expect(statuses[0].total == 0 && statuses[1].total > 1_000)
    }

    @Test("bytes that were damaged restore something that counts, and never end the process")
    func damaged() throws {
        let json = try JSONEncoder().encode(try fed(seed: 5, until: 9_000).snapshot)
        var chance = Chance(seed: 6)
        var restored = 0
        for _ in 0..<300 {
            var bytes = Array(json)
            for _ in 0..<(1 + Int.random(in: 0..<4, using: &chance)) {
                let place = Int.random(in: bytes.indices, using: &chance)
                // A digit for a digit keeps it readable more often than not.
                bytes[place] = UInt8(ascii: "0") + UInt8.random(in: 0...9, using: &chance)
            }
            guard let snapshot = try? JSONDecoder().decode(ObjectiveEngine.Snapshot.self, from: Data(bytes)) else {
                continue
            }
            var engine = ObjectiveEngine([try objective()])
            engine.restore(snapshot)
            engine.add(readings(100, 1), now: moment(9_100))
            let status = engine.statuses(now: moment(9_200))[0]
            #expect(status.budgetLeft.isFinite && status.total >= 0)
            restored += 1
        }
        #expect(restored > 20)
    }
}
