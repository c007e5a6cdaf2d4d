import Testing

@testable import Contracts

private enum Colour: String, Codable { case red, green }
private enum Shape: Codable, Equatable {
    case circle(radius: Double)
    case point
    case pair(Int, Int)
}
private struct Everything: Codable, Equatable {
    var flag = true
    var small: Int8 = -128
    var large = UInt64.max
    var low = Int64.min
    var real = 0.1
    var short: Float = 1.5
    var text = "naïve 🫖"
    var bytes: [UInt8] = [0, 255]
    var list = [1, -1]
    var texts = ["a": 1, "b": 2]
    var maybe: String?
    var nested = [[true], []]
    var colour = Colour.green
    var shape = Shape.circle(radius: 2)
    var shapes = [Shape.point, .pair(1, 2)]
}
private func bytes(_ hex: String) -> [UInt8] {
    let digits = Array(hex.utf8).map { UInt8(String(UnicodeScalar($0)), radix: 16) ?? 0 }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

@Suite struct PackedTests {
    @Test("values come back as they went")
    func roundTrips() throws {
        var value = Everything()
        #expect(try Packed.decode(Everything.self, from: Packed.encode(value)) == value)
        value.maybe = "there"
        value.list = Array(-300...70_000)
        #expect(try Packed.decode(Everything.self, from: Packed.encode(value)) == value)
        #expect(try Packed.decode([Int]?.self, from: Packed.encode([Int]?.none)) == nil)
        #expect(try Packed.decode(Shape.self, from: Packed.encode(Shape.point)) == .point)
    }

    @Test(
        "whole numbers are written as RFC 8949 has them",
        arguments: [
            (0, "00"), (1, "01"), (10, "0a"), (23, "17"), (24, "1818"), (25, "1819"), (100, "1864"), (1_000, "1903e8"),
            (1_000_000, "1a000f4240"), (1_000_000_000_000, "1b000000e8d4a51000"), (-1, "20"), (-10, "29"),
            (-100, "3863"),
            (-1_000, "3903e7"), (Int64.min, "3b7fffffffffffffff"),
        ] as [(Int64, String)])
    func wholeNumbers(_ number: Int64, _ hex: String) throws {
        #expect(try Packed.encode(number) == bytes(hex))
        #expect(try Packed.decode(Int64.self, from: bytes(hex)) == number)
    }

    @Test("the largest number needs its sign bit")
    func largest() throws {
        #expect(try Packed.encode(UInt64.max) == bytes("1bffffffffffffffff"))
        #expect(throws: PackedError.self) { try Packed.decode(Int64.self, from: bytes("1bffffffffffffffff")) }
        #expect(throws: PackedError.self) { try Packed.decode(Int64.self, from: bytes("3bffffffffffffffff")) }
        #expect(throws: PackedError.self) { try Packed.decode(UInt8.self, from: bytes("20")) }
        #expect(throws: PackedError.self) { try Packed.decode(Int8.self, from: bytes("1880")) }
    }

    @Test(
        "real numbers are read in all three widths, as RFC 8949 has them",
        arguments: [
            ("f90000", 0.0), ("f93c00", 1.0), ("f93e00", 1.5), ("f97bff", 65_504.0), ("fa47c35000", 100_000.0),
            ("fa7f7fffff", 3.4028234663852886e+38), ("fb7e37e43c8800759c", 1.0e+300), ("f90001", 5.960464477539063e-8),
            ("f90400", 6.103515625e-5), ("f9c400", -4.0), ("fbc010666666666666", -4.1), ("f97c00", .infinity),
            ("f9fc00", -.infinity), ("fa7f800000", .infinity), ("fb7ff0000000000000", .infinity), ("1864", 100),
            ("20", -1),
        ])
    func realNumbers(_ hex: String, _ number: Double) throws {
        #expect(try Packed.decode(Double.self, from: bytes(hex)) == number)
    }

    @Test("what is no number is read as none")
    func notANumber() throws {
        for hex in ["f97e00", "fa7fc00000", "fb7ff8000000000000"] {
            #expect(try Packed.decode(Double.self, from: bytes(hex)).isNaN)
        }
        #expect(try Packed.decode(Double.self, from: bytes("f98000")).sign == .minus)
        #expect(try Packed.encode(1.1) == bytes("fb3ff199999999999a"))
        #expect(try Packed.encode(Float(100_000)) == bytes("fa47c35000"))
    }

    @Test("texts, bytes, lists, maps and simple values of RFC 8949 are read")
    func others() throws {
        #expect(try Packed.decode(String.self, from: bytes("60")) == "")
        #expect(try Packed.decode(String.self, from: bytes("6449455446")) == "IETF")
        #expect(try Packed.decode(String.self, from: bytes("62c3bc")) == "ü")
        #expect(try Packed.decode(String.self, from: bytes("64f0908591")) == "\u{10151}")
        #expect(try Packed.decode([UInt8].self, from: bytes("4401020304")) == [1, 2, 3, 4])
        #expect(try Packed.decode([UInt8].self, from: bytes("8401020304")) == [1, 2, 3, 4])
        #expect(try Packed.decode([Int].self, from: bytes("80")) == [])
        #expect(try Packed.decode([String: Int].self, from: bytes("a261610161620a")) == ["a": 1, "b": 10])
        #expect(try Packed.decode(Bool.self, from: bytes("f5")))
        #expect(try !Packed.decode(Bool.self, from: bytes("f4")))
        #expect(try Packed.decode(Int?.self, from: bytes("f6")) == nil)
    }

    @Test("a struct is a map in the order of its properties, byte for byte")
    func canonical() throws {
        struct Order: Codable { var sku = "A-1", count = 2, note: String? }
        #expect(try Packed.encode(Order()) == bytes("b90002" + "63736b75" + "63412d31" + "65636f756e74" + "02"))
        #expect(try Packed.encode([1, 2]) == bytes("9a00000002" + "0102"))
        #expect(try Packed.encode("ü") == bytes("62c3bc"))
        #expect(try Packed.encode([UInt8](arrayLiteral: 1, 2)) == bytes("420102"))
        struct Nothing: Codable {}
        #expect(try Packed.encode(Nothing()) == bytes("b90000") || Packed.encode(Nothing()) == bytes("a0"))
    }

    @Test("a later version may say more, and an earlier one less")
    func evolution() throws {
        struct Old: Codable, Equatable { var name: String }
        struct New: Codable, Equatable { var name: String, colour: String?, deep = [[1]], more = ["a": [true]] }
        #expect(try Packed.decode(Old.self, from: Packed.encode(New(name: "n", colour: "c"))) == Old(name: "n"))
        struct Patient: Codable, Equatable { var name: String, colour: String? }
        #expect(try Packed.decode(Patient.self, from: Packed.encode(Old(name: "n"))).colour == nil)
        #expect(throws: PackedError.missing(key: "deep")) {
            try Packed.decode(New.self, from: Packed.encode(Old(name: "n")))
        }
    }

    @Test("keys come in any order")
    func order() throws {
        struct Pair: Decodable { var a: Int, b: String }
        let pair = try Packed.decode(Pair.self, from: bytes("a2616261786161 07".filter { $0 != " " }))
        #expect(pair.a == 7 && pair.b == "x")
    }

    @Test("arguments of different types travel in one list")
    func arguments() throws {
        var builder = PackedListBuilder()
        try builder.append(7)
        try builder.append("seven")
        try builder.append(Shape.point)
        var list = try PackedList(builder.bytes)
        #expect(list.left == 3)
        #expect(try list.next(Int.self) == 7)
        #expect(try list.next(String.self) == "seven")
        #expect(try list.next(Shape.self) == .point)
        #expect(throws: PackedError.self) { try list.next(Int.self) }
        #expect(throws: PackedError.trailing(1)) { try PackedList(builder.bytes + [0]) }
    }
}

