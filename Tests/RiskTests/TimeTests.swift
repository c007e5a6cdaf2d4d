import FoundationEssentials
import Testing

@testable import Contracts
@testable import Risk

/// A file of the tz database with these changes, and this last line.
private func file(_ changes: [(at: Int64, offset: Int32)], first: Int32 = 0, rule: String) -> [UInt8] {
    func big(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
    func header(_ times: Int, _ types: Int) -> [UInt8] {
        Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15)
            + [0, 0, 0, times, types, 4].flatMap { big(UInt32($0)) }
    }
    func type(_ offset: Int32) -> [UInt8] { big(offset) + [0, 0] }
    let old = header(0, 1) + type(0) + Array("UTC\0".utf8)
    var bytes = old + header(changes.count, changes.count + 1)
    bytes += changes.flatMap { big($0.at) }
    bytes += changes.indices.map { UInt8($0 + 1) }
    bytes += type(first) + changes.flatMap { type($0.offset) } + Array("UTC\0".utf8)
    return bytes + Array("\n\(rule)\n".utf8)
}

private let berlin = "CET-1CEST,M3.5.0,M10.5.0/3"
private let database = "/usr/share/zoneinfo"

private func civil(_ year: Int, _ month: Int, _ day: Int, _ hour: Int, _ minute: Int = 0) throws -> CivilTime {
    try #require(CivilTime(year: year, month: month, day: day, second: hour * 3_600 + minute * 60))
}

@Suite("Time") struct TimeTests {
    @Test("dates come and go: every day of eight centuries is the one after the day before")
    func dates() throws {
        var last = CivilTime(seconds: -11_676_096_000)
        #expect(last == CivilTime(year: 1600, month: 1, day: 1) && last.weekday == 5)
        for day in 1..<292_194 {
            let next = CivilTime(seconds: -11_676_096_000 + Int64(day) * 86_400 + 86_399)
            #expect(next.weekday == (last.weekday + 1) % 7 && next.second == 86_399)
            let isNextDay = next.year == last.year && next.month == last.month && next.day == last.day + 1
            let isFirst = next.day == 1 && last.day == CivilTime.length(of: last.month, in: last.year)
            #expect(isNextDay || isFirst)
            #expect(next.seconds == -11_676_096_000 + Int64(day) * 86_400 + 86_399)
            last = next
        }
        #expect(last.year == 2399 && last.month == 12 && last.day == 31)
        #expect(CivilTime(year: 2100, month: 2, day: 29) == nil && CivilTime(year: 2000, month: 2, day: 29) != nil)
        #expect(CivilTime(year: 2030, month: 13, day: 1) == nil && CivilTime(year: 2030, month: 4, day: 31) == nil)
    }

    @Test("a zone follows its changes, and then its rule")
    func zone() throws {
        let zone = try Zone(name: "B", bytes: file([(100, 3_600), (200, 7_200)], first: 60, rule: berlin))
        #expect([-1, 0, 99].map { zone.offset(at: $0) } == [60, 60, 60])
        #expect([100, 199].map { zone.offset(at: $0) } == [3_600, 3_600])
        // The last change is of 1970, in January: winter.
        #expect(zone.offset(at: 200) == 3_600)
        let spring = try civil(2030, 3, 31, 1).seconds
        #expect(zone.offset(at: spring - 1) == 3_600 && zone.offset(at: spring) == 7_200)
        let autumn = try civil(2030, 10, 27, 1).seconds
        #expect(zone.offset(at: autumn - 1) == 7_200 && zone.offset(at: autumn) == 3_600)
        let still = try Zone(name: "S", bytes: file([(100, 3_600)], rule: ""))
        #expect(still.offset(at: .max / 4) == 3_600)
    }

