import Contracts
import Testing

@testable import Senses

@Suite struct FindingBookTests {
    private let hold: Int64 = 3_000_000_000

    @Test("a finding is told when it begins, gets worse and ends, and at no other time")
    func episode() {
        var book = FindingBook()
        var told: [Finding] = []
        for second in Int64(0)..<20 {
            let severity: FindingSeverity = second < 4 ? .notice : second == 4 ? .critical : .warning
            if second < 10 {
                book.assert(finding(severity: severity, began: noon + second), hold: hold, now: at(noon + second))
            }
            book.tick(now: at(noon + second))
            told += book.takeNews()
        }
        #expect(told.map(\.severity) == [.notice, .critical, .critical])
        #expect(told.map(\.isLasting) == [true, true, false])
        #expect(Set(told.map(\.id)).count == 1 && told.allSatisfy { $0.began == at(noon) })
        #expect(told.last?.ended == at(noon + 12) && book.current.isEmpty)
    }

    private func finding(
        severity: FindingSeverity = .warning, subject: String = "availability", began: Int64 = noon
    ) -> Finding {
        SensesTests.finding(.failing, severity, subject: subject, began: began)
    }

    @Test("the next episode has another name, though it may seem to have begun at the same time")
    func episodes() {
        var book = FindingBook()
        var ids: [String] = []
        for turn in Int64(0)..<50 {
            book.assert(finding(), hold: 0, now: at(noon + 10) + turn * 100_000)
            book.tick(now: at(noon + 10) + turn * 100_000)
            ids += book.takeNews().filter(\.isLasting).map(\.id)
        }
        #expect(ids.count == 50 && Set(ids).count == 50)
        #expect(book.ended.allSatisfy { ($0.ended ?? 0) >= $0.began })
    }

    @Test("beyond the bounds findings are counted once, however often they are said, and find room when there is some")
    func bounds() {
        var book = FindingBook()
        for _ in 0..<10 {
            for number in 0..<50 { book.assert(finding(subject: "s\(number)"), hold: hold, now: at(noon)) }
        }
        #expect(book.current.count == 20 && book.leftOut == 30)
        book.end("failing/orders/s0", now: at(noon))
        book.assert(finding(subject: "s49"), hold: hold, now: at(noon))
        #expect(book.current("failing/orders/s49") != nil)
        for number in 0..<2_000 {
            book.assert(SensesTests.finding(node: "n\(number)"), hold: hold, now: at(noon))
            book.assert(SensesTests.finding(node: "m", subject: "\(number)"), hold: 0, now: at(noon))
            book.tick(now: at(noon))
        }
        #expect(book.current.count <= 500 && book.ended.count <= 500)
    }

    @Test("a text has an end")
    func texts() {
        var book = FindingBook()
        let endless = String(repeating: "e\u{301}", count: 100_000)
        book.assert(SensesTests.finding(text: endless), hold: hold, now: at(noon))
        #expect((book.current.first?.text.utf8.count ?? .max) < 1_010)
    }

    @Test("a replica that takes over tells what it alone knows, or knows to be worse, and nothing twice")
    func restored() {
        var active = FindingBook()
        var standby = FindingBook()
        for subject in ["both", "worse", "only there"] {
            active.assert(finding(subject: subject, began: noon), hold: hold, now: at(noon))
        }
        for subject in ["both", "only here"] {
            standby.assert(finding(subject: subject, began: noon + 1), hold: hold, now: at(noon + 1))
        }
        standby.assert(finding(severity: .critical, subject: "worse", began: noon + 1), hold: hold, now: at(noon + 1))
        _ = standby.takeNews()
        let told = active.takeNews()
        standby.restore(told, now: at(noon + 2), hold: 30_000_000_000)
        let news = standby.takeNews()
        #expect(news.map(\.subject).sorted() == ["only here", "worse"])
        #expect(news.first { $0.subject == "worse" }?.began == at(noon))
        #expect(standby.current.count == 4)
        #expect(standby.current("failing/orders/both")?.id == told.first { $0.subject == "both" }?.id)
        standby.tick(now: at(noon + 40))
        let ended = standby.takeNews()
        #expect(ended.count == 4 && ended.allSatisfy { !$0.isLasting })
        #expect(Set(ended.map(\.id)).isSuperset(of: Set(told.map(\.id))))
    }

    @Test("what was told once and lasts does not end because another replica takes over")
    func givenUp() {
        var book = FindingBook()
        let lasting = SensesTests.finding(.givenUp, .critical, subject: "restarts")
        book.restore([lasting], now: at(noon), hold: 30_000_000_000)
        book.tick(now: at(noon + 100))
        #expect(book.current.count == 1)
    }

    @Test("a clock that is set back does not keep a finding for longer")
    func clockSetBack() {
        var book = FindingBook()
        book.assert(finding(), hold: hold, now: at(noon))
        book.tick(now: at(noon - 3_600))
        #expect(book.current.isEmpty && book.ended.first?.ended == at(noon))
    }
}
