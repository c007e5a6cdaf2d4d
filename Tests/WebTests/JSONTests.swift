import Contracts
import Glibc
import Testing

@testable import Web

private func tokens(_ text: String) -> Int? { tokens(Array(text.utf8)) }
private func tokens(_ bytes: [UInt8]) -> Int? {
    bytes.withUnsafeBufferPointer { try? JSONScanner.scan($0).count }
}
private func amount(_ text: String, places: Int) -> Result<Int64, Decimal.Refusal> {
    Array(text.utf8).withUnsafeBufferPointer { bytes in
        Result { () throws(Decimal.Refusal) in try Decimal.read(bytes, places: places) }
    }
}

@Suite("JSON") struct JSONTests {
    @Test(
        "what is JSON is scanned",
        arguments: [
            "{}", "[]", "0", "-0", "1.5e-3", "\"\"", "true", "null", " [ 1 , 2 ] ", #"{"a":{"b":[1,"x",null]}}"#,
            #""\u00e9\ud83d\ude00\/""#, "\"é😀\"",
        ])
    func scanned(text: String) { #expect(tokens(text) != nil) }

    @Test(
        "what is not JSON is refused",
        arguments: [
            "", " ", "{", "[1,]", "{\"a\":1,}", "{a:1}", "01", "1.", ".5", "+1", "1e", "tru", "nul", "\"", "\"\u{1}\"",
            #""\x""#, #""\u12""#, #""\ud800""#, #""\udc00\ud800""#, #""\ud800\u0041""#, "1 2", "{} {}", "'a'", "NaN",
            "[1 2]", "{\"a\" 1}", "{\"a\":}", "//", "-", "\u{feff}{}",
        ])
    func refused(text: String) { #expect(tokens(text) == nil) }

    @Test(
        "bytes that are not UTF-8 are refused",
        arguments: [[0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82], [0x80], [0xFF]]
            as [[UInt8]])
    func notUTF8(bytes: [UInt8]) { #expect(tokens([0x22] + bytes + [0x22]) == nil) }

    @Test("nesting is bounded, so that no text can exhaust the stack")
    func depth() {
        let most = JSONScanner.mostLevels
        #expect(tokens(String(repeating: "[", count: most) + String(repeating: "]", count: most)) == most)
        #expect(tokens(String(repeating: "[", count: most + 1) + String(repeating: "]", count: most + 1)) == nil)
        #expect(tokens(String(repeating: "[", count: 1_000_000)) == nil)
    }

    @Test(
        "numbers become whole counts of their smallest unit, exactly",
        arguments: [
            ("0", 0, 0), ("-0.0", 0, 0), ("1.0", 0, 1), ("1e0", 0, 1), ("12e2", 0, 1_200), ("1200e-2", 0, 12),
            ("0.1", 2, 10), ("19.99", 2, 1_999), ("-19.9", 2, -1_990), ("1e-2", 2, 1), ("100e-4", 2, 1),
            ("0.10000000000000000000000", 2, 10), ("92233720368547758.07", 2, Int64.max),
            ("9223372036854775807", 0, Int64.max), ("0e999999999999999999999", 2, 0),
            ("1000000000000000000000e-19", 2, 10_000),
        ] as [(String, Int, Int64)])
    func numbers(text: String, places: Int, value: Int64) { #expect(amount(text, places: places) == .success(value)) }

    @Test(
        "what has no such count is told apart",
        arguments: [
            ("0.001", 2, .tooFine), ("1.5", 0, .tooFine), ("1e-1", 0, .tooFine),
            ("0.35000000000000003", 2, .tooFine), ("0.00000000000000000000000001", 2, .tooFine),
            ("9223372036854775808", 0, .tooLarge), ("1e19", 0, .tooLarge), ("1e400", 0, .tooLarge),
            ("123456789012345678901234567890", 2, .tooLarge), ("1e99999999999999999999", 2, .tooLarge),
            ("", 0, .noNumber), ("-", 0, .noNumber), ("1.", 0, .noNumber), ("01", 0, .noNumber), ("1e", 0, .noNumber),
            (" 1", 0, .noNumber), ("0x1", 0, .noNumber),
        ] as [(String, Int, Decimal.Refusal)])
    func refusedNumbers(text: String, places: Int, why: Decimal.Refusal) {
        #expect(amount(text, places: places) == .failure(why))
    }

    @Test("Generated: an amount that is written is read again, in whatever form")
    func generatedAmounts() {
        var chance = Chance(seed: 11)
        for _ in 0..<generatedInputs {
            let value = Int64.random(in: -1_000_000_000_000...1_000_000_000_000, using: &chance)
            var writer = JSONWriter()
            writer.money(value)
            let text = String(decoding: writer.bytes, as: UTF8.self)
            #expect(amount(text, places: 2) == .success(value), "\(text)")
            let power = Int.random(in: 0...6, using: &chance)
            let shifted = "\(value)\(String(repeating: "0", count: power))e-\(power + 2)"
            #expect(amount(shifted, places: 2) == .success(value), "\(shifted)")
        }
    }

    @Test("Generated: no bytes bring the scanner down, and what it passes has tokens that end inside")
    func generatedBytes() {
        var chance = Chance(seed: 12)
        let letters = Array("{}[]\",:0123456789.eE+-tfn\\u dD8é".utf8)
        for _ in 0..<generatedInputs {
            let bytes = (0..<Int.random(in: 0...40, using: &chance)).map { _ in
                letters.randomElement(using: &chance) ?? 0
            }
            bytes.withUnsafeBufferPointer { buffer in
                guard let tokens = try? JSONScanner.scan(buffer) else { return }
                #expect(tokens.first?.next == Int32(tokens.count))
                #expect(tokens.allSatisfy { $0.start <= $0.end && Int($0.end) <= bytes.count })
            }
        }
    }

    @Test("Generated: text that is written is read again")
    func generatedTexts() {
        var chance = Chance(seed: 13)
        for _ in 0..<generatedInputs {
            var text = ""
            for _ in 0..<Int.random(in: 0...20, using: &chance) {
                let code =
                    chance.next() % 3 == 0
                    ? UInt32.random(in: 1...0x10FFFF, using: &chance) : UInt32.random(in: 1...0x7F, using: &chance)
                if let scalar = Unicode.Scalar(code) { text.unicodeScalars.append(scalar) }
            }
            let read = JSONReading.read(JSONWriter.bytes(of: text), as: TextShape(length: 0...20, pattern: .any))
            #expect(read == .success(text))
        }
    }

    @Test("escapes mean what they should")
    func escapes() {
        let read = JSONReading.read(
            Array(#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00""#.utf8), as: TextShape(length: 0...20, pattern: .any))
        #expect(read == .success("\"\\/\u{8}\u{C}\n\r\té😀"))
    }
}

/// As many as `KINTSUGI_GENERATED_INPUTS` says, for the long runs.
let generatedInputs = getenv("KINTSUGI_GENERATED_INPUTS").flatMap { Int(String(cString: $0)) } ?? 2_000