@Suite struct PackedFaultTests {
    @Test("a length that lies is refused before it costs anything")
    func lies() {
        for hex in [
            "5a80000000", "7a80000000", "9a80000000", "ba80000000", "5b7fffffffffffffff", "9bffffffffffffffff",
            "bbffffffffffffffff", "bb8000000000000001", "7bffffffffffffffff",
        ] {
            #expect(throws: PackedError.self, "\(hex)") { try Packed.decode(String.self, from: bytes(hex)) }
            #expect(throws: PackedError.self, "\(hex)") { try Packed.decode([UInt8].self, from: bytes(hex)) }
            #expect(throws: PackedError.self, "\(hex)") { try Packed.decode([Int].self, from: bytes(hex)) }
            #expect(throws: PackedError.self, "\(hex)") { try Packed.decode([String: Int].self, from: bytes(hex)) }
            #expect(throws: PackedError.self, "\(hex)") { try JSONText.unpack(bytes(hex)) }
        }
    }

    @Test("a value that ends too early is refused at every length")
    func truncated() throws {
        let whole = try Packed.encode(Everything())
        for length in 0..<whole.count {
            #expect(throws: PackedError.self) { try Packed.decode(Everything.self, from: Array(whole[..<length])) }
        }
        #expect(throws: PackedError.trailing(1)) { try Packed.decode(Everything.self, from: whole + [0]) }
    }

