import Insight
import Testing

@Suite struct AlertGroupingTests {
    private func alert(
        _ time: Double, _ name: String = "slow", at place: String = "shop", _ gravity: LogGravity = .fatal,
        state: Alert.State = .firing
    ) -> Alert {
        Alert(time: time, name: name, place: place, gravity: gravity, state: state)
    }

    @Test("a hundred thousand alerts of one cause within a minute are one incident")
    func storm() {
        var grouping = AlertGrouping(calls: (0..<200).map { Call(caller: "s\($0)", callee: "s\($0 / 2)") })
        var incidents: Set<Int?> = []
        for number in 0..<100_000 {
            let placement = grouping.add(
                alert(Double(number) * 60 / 100_000, "slow \(number % 500)", at: "s\(number % 200)"))
            incidents.insert(placement.incident)
        }
        #expect(incidents == [1])
    }

    @Test("after a storm the next fault is seen all the same")
    func afterStorm() {
        var grouping = AlertGrouping()
        for number in 0..<100_000 { _ = grouping.add(alert(Double(number) * 60 / 100_000, "n\(number)")) }
        let later = (0..<4).map { grouping.add(alert(1_800 + Double($0), "other \($0)", at: "store")) }
        #expect(later.last?.incident == 2)
    }

    @Test("what shouts all the time is noise; something new beside it is not")
    func habit() {
        var grouping = AlertGrouping()
        var last: Placement?
        for minute in 0..<600 { last = grouping.add(alert(Double(minute) * 60, "always", .warning)) }
        #expect(last?.incident == nil)
        #expect(last?.reasons.contains { $0.name == "weight" && $0.points < 0.1 } == true)
        _ = grouping.add(alert(36_010, "disk", at: "store"))
        #expect(grouping.add(alert(36_020, "latency", at: "store")).incident != nil)
    }

    @Test("a lone warning waits; when others follow, it is called into their incident")
    func recall() {
        var grouping = AlertGrouping()
        #expect(grouping.add(alert(0, "first", .warning)).incident == nil)
        let second = grouping.add(alert(20, "second", .fatal))
        #expect(second.incident == 1 && second.recalled == [0])
    }

    @Test("far from each other in the topology are two incidents; near is one")
    func places() {
        let calls = [
            Call(caller: "a", callee: "b"), Call(caller: "b", callee: "c"), Call(caller: "x", callee: "y"),
        ]
        var grouping = AlertGrouping(calls: calls)
        let first = grouping.add(alert(0, "one", at: "a"))
        let near = grouping.add(alert(1, "two", at: "c"))
        let far = grouping.add(alert(2, "three", at: "y"))
        #expect(first.incident == 1 && near.incident == 1 && far.incident == 2)
        #expect(near.reasons.contains { $0.name == "place" && $0.reason.contains("2 calls away") })
    }

    @Test("an incident ends when it is quiet")
    func end() {
        var grouping = AlertGrouping()
        #expect(grouping.add(alert(0, "one")).incident == 1)
        #expect(grouping.add(alert(3_000, "two")).incident == 2)
    }

    @Test("what is resolved heats nothing, and belongs to its incident while that lasts")
    func resolved() {
        var grouping = AlertGrouping(calls: [Call(caller: "front", callee: "shop")])
        #expect(grouping.add(alert(0, state: .resolved)).incident == nil)
        #expect(grouping.add(alert(1)).incident == 1)
        #expect(grouping.add(alert(2, state: .resolved)).incident == 1)
        for number in 0..<100 { _ = grouping.add(alert(1_000 + Double(number), state: .resolved)) }
        #expect(grouping.add(alert(1_200, "faint", at: "shop", .note)).incident == nil)
    }

    @Test("a million series are not remembered all at once")
    func bounds() {
        var grouping = AlertGrouping(series: 1_000)
        for number in 0..<1_000_000 {
            _ = grouping.add(alert(Double(number) / 100, "n\(number)", at: "p\(number % 77_777)", .warning))
        }
        #expect(grouping.remembered <= 2_000)
    }

    @Test("times that are none, or lie back, are now")
    func times() {
        var grouping = AlertGrouping()
        #expect(grouping.add(alert(.nan)).incident == 1)
        #expect(grouping.add(alert(100, "b")).incident == 1)
        #expect(grouping.add(alert(-1e300, "c")).incident == 1)
        #expect(grouping.add(alert(.infinity, "d")).incident == 1)
        #expect(grouping.add(alert(101, "e")).alert == 4)
    }

    @Test("the same alerts make the same incidents every time")
    func determinism() {
        func run() -> [Int?] {
            var chance = SeededChance(state: 11)
            var grouping = AlertGrouping(calls: (0..<40).map { Call(caller: "s\($0)", callee: "s\($0 / 3)") })
            return (0..<5_000).map { number in
                grouping.add(
                    alert(
                        Double(number) * 7, "n\(Int.random(in: 0..<30, using: &chance))",
                        at: "s\(Int.random(in: 0..<45, using: &chance))",
                        LogGravity(rawValue: Int.random(in: 0...3, using: &chance)) ?? .note)
                ).incident
            }
        }
        #expect(run() == run())
    }
}