    @Test(
        "rules of the last line are read as POSIX writes them",
        arguments: [
            ("<+0530>-5:30", 2030, 7, 19_800, 19_800), ("EST5EDT,M3.2.0,M11.1.0", 2030, 7, -18_000, -14_400),
            ("AEST-10AEDT,M10.1.0,M4.1.0/3", 2030, 1, 36_000, 39_600),
            ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 2030, 7, -7_200, -3_600),
            ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 2030, 1, 37_800, 39_600),
            ("AAA3BBB,J60/0,J300/0", 2032, 7, -10_800, -7_200), ("AAA3BBB,59/0,300/0", 2032, 7, -10_800, -7_200),
        ])
    func rules(text: String, year: Int, month: Int, standard: Int, summer: Int) throws {
        let zone = try Zone(name: "Z", bytes: file([], rule: text))
        let other = month == 7 ? 1 : 7
        #expect(zone.offset(at: try civil(year, month, 15, 12).seconds) == summer)
        #expect(zone.offset(at: try civil(year, other, 15, 12).seconds) == standard)
    }

    @Test("a day of a year is counted with or without the leap day")
    func days() throws {
        // The 60th day without leap days is the first of March; the 60th from 0 is so only in other years.
        let julian = try Zone(name: "J", bytes: file([], rule: "AAA0BBB,J60/0,J300/0"))
        let ordinal = try Zone(name: "N", bytes: file([], rule: "AAA0BBB,59/0,300/0"))
        for (year, first) in [(2031, 1), (2032, 1)] {
            let start = try civil(year, 3, first, 0).seconds
            #expect(julian.offset(at: start - 1) == 0 && julian.offset(at: start) == 3_600)
        }
        #expect(ordinal.offset(at: try civil(2031, 3, 1, 0).seconds) == 3_600)
        #expect(ordinal.offset(at: try civil(2031, 2, 28, 23).seconds) == 0)
        #expect(ordinal.offset(at: try civil(2032, 2, 29, 0).seconds) == 3_600)
    }

    @Test("a time that clocks show twice has two instants, one that they leave out is that without the change")
    func instants() throws {
        let zone = try Zone(name: "B", bytes: file([], rule: berlin))
        let twice = zone.instants(of: try civil(2030, 10, 27, 2, 30))
        #expect(twice.last - twice.first == 3_600)
        #expect(zone.local(twice.first) == zone.local(twice.last))
        let never = zone.instants(of: try civil(2030, 3, 31, 2, 30))
        #expect(never.first == never.last)
        #expect(zone.local(never.first) == (try civil(2030, 3, 31, 3, 30)))
        let once = zone.instants(of: try civil(2030, 6, 12, 14))
        #expect(once.first == noon / 1_000_000_000 && once.last == once.first)
    }

    @Test(
        "what is no zone is refused",
        arguments: [
            "", "nonsense", "CET", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-25", "C-1", "CET-1CEST,M13.5.0,M10.5.0",
            "CET-1CEST,M3.5.0,M10.5.0/3x", "<CET-1", "CET-1CEST,J0,J3", "CET-1:60",
        ])
    func faults(rule: String) {
        guard !rule.isEmpty else {
            #expect(throws: Never.self) { try Zone(name: "Z", bytes: file([], rule: rule)) }
            return
        }
        #expect(throws: Zone.Fault.self) { try Zone(name: "Z", bytes: file([], rule: rule)) }
    }

    @Test("bytes of chance are read or refused, and end nothing")
    func generated() {
        let good = file([(100, 3_600), (200, 7_200)], rule: berlin)
        var chance = Chance(seed: 3)
        var (refused, read) = (0, 0)
        for _ in 0..<20_000 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...4, using: &chance) where !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count, using: &chance)
                switch Int.random(in: 0..<3, using: &chance) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &chance)
                case 1: bytes.removeSubrange(place...)
                default: bytes.insert(255, at: place)
                }
            }
            if let zone = try? Zone(name: "Z", bytes: bytes) {
                read += 1
                for instant in [Int64(-1_000_000_000_000), 0, 150, 4_000_000_000, 100_000_000_000] {
                    #expect(abs(zone.offset(at: instant)) <= 200_000)
                }
            } else {
                refused += 1
            }
        }
        #expect(refused > 1_000 && read > 100)
        for count in 0..<good.count {
            #expect(throws: Zone.Fault.self) { try Zone(name: "Z", bytes: Array(good[..<count])) }
        }
    }

    @Test(
        "the zones of this host are read, and show what they are known to show",
        .enabled(
            if: FileManager.default.fileExists(atPath: "\(database)/Europe/Berlin"), "no tz database on this host"),
        arguments: [
            // Some of history, some by rule; each known from elsewhere.
            ("Europe/Berlin", 0, 3_600), ("Europe/Berlin", 1_907_496_000, 7_200),
            ("Asia/Kolkata", 1_907_496_000, 19_800),
            ("America/New_York", 1_907_496_000, -14_400), ("Australia/Lord_Howe", 1_907_496_000, 37_800),
            ("Asia/Tokyo", 1_907_496_000, 32_400), ("Europe/London", 0, 3_600), ("Asia/Kathmandu", 0, 19_800),
            ("Asia/Kathmandu", 1_907_496_000, 20_700),
        ])
    func host(name: String, instant: Int64, offset: Int) throws {
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: "\(database)/\(name)")))
        #expect(try Zone(name: name, bytes: bytes).offset(at: instant) == offset)
    }
}

@Suite("The rules of time") struct TimeRulesTests {
    private func sample(_ hour: Int, _ minute: Int = 0, day: Int = 12, month: Int = 6) throws -> Sample {
        let zone = try Zone(name: "Europe/Berlin", bytes: file([], rule: berlin))
        var sample = Sample()
        sample.proposal.circumstances.now = Figures.nanoseconds(try civil(2030, month, day, hour, minute).seconds)
        sample.policy.windows = [
            Policy.Window([.restart], zone: zone, days: [0, 1, 2, 3, 4], from: 9 * 60, until: 17 * 60)
        ]
        return sample
    }

