import Contracts
import Signals
import Testing

@testable import Web

private enum Colour: String, CaseIterable {
    case red, green
}

private struct Parcel: Equatable {
    struct Item: Hashable {
        let sku: String
        let count: Int
    }
    let id: UUID
    let items: [Item]
    let price: Int64
    let note: String?
    let limit: Int

    private static let item = ObjectShape("Item") {
        Item(sku: $0.required("sku", .text(1...8, .word)), count: $0.required("count", .integer(1...9)))
    }
    static let shape = ObjectShape("Parcel") { parcel in
        Parcel(
            id: parcel.required("id", .uuid), items: parcel.required("items", .uniqueList(of: item, 1...3)),
            price: parcel.required("price", .money(upTo: 100_00)), note: parcel.optional("note", .text(0...3)),
            limit: parcel.value("limit", .integer(1...100), otherwise: 20))
    }
}

private let identifier = UUID(high: 1, low: 2)

private func faults<S: Shape>(_ text: String, _ shape: S) -> [Fault] {
    switch JSONReading.read(Array(text.utf8), as: shape) {
    case .success: []
    case .failure(let faults): faults.list
    }
}
private func fields(_ text: String) -> [String] { faults(text, Parcel.shape).map(\.field) }

private func read<S: ScalarShape>(_ text: String, _ shape: S) -> S.Value? {
    Array(text.utf8).withUnsafeBufferPointer { shape.parse($0) }
}

@Suite("Shapes") struct ShapeTests {
    @Test("an object is read whatever the order of its members")
    func order() {
        let parcel = Parcel(id: identifier, items: [.init(sku: "a", count: 2)], price: 1_950, note: "hi", limit: 20)
        let texts = [
            #"{"id":"\#(identifier)","items":[{"sku":"a","count":2}],"price":19.5,"note":"hi"}"#,
            #" { "note" : "hi", "price":1950e-2, "items":[ {"count":2.0,"sku":"\u0061"} ] ,"\u0069d":"\#(identifier)" } "#,
        ]
        for text in texts { #expect(JSONReading.read(Array(text.utf8), as: Parcel.shape) == .success(parcel)) }
    }

    @Test("all faults are found at once, each with its place")
    func allFaults() {
        let text =
            #"{"id":"x","items":[{"sku":"a b","count":0},{"sku":"a"},7],"price":1.999,"note":null,"limit":"9","a/b~":1}"#
        #expect(
            fields(text) == [
                "/id", "/items/0/sku", "/items/0/count", "/items/1/count", "/items/2", "/price", "/note", "/limit",
                "/a~1b~0",
            ])
        let first = faults(text, Parcel.shape).first?.detail
        #expect(first == #"expected a UUID such as 0190a0e8-7c1b-7d3e-9f00-5b1f2c3d4e5f, found "x""#)
    }

    @Test("a member that is there twice is refused, even with the same value")
    func duplicates() {
        let text = #"{"id":"\#(identifier)","items":[{"sku":"a","count":1,"count":1}],"price":1,"price":1}"#
        #expect(fields(text) == ["/items/0/count", "/price"])
    }