    @Test("forms outside the subset are named with their place")
    func unsupported() {
        func fault(_ hex: String) -> PackedError? {
            do {
                _ = try JSONText.unpack(bytes(hex))
                return nil
            } catch { return error as? PackedError }
        }
        #expect(fault("5f42010243030405ff") == .unsupported(0x5F, at: 0))
        #expect(fault("9fff") == .unsupported(0x9F, at: 0))
        #expect(fault("c11a514b67b0") == .unsupported(0xC1, at: 0))
        #expect(fault("f7") == .unsupported(0xF7, at: 0))
        #expect(fault("82f5f0") == .unsupported(0xF0, at: 2))
        #expect(fault("ff") == .unsupported(0xFF, at: 0))
    }

    @Test("depth is bounded, and up to the bound it is read")
    func depth() throws {
        func nested(_ levels: Int) -> [UInt8] { Array(repeating: 0x81, count: levels) + [0] }
        #expect(try JSONText.unpack(nested(Packed.depthLimit)).count == 2 * Packed.depthLimit + 1)
        #expect(throws: PackedError.tooDeep) { try JSONText.unpack(nested(Packed.depthLimit + 1)) }
        #expect(throws: PackedError.tooDeep) { try Packed.decode(Nest.self, from: nested(100_000)) }
    }
    private struct Nest: Decodable {
        init(from decoder: any Decoder) throws {
            var list = try decoder.unkeyedContainer()
            _ = try list.decode(Nest.self)
        }
    }

    @Test("a value of another type says what was expected and what was found")
    func mismatches() {
        func text<Value: Decodable>(_ type: Value.Type, _ hex: String) -> String {
            do {
                _ = try Packed.decode(type, from: bytes(hex))
                return "read"
            } catch { return "\(error)" }
        }
        #expect(text(Int.self, "6161") == "expected a whole number, found text")
        #expect(text(String.self, "01") == "expected text, found a whole number")
        #expect(text(Bool.self, "f6") == "expected true or false, found null")
        #expect(text([Int].self, "a0") == "expected a list, found a map")
        #expect(text([String: Int].self, "80") == "expected a map, found a list")
        #expect(text([UInt8].self, "a0") == "expected bytes, found a map")
        #expect(text(Double.self, "f5") == "expected a number, found true or false")
        #expect(text(String.self, "61ff").contains("not UTF-8"))
        #expect(text([String: Int].self, "a10101") == "expected text as a key, found a whole number")
    }
}