    @Test("a window opens and closes by its zone's clocks, in summer and in winter")
    func window() throws {
        // In June Berlin is two hours ahead, in January one.
        for (month, day, ahead) in [(6, 12, 2), (1, 9, 1)] {
            #expect(try sample(9 - ahead - 1, 59, day: day, month: month).reason("window")?.outcome == .approve)
            #expect(try sample(9 - ahead, 0, day: day, month: month).reason("window")?.outcome == .auto)
            #expect(try sample(16 - ahead, 59, day: day, month: month).reason("window")?.outcome == .auto)
            #expect(try sample(17 - ahead, 0, day: day, month: month).reason("window")?.outcome == .approve)
        }
        #expect(try sample(12, 0, day: 15).reason("window")?.outcome == .approve, "a Saturday")
        let other = try sample(3).changed { $0.proposal.plan.steps = [Sample.step(.scale)] }
        #expect(other.reason("window")?.outcome == .auto, "no window is about it")
    }

    @Test("a closed window says when it opens: over the weekend, and over the change of the clocks")
    func opening() throws {
        let friday = try sample(20, 0, day: 29, month: 3)
        // On the Sunday between, the clocks went forward.
        #expect(friday.reason("window")?.until == Figures.nanoseconds(try civil(2030, 4, 1, 7).seconds))
        #expect(friday.verdict.autoFrom == friday.reason("window")?.until)
        var never = friday
        never.policy.windows[0].days = []
        #expect(never.reason("window")?.until == nil && never.verdict.autoFrom == nil)
    }

    @Test("an hour that clocks leave out opens no window, one that they show twice opens it twice as long")
    func change() throws {
        func open(_ month: Int, _ day: Int) throws -> Int {
            let start = try civil(2030, month, day, 0).seconds - 7_200
            var sample = try sample(0)
            sample.policy.windows[0].days = [6]
            (sample.policy.windows[0].from, sample.policy.windows[0].until) = (120, 180)
            return (0..<(28 * 60)).count { minute in
                let window = sample.policy.windows[0]
                return window.isOpen(window.zone.local(start + Int64(minute) * 60))
            }
        }
        #expect(try open(3, 31) == 0)
        #expect(try open(10, 27) == 120)
        #expect(try open(6, 16) == 60)
    }

    @Test("a window over midnight belongs to the day on which it begins")
    func midnight() throws {
        var sample = try sample(0)
        sample.policy.windows[0].zone = .utc
        sample.policy.windows[0].days = [4]
        (sample.policy.windows[0].from, sample.policy.windows[0].until) = (22 * 60, 2 * 60)
        // The 14th is a Friday.
        for (day, hour, isOpen) in [(14, 1, false), (14, 22, true), (15, 1, true), (15, 2, false), (15, 22, false)] {
            sample.proposal.circumstances.now = Figures.nanoseconds(try civil(2030, 6, day, hour).seconds)
            #expect((sample.reason("window")?.outcome == .auto) == isOpen)
        }
    }

    @Test("a freeze lasts from its first to its last instant, by its zone's clocks")
    func freeze() throws {
        let zone = try Zone(name: "Europe/Berlin", bytes: file([], rule: berlin))
        var sample = Sample()
        sample.policy.freezes = [
            Policy.Freeze(
                "autumn", [.restart], zone: zone, from: try civil(2030, 10, 26, 18),
                until: try civil(2030, 10, 27, 2, 30), outcome: .deny)
        ]
        let begin = try civil(2030, 10, 26, 16).seconds
        // Half past two comes twice; the freeze lasts until the second one.
        let end = try civil(2030, 10, 27, 1, 30).seconds
        for (instant, outcome) in [
            (begin - 1, VerdictOutcome.auto), (begin, .deny), (end - 3_600, .deny), (end - 1, .deny), (end, .auto),
        ] {
            sample.proposal.circumstances.now = Figures.nanoseconds(instant)
            #expect(sample.reason("freeze")?.outcome == outcome)
        }
        sample.proposal.circumstances.now = Figures.nanoseconds(begin)
        #expect(sample.reason("freeze")?.until == Figures.nanoseconds(end))
        #expect(sample.verdict.autoFrom == Figures.nanoseconds(end))
        sample.proposal.plan.steps = [Sample.step(.scale)]
        #expect(sample.reason("freeze")?.outcome == .auto)
    }

    @Test("what time alone stands against goes alone from then on, and not a nanosecond earlier")
    func autoFrom() {
        var sample = Sample()
        sample.proposal.circumstances.past = (0..<8).map {
            PastAction(
                incident: "I-2", action: .restart, target: "orders", at: noon - .seconds(100 + $0 * 60), capacity: 0.25)
        }
        let from = sample.verdict.autoFrom
        #expect(from == noon - .seconds(100 + 7 * 60) + .seconds(3_600))
        for (now, outcome) in [((from ?? 0) - 1, VerdictOutcome.approve), (from ?? 0, .auto)] {
            sample.proposal.circumstances.now = now
            #expect(sample.verdict.outcome == outcome)
        }
        sample.proposal.plan.confidence = 0.5
        #expect(sample.verdict.autoFrom == nil)
    }
}
