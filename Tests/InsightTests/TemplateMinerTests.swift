import Insight
import Testing

@Suite struct TemplateMinerTests {
    /// The groups that lines end in, as numbers in the order of first occurrence.
    private func groups(_ lines: [String]) -> [Int] {
        var miner = TemplateMiner()
        let ids = lines.map { miner.add($0) }
        var seen: [Int] = []
        return ids.map { miner.settled($0) }.map { id in
            if let known = seen.firstIndex(of: id) { return known }
            seen.append(id)
            return seen.count - 1
        }
    }

    @Test(
        "lines that differ in a value alone are of one kind",
        arguments: [
            ("took 12 ms", "took 7.5 s"),
            ("peer 10.0.0.1:80 is gone", "peer fe80::1c:2 is gone"),
            ("link 5c:50:15:36:bc:03 up", "link ab:cd:ef:ab:cd:ef up"),
            ("read /etc/hosts twice", "read /var/lib twice"),
            ("state=open now", "state=closed now"),
            ("mail to a@example.org bounced", "mail to b.c@example.com bounced"),
            ("stored (size 12 B)", "stored (size 3.4 KB)"),
            ("ready: true", "ready: false"),
            ("id 0xdeadbeef", "id 9f8e7d6c"),
            ("values 1, 2, 3", "values 4, 5"),
        ])
    func values(one: String, other: String) {
        #expect(groups([one, other]) == [0, 0])
    }

    @Test("lines that say different things are of different kinds")
    func kinds() {
        #expect(
            groups(["session 1 opened", "session 1 closed", "worker started", "worker stopped"]) == [0, 1, 2, 3])
    }

    @Test("a word becomes a variable when enough lines differ in it alone, and what was several kinds is one")
    func merging() {
        let names = ["ann", "bob", "cid", "dan", "eve", "fay"]
        let lines = names.map { "the parcel of \($0) was weighed" } + ["the oven is cold"]
        #expect(groups(lines) == [0, 0, 0, 0, 0, 0, 1])
        var miner = TemplateMiner()
        for line in lines { miner.add(line) }
        #expect(miner.templates.map(\.text) == ["the parcel of <*> was weighed", "the oven is cold"])
        #expect(miner.templates.map(\.count) == [6, 1])
    }

    @Test("memory is bounded though every line brings new words, and what was forgotten is counted")
    func bounded() {
        var limits = TemplateMiner.Limits()
        limits.templates = 100
        limits.shapes = 128
        var miner = TemplateMiner(limits: limits)
        for number in 0..<20_000 { miner.add("\(word(number)) \(word(number &* 7919 &+ 3)) \(word(number ^ 0x5A5A))") }
        #expect(miner.templates.count <= 100)
        #expect(miner.forgotten > 0)
        #expect(miner.lines == 20_000)
    }

    @Test("a million different names at one place are one kind")
    func million() {
        var miner = TemplateMiner()
        var last = -1
        for number in 0..<1_000_000 { last = miner.add("customer \(word(number)) has left the building") }
        #expect(miner.templates.count == 1)
        #expect(miner.template(last)?.count == 1_000_000)
    }

    @Test(
        "what is no sensible line is read all the same",
        arguments: ["", " ", "\t\n", "\u{0}\u{1}", "((((", "'", "::::"])
    func odd(line: String) {
        var miner = TemplateMiner()
        #expect(miner.add(line) == miner.add(line))
    }

    @Test("a line of 10 MiB costs what its beginning costs, and is counted as cut")
    func long() {
        var miner = TemplateMiner()
        let long = [UInt8](repeating: UInt8(ascii: "a"), count: 10 << 20)
        long.withUnsafeBufferPointer { _ = miner.add(bytes: $0) }
        #expect(miner.cutLines == 1)
        #expect((miner.templates.first?.text.utf8.count ?? .max) <= 9_000)
    }

    @Test("memory is bounded though every line is long and of a kind of its own")
    func boundedBytes() {
        var limits = TemplateMiner.Limits()
        limits.bytes = 1 << 20
        var miner = TemplateMiner(limits: limits)
        for number in 0..<2_000 {
            miner.add((0..<200).map { word(number &* 1_000_003 &+ $0 &* 7_919) }.joined(separator: " "))
        }
        #expect(miner.forgotten > 0)
        #expect(miner.templates.reduce(0) { $0 + $1.text.utf8.count } < 1 << 20)
    }

    @Test("the same lines get the same ids in every process")
    func deterministic() {
        var miner = TemplateMiner()
        var digest: UInt64 = 0
        for number in 0..<5_000 {
            let id = miner.add("\(word(number % 37)) \(word(number % 11 + 50)) took \(number) of \(word(number % 3))")
            digest = (digest ^ UInt64(id)) &* 0x0000_0100_0000_01B3
        }
        #expect(digest == 13_525_079_789_066_397_093)
        #expect(miner.templates.count == 129)
    }

    @Test("bytes that are no UTF-8 are read without a fault")
    func bytes() {
        var chance = SeededChance(state: 5)
        var miner = TemplateMiner()
        for _ in 0..<5_000 {
            let line = (0..<Int.random(in: 0...60, using: &chance)).map { _ in UInt8.random(in: 0...255, using: &chance)
            }
            line.withUnsafeBufferPointer { _ = miner.add(bytes: $0) }
        }
        #expect(miner.lines == 5_000)
        #expect(miner.templates.reduce(0) { $0 + $1.count } <= 5_000)
    }

    /// A word of letters alone for each number.
    private func word(_ number: Int) -> String {
        var rest = UInt(bitPattern: number)
        var letters: [UInt8] = [UInt8(ascii: "q")]
        repeat {
            letters.append(UInt8(ascii: "a") + UInt8(rest % 26))
            rest /= 26
        } while rest > 0
        return String(decoding: letters, as: UTF8.self)
    }
}

/// SplitMix64: the same inputs in every run and on every machine.
struct SeededChance: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// About normal, with mean 0 and deviation 1.
    mutating func normal() -> Double {
        (0..<12).reduce(-6.0) { sum, _ in sum + Double.random(in: 0..<1, using: &self) }
    }
}
