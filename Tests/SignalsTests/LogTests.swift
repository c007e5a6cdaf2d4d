import FoundationEssentials
import Glibc
import Testing

@testable import Signals

/// The value of a field, as text whatever its type.
private struct Shown: Decodable, Equatable, ExpressibleByStringLiteral {
    let text: String

    init(stringLiteral text: String) { self.text = text }

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        text = try (try? value.decode(String.self)) ?? String(value.decode(Int.self))
    }
}

private struct Line: Decodable, Equatable {
    let time: String
    let level: String
    let role: String
    let slot: Int?
    let incarnation: UInt64?
    let pid: Int32
    let message: String
    let fields: [String: Shown]?
    let fieldsLeftOut: Int?

    enum CodingKeys: String, CodingKey {
        case time, level, role, slot, incarnation, pid, message, fields
        case fieldsLeftOut = "fields_left_out"
    }
}

private let echo = Identity(role: "echo", slot: 1, incarnation: 7, pid: 42)
private let moment = WallTime(nanoseconds: 1_772_357_400_000_250_999)

private func decoded(_ bytes: [UInt8]) throws -> Line {
    try JSONDecoder().decode(Line.self, from: Data(bytes))
}

/// What `body` makes a log write, line by line.
private func written(_ body: (Log) -> Void) throws -> [Line] {
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    body(Log(descriptor: ends[1]))
    close(ends[1])
    defer { close(ends[0]) }
    var bytes = [UInt8](repeating: 0, count: 65_536)
    var all: [UInt8] = []
    while case let count = read(ends[0], &bytes, bytes.count), count > 0 { all += bytes[..<count] }
    return try all.split(separator: UInt8(ascii: "\n")).map { try decoded(Array($0)) }
}

@Suite struct LogTests {
    @Test("a line is one JSON object with time, level, identity, message and typed fields")
    func line() {
        let line = LogLine.encode(
            at: moment, .warning, "slow \"call\"", ["method": "say", "count": 3, "share": 0.5, "late": true],
            identity: echo)
        let text = String(decoding: line, as: UTF8.self)
        #expect(
            text == #"{"time":"2026-03-01T09:30:00.000250Z","level":"warning","role":"echo","slot":1,"#
                + #""incarnation":7,"pid":42,"message":"slow \"call\"","#
                + #""fields":{"method":"say","count":3,"share":0.5,"late":true}}"# + "\n")
    }

    @Test("whatever a text holds, the line stays one line of JSON and says the same")
    func escaping() throws {
        var text = (0..<0x300).compactMap { Unicode.Scalar($0) }.map(String.init).joined()
        text += "\u{2028}\u{2029}\u{FEFF}\u{10FFFF}𝄞\r\n"
        let line = LogLine.encode(at: moment, .info, text, ["k\"\n": .text(text)], identity: echo)
        #expect(line.filter { $0 == UInt8(ascii: "\n") }.count == 1)
        #expect(!line.contains(0x1B))
        let read = try decoded(line)
        #expect(read.message == text && read.fields?["k\"\n"]?.text == text)
    }

    @Test("a line never exceeds 16 KiB and stays JSON when it is cut")
    func bounded() throws {
        let long = String(repeating: "\u{1}é", count: 20_000)
        let line = LogLine.encode(
            at: moment, .error, long,
            ["a": .text(long), "b": .text(long), "c": .text(long), "d": .text(long), "e": .text(long), "f": "short"],
            identity: Identity(role: long, pid: 1))
        #expect(line.count <= LogLine.most)
        let read = try decoded(line)
        #expect(read.message.hasSuffix("…") && read.role.hasSuffix("…"))
        #expect(read.fields?["f"] == "short")
        #expect(read.fieldsLeftOut == 2)
    }

    @Test("numbers that JSON cannot carry become words")
    func infinity() throws {
        let line = LogLine.encode(
            at: moment, .info, "m", ["a": .number(.infinity), "b": .number(.nan)], identity: echo)
        #expect(try decoded(line).fields == ["a": "inf", "b": "nan"])
    }

    @Test("lines below the level are not written, and who speaks is set once")
    func level() throws {
        let lines = try written { log in
            log.identify(role: "echo", slot: 2, incarnation: 9)
            log.debug("no")
            log.info("one")
            log.setLevel(.error)
            log.warning("no")
            log.error("two")
        }
        #expect(lines.map(\.message) == ["one", "two"])
        #expect(lines.allSatisfy { $0.role == "echo" && $0.slot == 2 && $0.incarnation == 9 && $0.pid == getpid() })
    }

    @Test("of a kind one line a minute is written, and the others are counted")
    func limited() throws {
        let lines = try written { log in
            for second in 0..<50 { log.limited("bad frame", .warning, "bad", now: .seconds(second)) }
            log.limited("other", .warning, "other", now: .seconds(50))
            log.limited("bad frame", .warning, "bad again", now: .seconds(60))
            log.limited("bad frame", .warning, "no", now: .seconds(61))
            log.tellLeftOut(now: .seconds(62))
            log.tellLeftOut(now: .seconds(120))
            log.tellLeftOut(now: .seconds(999), all: true)
        }
        let told = "lines of one kind were left out"
        #expect(lines.map(\.message) == ["bad", "other", "bad again", told, told])
        #expect(lines.compactMap { $0.fields?["left_out"]?.text } == ["49", "1"])
    }

    @Test("the limiter counts exactly, and kinds beyond its bound count as one")
    func limiter() {
        var limiter = Limiter(period: .seconds(60))
        #expect(limiter.ask("a", now: .zero) == .pass(leftOut: 0))
        #expect(limiter.ask("a", now: .seconds(59)) == .leaveOut)
        #expect(limiter.ask("a", now: .seconds(60)) == .pass(leftOut: 1))
        #expect(limiter.ask("a", now: .seconds(121)) == .pass(leftOut: 0))
        for kind in 0..<10_000 { _ = limiter.ask("kind \(kind)", now: .seconds(200)) }
        let untold = limiter.untold(now: .seconds(300), all: false)
        #expect(untold.map(\.kind) == [Limiter.otherKinds])
        #expect(untold.map(\.leftOut) == [10_000 - (Limiter.mostKinds - 1) - 1])
        #expect(limiter.untold(now: .seconds(300), all: true).isEmpty)
    }

    @Test("a descriptor that takes nothing costs the line, not the process")
    func lost() {
        let log = Log(descriptor: -1)
        log.info("nobody hears this")
        #expect(log.lostLines == 1)
    }

    @Test(
        "time is written in ISO 8601 with microseconds",
        arguments: [
            (0, "1970-01-01T00:00:00.000000Z"),
            (951_782_399_999_999_999, "2000-02-28T23:59:59.999999Z"),
            (951_782_400_000_000_000, "2000-02-29T00:00:00.000000Z"),
            (4_107_542_400_000_000_000, "2100-03-01T00:00:00.000000Z"),
            (-1, "1969-12-31T23:59:59.999999Z"),
        ])
    func time(nanoseconds: Int64, text: String) {
        #expect(WallTime(nanoseconds: nanoseconds).iso8601 == text)
    }
}
