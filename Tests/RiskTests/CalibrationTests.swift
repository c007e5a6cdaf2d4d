import Contracts
import Testing

@testable import Risk

@Suite("The record of confidence") struct CalibrationTests {
    private let terms = Policy.Confidence()

    private func threshold(_ table: CalibrationTable, tolerated: Double = 0.05) -> Calibration.Threshold? {
        Calibration.threshold(of: "Code_Bug", in: table, tolerated: tolerated, assurance: 0.95)
    }

    @Test("is empty at first, and then bears out nothing")
    func empty() {
        let table = CalibrationTable()
        let record = Calibration.record(of: "Code_Bug", in: table)
        #expect(record.count == 0 && record.brier == nil && record.bands.isEmpty && threshold(table) == nil)
    }

    @Test("counts by category and twentieth, in whatever order they come")
    func counts() {
        let records = [
            ("Code_Bug", 0.95, true), ("Config_Error", 0.5, false), ("Code_Bug", 0.9, false), ("Code_Bug", 1, true),
            ("Code_Bug", 0, false), ("Config_Error", 0.54, true),
        ].map { CalibrationRecord(category: $0.0, confidence: $0.1, wasRight: $0.2) }
        let one = records.reduce(CalibrationTable()) { Calibration.adding($1, to: $0) }
        let other = records.reversed().reduce(CalibrationTable()) { Calibration.adding($1, to: $0) }
        #expect(one.categories.map(\.category) == ["Code_Bug", "Config_Error"])
        #expect(one.categories[0].cells.map(\.twentieth) == [0, 18, 19] && one.categories[0].cells[2].count == 2)
        #expect(one.categories.map { $0.cells.map(\.count) } == other.categories.map { $0.cells.map(\.count) })
        let record = Calibration.record(of: "Config_Error", in: one)
        #expect(record.count == 2 && record.right == 1)
        // (0.5² + 0.46²) / 2
        #expect(record.brier.map { abs($0 - 0.2308) < 1e-12 } == true)
        #expect(record.bands.count == 1 && abs(record.bands[0].stated - 0.52) < 1e-12 && record.bands[0].share == 0.5)
        let none = CalibrationRecord(category: "Code_Bug", confidence: .nan, wasRight: true)
        #expect(Calibration.adding(none, to: one) == one)
    }

