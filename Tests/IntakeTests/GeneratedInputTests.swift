import Contracts
import Glibc
import Testing

@testable import Intake

@Suite("Generated alerts") struct GeneratedAlertTests {
    /// Fits what a door promises of an alert.
    private func isSound(_ alert: RaisedAlert) -> Bool {
        let limits = words.limits
        return (1...512).contains(alert.fingerprint.utf8.count) && alert.name.utf8.count <= 256
            && alert.node.utf8.count <= 256 && alert.text.utf8.count <= limits.textBytes
            && alert.labels.allSatisfy {
                $0.name.utf8.count <= limits.nameBytes && $0.value.utf8.count <= limits.valueBytes
            }
            && Set(alert.labels.map(\.name)).count == alert.labels.count
            && (alert.state == .firing || alert.ended != nil)
    }

    @Test("Cut at every byte, a body is refused with a sentence", arguments: goldens.map(\.format))
    func truncated(_ format: String) throws {
        let body = bytes(try #require(goldens.first { $0.format == format }).body)
        #expect(try read(format, body).get().allSatisfy(isSound))
        // What is blank at the end is no part of it.
        let end = (body.lastIndex { $0 != 0x0A && $0 != 0x20 } ?? 0)
        for length in 0...end {
            guard case .failure(let refusal) = read(format, Array(body[..<length])) else {
                Issue.record("\(format) cut at \(length) was taken")
                continue
            }
            #expect((400..<500).contains(refusal.status) && !refusal.text.isEmpty)
        }
    }

    @Test("Fields that nobody knows are passed over, at every depth", arguments: goldens.map(\.format))
    func unknown(_ format: String) throws {
        let text = try #require(goldens.first { $0.format == format }).body
        let more = text.replacing("{", with: #"{"unknown":{"deep":[1,null,{"x":true}]},"#)
        #expect(try read(format, bytes(more)).get().count == read(format, bytes(text)).get().count)
    }

    @Test("Damaged ones are taken or refused, and nothing ends the process", arguments: goldens.map(\.format))
    func generated(_ format: String) throws {
        let count = getenv("KINTSUGI_GENERATED_INPUTS").flatMap { Int(String(cString: $0)) } ?? 2_000
        let good = bytes(try #require(goldens.first { $0.format == format }).body)
        let pieces = [
            "\"", "{", "}", "[", "]", ":", ",", "null", "{{ .Alerts }}", "\\u0000", "\\ud800", "1e999", "-0", "true",
            "\u{0}",
            "\"startsAt\":\"9999-99-99T99:99:99Z\",", "\"labels\":{},", "\"4\"", "\"2200-12-31T23:59:59+23:59\"",
            "\"\"", "𝄞",
        ]
        var chance = Chance(seed: 7)
        var (taken, refused) = (0, 0)
        for _ in 0..<count {
            var body = good
            for _ in 0..<Int.random(in: 1...4, using: &chance) {
                let place = Int.random(in: 0...body.count, using: &chance)
                let end = min(body.count, place + Int.random(in: 0...20, using: &chance))
                switch Int.random(in: 0..<4, using: &chance) {
                case 0: body.removeSubrange(place..<end)
                case 1: body.insert(contentsOf: bytes(pieces.randomElement(using: &chance) ?? ""), at: place)
                case 2: body.insert(contentsOf: body[place..<end], at: place)
                default: if place < body.count { body[place] = UInt8.random(in: 0...255, using: &chance) }
                }
            }
            switch read(format, body) {
            case .success(let alerts):
                taken += 1
                #expect(alerts.allSatisfy(isSound), "\(String(decoding: body, as: UTF8.self))")
            case .failure(let refusal):
                refused += 1
                #expect((400..<500).contains(refusal.status))
            }
        }
        #expect(taken > count / 50 && refused > count / 4)
    }

    @Test("Times are read to the nanosecond, and what is none is none")
    func times() {
        #expect(Instant.read("2030-01-31T12:00:00Z") == now)
        #expect(Instant.read("2030-01-31T13:00:00.5+01:00") == now + second / 2)
        #expect(Instant.read("2030-01-31t11:30:00.000000001-00:30") == now + 1)
        for text in [
            "", "2030-01-31", "2030-02-30T00:00:00Z", "2030-01-31T24:00:00Z", "2030-01-31T12:00:00",
            "1969-12-31T00:00:00Z",
            "2030-01-31T12:00:00.Z", "2030-01-31T12:00:00+1:00", "2201-01-01T00:00:00Z", "２０３０-01-31T12:00:00Z",
        ] {
            #expect(Instant.read(text) == nil, "\(text)")
        }
    }

    @Test("A text is cut between letters, with a mark")
    func cutting() {
        #expect("abc".cut(3) == "abc")
        let cut = String(repeating: "é", count: 100).cut(50)
        #expect(cut.utf8.count <= 50 && cut.hasSuffix("(cut)") && cut.hasPrefix("éé"))
    }
}

/// Numbers that look like chance and are the same in every run.
struct Chance: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