    @Test("a list is bounded, and where it shall be so, without repetition")
    func lists() {
        func parcel(_ items: String) -> String { #"{"id":"\#(identifier)","price":1,"items":[\#(items)]}"# }
        let (a, b) = (#"{"sku":"a","count":1}"#, #"{"count":1.0,"sku":"a"}"#)
        #expect(fields(parcel("")) == ["/items"])
        #expect(fields(parcel("\(a),\(a),\(a),\(a)")) == ["/items"])
        #expect(fields(parcel("\(a),\(b)")) == ["/items/1"])
        #expect(fields(parcel(a)) == [])
    }

    @Test("what is wrong from top to bottom fills no answer")
    func boundedFaults() {
        let shape = ListShape(element: IntegerShape(range: 1...2), count: 0...100_000, repeated: nil)
        let text = "[" + String(repeating: "9,", count: 9_999) + "9]"
        #expect(faults(text, shape).count == JSONReading.mostFaults)
        let strangers = "{" + (0..<1_000).map { "\"m\($0)\":1" }.joined(separator: ",") + "}"
        #expect(faults(strangers, Parcel.shape).count == JSONReading.mostFaults)
    }

    @Test("exactly one of several members")
    func oneOf() {
        let shape = ObjectShape<Int>("Restock", members: 1...1) {
            ($0.optional("quantity", .integer(0...9)) ?? 0) + ($0.optional("add", .integer(1...9)) ?? 0)
        }
        #expect(faults(#"{"add":1}"#, shape).isEmpty)
        #expect(faults(#"{}"#, shape).map(\.detail) == ["expected exactly 1 of quantity, add, found 0 members"])
        #expect(faults(#"{"add":1,"quantity":2}"#, shape).count == 1)
    }

    @Test("length is counted in Unicode scalars, as JSON Schema does")
    func lengths() {
        let shape = TextShape(length: 1...2, pattern: .any)
        #expect(read("😀é", shape) == "😀é")
        #expect(read("e\u{301}x", shape) == nil)
        #expect(read("", shape) == nil)
        #expect(read("a\u{0}", shape) == nil)
    }

    @Test(
        "e-mail addresses",
        arguments: [
            ("a@b", true), ("a.b+c@example.org", true), ("a@b.c.d", true), ("@b", false), ("a@", false),
            ("a@b.", false),
            ("a b@c", false), ("a@b@c", false), ("é@b.c", false), ("a@b_c", false), ("a", false),
        ])
    func emails(text: String, isOne: Bool) { #expect((read(text, EmailShape()) != nil) == isOne) }

    @Test(
        "web addresses",
        arguments: [
            ("https://example.org/a.png", true), ("http://a", true), ("http://a:80/x?y#z", true), ("http://", false),
            ("ftp://a", false), ("http://[::1]/", false), ("http://a:/x", false), ("http://a b", false),
            ("javascript:alert(1)", false), ("http://a:123456", false),
        ])
    func addresses(text: String, isOne: Bool) {
        #expect((read(text, TextShape(length: 1...100, pattern: .webAddress)) != nil) == isOne)
    }

    @Test(
        "times with any offset are kept in UTC",
        arguments: [
            ("2026-03-01T09:30:00Z", "2026-03-01T09:30:00.000000Z"),
            ("2026-03-01t09:30:00.25z", "2026-03-01T09:30:00.250000Z"),
            ("2026-03-01T09:30:00+01:30", "2026-03-01T08:00:00.000000Z"),
            ("2024-02-29T23:59:60-00:01", "2024-03-01T00:01:00.000000Z"),
            ("1969-12-31T23:59:59.999999999Z", "1969-12-31T23:59:59.999999Z"),
            ("0000-01-01T00:00:00Z", WallTime(nanoseconds: .min).iso8601),
            ("9999-12-31T23:59:59Z", WallTime(nanoseconds: .max).iso8601),
        ])
    func times(text: String, utc: String) { #expect(read(text, TimeShape())?.iso8601 == utc) }

    @Test(
        "what is no time is refused",
        arguments: [
            "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01", "2026-01-01T00:00:00", "2026-01-01 00:00:00Z",
            "2026-01-01T24:00:00Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+1:00", "26-01-01T00:00:00Z",
            "2026-01-01T00:00:00Zx", "", "1900-02-29T00:00:00Z",
        ])
    func noTimes(text: String) { #expect(read(text, TimeShape()) == nil) }

    @Test("Generated: a moment that is written is read again")
    func generatedTimes() {
        var chance = Chance(seed: 14)
        for _ in 0..<generatedInputs {
            let moment = WallTime(
                nanoseconds: Int64.random(in: Int64.min / 2_000...Int64.max / 2_000, using: &chance) * 1_000)
            #expect(read(moment.iso8601, TimeShape()) == moment)
        }
    }

    @Test("choices and truths are by the letter")
    func choices() {
        #expect(read("red", ChoiceShape<Colour>()) == .red)
        #expect(read("Red", ChoiceShape<Colour>()) == nil)
        #expect(faults("true", BooleanShape()).isEmpty)
        #expect(faults("1", BooleanShape()).count == 1)
        #expect(faults("\"true\"", BooleanShape()).count == 1)
    }

    @Test("a map has names of one shape and values of another")
    func maps() {
        let shape = MapShape(
            names: TextShape(length: 1...3, pattern: .word), element: IntegerShape(range: 0...9), count: 0...2)
        #expect(faults(#"{"a":1,"b":2}"#, shape).isEmpty)
        #expect(faults(#"{"a":1,"a":2}"#, shape).map(\.field) == ["/a"])
        #expect(faults(#"{"a b":1,"c":10}"#, shape).count == 2)
    }

    @Test("the schema says what the reading demands")
    func schema() {
        let text = String(
            decoding: JSONWriter.bytes(of: TextShape(length: 1...5, pattern: .word).schema), as: UTF8.self)
        #expect(text == #"{"type":"string","minLength":1,"maxLength":5,"pattern":"^[A-Za-z0-9._-]*$"}"#)
        let money = String(decoding: JSONWriter.bytes(of: MoneyShape(range: 0...9_999).schema), as: UTF8.self)
        #expect(money == #"{"type":"number","minimum":0,"maximum":99.99,"multipleOf":0.01}"#)
        guard case .named("Parcel", let parcel) = Parcel.shape.schema else {
            Issue.record("an object has a name")
            return
        }
        let object = String(decoding: JSONWriter.bytes(of: parcel), as: UTF8.self)
        #expect(object.contains(#""required":["id","items","price"]"#))
        #expect(object.contains(#""limit":{"type":"integer","minimum":1,"maximum":100,"default":20}"#))
        #expect(object.hasSuffix(#""additionalProperties":false}"#))
    }
}