    @Test("every confidence as written belongs to its twentieth")
    func twentieths() {
        for number in 0..<20 { #expect(Calibration.twentieth(Double(number) / 20) == number) }
        #expect(Calibration.twentieth(1) == 19 && Calibration.twentieth(1.1) == nil)
        #expect(Calibration.twentieth(0.7) == 14 && Calibration.twentieth(0.6999) == 13)
    }

    // By Python's fractions, exactly, then as floating point.
    @Test(
        "the chance of so few is exact",
        arguments: [
            (0, 1, 0.05, 0.95), (0, 93, 0.05, 0.00847803669294384), (2, 10, 0.3, 0.3827827864),
            (9, 10, 0.5, 0.9990234375), (10, 10, 0.5, 1), (50, 100, 0.5, 0.5397946186935895),
        ])
    func chance(wrong: Int, count: Int, share: Double, expected: Double) {
        #expect(abs(Binomial.atMost(wrong, of: count, share: share) - expected) < 1e-12)
    }

    @Test("the chance stays a chance far out where numbers end")
    func farOut() {
        #expect(Binomial.atMost(0, of: 1_000_000, share: 0.5) == 0)
        #expect(Binomial.atMost(999_999, of: 1_000_000, share: 0.001) == 1)
        let middle = Binomial.atMost(50_000, of: 1_000_000, share: 0.05)
        #expect(middle > 0.5 && middle < 0.51)
        #expect(Binomial.atMost(1, of: 2_000_000_000, share: 0.5) == 1, "too many to count are none")
    }

    @Test("bears out a confidence only with enough counts, and the lowest that it can")
    func thresholds() {
        // One in 120 of chance for each of six candidates: 94 right ones in a row are the fewest at five percent.
        #expect(threshold(CalibrationTable().adding("Code_Bug", 0.9, count: 93, right: 93)) == nil)
        let just = threshold(CalibrationTable().adding("Code_Bug", 0.9, count: 94, right: 94))
        #expect(just == Calibration.Threshold(confidence: 0.5, count: 94, wrong: 0))
        // What is less sure and often wrong lifts the threshold above it.
        let mixed = CalibrationTable().adding("Code_Bug", 0.9, count: 200, right: 200)
            .adding("Code_Bug", 0.65, count: 100, right: 60)
        #expect(threshold(mixed) == Calibration.Threshold(confidence: 0.7, count: 200, wrong: 0))
        #expect(threshold(mixed.adding("Code_Bug", 0.92, count: 100, right: 70)) == nil)
        #expect(Calibration.threshold(of: "Config_Error", in: mixed, tolerated: 0.05, assurance: 0.95) == nil)
        for wrong in [0, 1, -0.1, Double.nan] { #expect(threshold(mixed, tolerated: wrong) == nil) }
    }

    @Test("a table that cannot have been counted is none")
    func impossible() {
        var table = CalibrationTable().adding("Code_Bug", 0.9, count: 100, right: 100)
        table.categories[0].cells[0].right = 101
        #expect(threshold(table) == nil)
        table.categories[0].cells[0].count = -1
        #expect(threshold(table) == nil && Calibration.record(of: "Code_Bug", in: table).count == 0)
        table.categories[0].cells[0].count = .max
        #expect(threshold(table) == nil)
    }

    @Test("diagnoses that are wrong a little more often than tolerated are believed in fewer than one of twenty runs")
    func assurance() {
        var chance = Chance(seed: 17)
        var believed = 0
        let runs = 600
        for _ in 0..<runs {
            var table = CalibrationTable()
            for _ in 0..<300 {
                let confidence = Double.random(in: 0.5...1, using: &chance)
                let record = CalibrationRecord(
                    category: "Code_Bug", confidence: confidence,
                    wasRight: Double.random(in: 0..<1, using: &chance) >= 0.051)
                table = Calibration.adding(record, to: table)
            }
            if threshold(table) != nil { believed += 1 }
        }
        #expect(believed > 0 && Double(believed) / Double(runs) < 0.05, "\(believed) of \(runs)")
    }
}

@Suite("A record of several parts")
struct CalibrationHistoryTests {
    private func lesson(_ incident: String, _ wasRight: Bool, _ truth: CalibrationLesson.Truth) -> CalibrationLesson {
        let record = CalibrationRecord(category: "Code_Bug", confidence: 0.92, wasRight: wasRight)
        return CalibrationLesson(incident: incident, generation: 1, record: record, truth: truth)
    }

    @Test func `two tables add up, whichever comes first`() {
        let one = Calibration.adding(CalibrationRecord(category: "b", confidence: 0.5, wasRight: true), to: .init())
        var other = Calibration.adding(CalibrationRecord(category: "a", confidence: 0.5, wasRight: false), to: .init())
        other = Calibration.adding(CalibrationRecord(category: "b", confidence: 0.25, wasRight: true), to: other)
        let sum = Calibration.sum(one, other)
        #expect(sum == Calibration.sum(other, one))
        #expect(sum.categories.map(\.category) == ["a", "b"])
        #expect(Calibration.record(of: "b", in: sum).count == 2)
    }

    @Test func `of several lessons about one diagnosis a person's counts, and else the last`() {
        let lessons = [
            lesson("1", true, .verification), lesson("2", false, .person), lesson("2", true, .verification),
            lesson("3", true, .verification), lesson("3", false, .verification), lesson("1", true, .person),
        ]
        let record = Calibration.record(of: "Code_Bug", in: Calibration.table(prior: .init(), lessons: lessons))
        #expect(record.count == 3 && record.right == 1)
        let turned = Calibration.table(prior: .init(), lessons: Array(lessons[3...] + lessons[..<3]))
        #expect(Calibration.record(of: "Code_Bug", in: turned) == record)
    }
}
