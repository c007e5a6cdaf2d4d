import Contracts
import Insight
import Testing

@testable import Senses

@Suite struct LogBookTests {
    private func kinds(_ book: LogBook) -> [String] { book.kinds.keys.sorted().map(\.template) }

    @Test("lines that differ in their variables are one kind, counted together")
    func templates() {
        var book = LogBook()
        for number in 0..<100 { book.take(line("order \(number) was confirmed", at: noon), now: at(noon)) }
        #expect(book.count == 1 && book.lines == 100)
        #expect(book.kinds.values.first?.lines == 100)
    }

    @Test("what turns out to vary goes on under another name: nothing is counted twice, and no kind is new")
    func renamed() {
        var book = LogBook()
        let names = ["amber", "birch", "cedar", "dune", "elm", "fern", "grove", "heath"]
        for (turn, name) in names.enumerated() {
            book.take(line("could not reach the peer \(name) for now", at: noon + Int64(turn)), now: at(noon + 10))
        }
        #expect(book.count == 1 && book.kinds.values.first?.lines == 8)
        let messages = book.messages(from: noon - 100, onset: noon - 50, until: noon + 60) { _ in true }
        #expect(messages.map(\.after) == [8 * 60 / 110.0])
    }

    @Test("a line of ten megabytes is a line: it is counted, and takes no more memory than another")
    func longLine() {
        var book = LogBook()
        let text = String(repeating: "0123456789 abc", count: 750_000)
        let example = LogExample(at: at(noon), node: "orders", level: "info", text: text, trace: nil)
        book.take(line(text, at: noon, examples: [example]), now: at(noon))
        let marks = "e" + String(repeating: "\u{301}", count: 1_000_000)
        book.take(line(marks, at: noon, isTemplate: true, examples: [example]), now: at(noon))
        #expect(book.lines == 2 && book.count == 2)
        #expect(book.kinds.keys.allSatisfy { $0.template.utf8.count <= 256 })
        #expect(book.kinds.values.allSatisfy { $0.examples.allSatisfy { $0.text.utf8.count < 300 } })
        #expect(book.losses.cutLines == 1)
    }

    @Test("a flood of kinds pushes out itself; what is known stays, and no memory grows")
    func flood() {
        var limits = LogBook.Limits()
        limits.kinds = 200
        var book = LogBook(limits: limits)
        for turn in 0..<5 {
            for kind in 0..<50 {
                book.take(line("known \(kind)", at: noon + Int64(turn), isTemplate: true), now: at(noon))
            }
        }
        for number in 0..<20_000 {
            book.take(
                line("garbage \(number)", at: noon + 10, node: "node \(number)", isTemplate: true), now: at(noon + 10))
        }
        let left = kinds(book)
        #expect((0..<50).allSatisfy { left.contains("known \($0)") })
        #expect(book.count <= 200 && book.began.count <= 200)
        #expect(book.count + book.losses.forgotten == 20_050)
    }

    @Test("a book of a few kinds only still has a bound")
    func tiny() {
        var limits = LogBook.Limits()
        limits.kinds = 5
        var book = LogBook(limits: limits)
        for number in 0..<1_000 { book.take(line("kind \(number)", at: noon, isTemplate: true), now: at(noon)) }
        #expect(book.count <= 5)
    }

    @Test("lines of 1970 and of 2100 are counted as lost, and begin nothing")
    func wrongClocks() {
        var book = LogBook()
        for second in [0, -1, 4_102_444_800, noon + 100, noon - 5_000] {
            book.take(line("hello", at: second, count: 2), now: at(noon))
        }
        #expect(book.losses.late == 6 && book.losses.refused == 4)
        #expect(book.count == 0 && book.began.isEmpty && book.lines == 10)
    }

    @Test("a level that nobody knows is taken for info")
    func levels() {
        var book = LogBook()
        book.take(line("hello", at: noon, level: String(repeating: "x", count: 10_000)), now: at(noon))
        #expect(book.kinds.keys.map(\.level) == ["info"])
    }

    @Test("kinds that are remembered from the disk are not new, whether they came before or come after")
    func remembered() {
        var book = LogBook()
        let key = LogBook.Key(node: "orders", level: "error", template: "disk is full")
        book.take(line("disk is full", at: noon, level: "error", isTemplate: true), now: at(noon))
        book.remember(key, firstSeen: at(noon - 5_000))
        #expect(book.kinds[key]?.isKnown == true && book.kinds[key]?.firstSeen == at(noon - 5_000))
        #expect(book.kinds[key]?.lines == 3)
        #expect(book.began["orders"] == at(noon - 5_000))
    }

    @Test("counts are kept for an hour in places of ten seconds, whatever order they come in")
    func tally() {
        var tally = Tally(places: 360)
        for second in [noon + 100, noon, noon + 50, noon + 100] {
            let isKept = tally.add(2, at: second)
            #expect(isKept)
        }
        #expect(tally.count(from: noon, until: noon + 110) == 8)
        #expect(tally.count(from: noon + 50, until: noon + 100) == 2)
        #expect(tally.latest(3, until: noon + 110) == [0, 0, 4])
        let isOld = tally.add(1, at: noon - 3_600)
        #expect(!isOld)
        _ = tally.add(1, at: noon + 20_000)
        #expect(tally.count(from: noon, until: noon + 1_000) == 0)
        #expect(tally.count(from: 0, until: noon + 30_000) == 1)
        let isNegative = tally.add(1, at: -50)
        #expect(!isNegative)
    }
}
