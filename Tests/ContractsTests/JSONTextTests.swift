import Testing

@testable import Contracts

@Suite struct JSONTextTests {
    private func again(_ text: String) throws -> String {
        String(decoding: try JSONText.unpack(JSONText.pack(Array(text.utf8))), as: UTF8.self)
    }
    private func fault(_ text: String) -> String {
        do {
            _ = try JSONText.pack(Array(text.utf8))
            return "read"
        } catch { return "\(error)" }
    }

    @Test(
        "JSON goes through the packed form and comes back",
        arguments: [
            "null", "true", "false", "0", "-1", "18446744073709551615", "-9223372036854775808", "1.5", "-0.25", "[]",
            "{}",
            "\"\"", "\"naïve 🫖\"", "[1,[2,[3]],{\"a\":null}]", "{\"b\":1,\"a\":[true,\"x\"]}", "\"\\\"\\\\\"",
            "\"\\u0000\\u001f\"",
        ])
    func unchanged(_ text: String) throws { #expect(try again(text) == text) }

    @Test("spaces, escapes and other spellings are read")
    func spellings() throws {
        #expect(try again(" \t\r\n[ 1 , 2 ] ") == "[1,2]")
        #expect(try again("\"\\/\\n\\u00e9\"") == "\"/\\u000aé\"")
        #expect(try again("1e3") == "1000.0")
        #expect(try again("1E-2") == "0.01")
        #expect(try again("3.0") == "3.0")
        #expect(try Packed.decode(Int.self, from: JSONText.pack(Array("3.0".utf8))) == 3)
    }

    @Test("a character beyond the first plane is a pair of surrogates, and half a pair is none")
    func surrogates() throws {
        #expect(try again("\"\\ud83e\\uded6\"") == "\"🫖\"")
        #expect(fault("\"\\ud83e\"").hasPrefix("JSON: expected the second half of a surrogate pair"))
        #expect(fault("\"\\ud83ex\"").hasPrefix("JSON: expected the second half of a surrogate pair"))
        #expect(fault("\"\\ud83e\\u0041\"").hasPrefix("JSON: expected the second half of a surrogate pair"))
        #expect(fault("\"\\uded6\"").hasPrefix("JSON: expected a Unicode scalar"))
    }

    @Test(
        "what is wrong is named with its place",
        arguments: [
            ("", "a value at byte 0"), ("[1", "a comma or a closing bracket at byte 2"), ("[1,]", "a value at byte 3"),
            ("{\"a\" 1}", "a colon at byte 5"), ("{a:1}", "a key in quotes at byte 1"),
            ("{\"a\":1", "a comma or a closing brace at byte 6"), ("1 2", "the end at byte 2"),
            ("tru", "true at byte 0"),
            ("01", "a value at byte 0"), ("-", "a value at byte 0"), ("+1", "a value at byte 0"),
            ("\"a", "a closing quote at byte 2"),
            ("\"\\x\"", "an escape at byte 3"), ("\"\\u12g4\"", "four hexadecimal digits at byte 3"),
            ("\"\\u+123\"", "four hexadecimal digits at byte 3"),
            ("\"\u{1}\"", "an escape instead of a control character at byte 2"),
            ("1.", "a value at byte 0"), (".5", "a value at byte 0"), ("1.e5", "a value at byte 0"),
            ("1-2", "the end at byte 1"),
            ("--1", "a value at byte 0"), ("0x10", "the end at byte 1"),
        ])
    func faults(_ text: String, _ expected: String) { #expect(fault(text) == "JSON: expected \(expected)") }

    @Test("depth is bounded")
    func depth() {
        #expect(fault(String(repeating: "[", count: 100_000)).contains("at most 64 levels"))
        #expect(fault(String(repeating: "[", count: 60) + String(repeating: "]", count: 60)) == "read")
    }

    @Test("bytes travel as base64, and come back as bytes")
    func bytes() throws {
        struct Box: Codable, Equatable { var bytes: [UInt8] }
        for count in 0...5 {
            let box = Box(bytes: (0..<count).map { UInt8($0 * 50) })
            let text = try JSONText.unpack(Packed.encode(box))
            #expect(try Packed.decode(Box.self, from: JSONText.pack(text)) == box)
        }
        #expect(Base64.encode(Array("foobar".utf8)) == Array("Zm9vYmFy".utf8))
        #expect(Base64.encode(Array("fo".utf8)) == Array("Zm8=".utf8))
        for bad in ["Zg", "Zg=", "====", "Z===", "Zm9v!mFy", "=m9v"] {
            #expect(Base64.decode(Array(bad.utf8)) == nil, "\(bad)")
        }
    }

    @Test("numbers that JSON cannot say become null, and texts that are not UTF-8 are refused")
    func unsayable() throws {
        #expect(try JSONText.unpack(Packed.encode([Double.nan, .infinity])) == Array("[null,null]".utf8))
        #expect(throws: (any Error).self) { try JSONText.pack([0x22, 0xFF, 0x22]) }
    }
}
