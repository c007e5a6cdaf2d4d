import Contracts
import Insight
import Testing

@testable import Senses

@Suite struct MessageWatchTests {
    private struct World {
        var book = LogBook()
        var watch = MessageWatch()
        var findings = FindingBook()
        var told: [Finding] = []

        mutating func second(_ second: Int64, _ lines: [LogEntry]) {
            for line in lines { book.take(line, now: at(second)) }
            watch.meet(book.takeFresh(), in: book, into: &findings, now: at(second))
            watch.tick(book, endangered: { ["what calls \($0)"] }, into: &findings, now: at(second))
            findings.tick(now: at(second))
            told += findings.takeNews()
        }
    }

    @Test("a new kind of warning is noticed once its service is known, and never in its first minute")
    func newKinds() {
        var world = World()
        for second in noon..<noon + 50 {
            world.second(second, [line("early \(second)", at: second, level: "error", isTemplate: true)])
        }
        #expect(world.told.isEmpty)
        for second in noon + 50..<noon + 100 { world.second(second, [line("hello", at: second)]) }
        world.second(noon + 100, [line("cannot reach the store", at: noon + 100, level: "error")])
        #expect(world.told.map(\.kind) == [.newMessage])
        #expect(world.told.first?.began == at(noon + 100) && world.told.first?.severity == .notice)
        world.second(noon + 101, [line("all is well anew", at: noon + 101, level: "info")])
        #expect(world.told.count == 1)
    }

    @Test("what was known on the disk is not new after a start")
    func known() {
        var world = World()
        world.book.remember(
            LogBook.Key(node: "orders", level: "error", template: "cannot reach the store"), firstSeen: at(noon - 9_000)
        )
        world.second(noon, [line("cannot reach the store", at: noon, level: "error", isTemplate: true)])
        #expect(world.told.isEmpty)
    }

    @Test("errors that come far oftener than usual are a warning that names the chance and what is endangered")
    func rates() {
        var world = World()
        var chance = Chance(1)
        for second in noon..<noon + 1_200 {
            let count = chance.share() < 0.2 ? 1 : 0
            world.second(second, [line("late answer", at: second, level: "error", count: count)])
        }
        #expect(!world.told.contains { $0.kind == .messageRate })
        var noticed: Int64?
        for second in noon + 1_200..<noon + 1_300 {
            world.second(second, [line("late answer", at: second, level: "error", count: 20)])
            if noticed == nil, world.told.contains(where: { $0.kind == .messageRate }) { noticed = second }
        }
        #expect((noticed ?? .max) - noon - 1_200 <= 20)
        let finding = world.told.first { $0.kind == .messageRate }
        #expect(finding?.severity == .warning && finding?.endangers == ["what calls orders"])
        #expect((finding?.probability ?? 0) > 0)
    }

    @Test("a clock that is set back by an hour does not silence the watch")
    func clockSetBack() {
        var world = World()
        for second in noon..<noon + 600 { world.second(second, [line("late", at: second, level: "error")]) }
        for second in noon - 3_000..<noon - 2_700 { world.second(second, [line("late", at: second, level: "error")]) }
        for second in noon - 2_700..<noon - 2_600 {
            world.second(second, [line("late", at: second, level: "error", count: 100)])
        }
        #expect(world.told.contains { $0.kind == .messageRate })
    }
}
