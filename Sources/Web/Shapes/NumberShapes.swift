/// A whole number; `3.0` and `3e0` are whole as well.
public struct IntegerShape: ScalarShape {
    let range: ClosedRange<Int>

    public static var isText: Bool { false }
    public var standIn: Int { range.lowerBound }
    public var expected: String { "a whole number from \(range.lowerBound) to \(range.upperBound)" }
    public var schema: Schema {
        .of([
            "type": "integer", "minimum": .literal("\(range.lowerBound)"), "maximum": .literal("\(range.upperBound)"),
        ])
    }

    public func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        guard let number = try? Decimal.read(bytes, places: 0), range.contains(Int(number)) else { return nil }
        return Int(number)
    }
}

extension Shape where Self == IntegerShape {
    /// A whole number.
    public static func integer(_ range: ClosedRange<Int>) -> IntegerShape { IntegerShape(range: range) }
}

/// An amount of money: in JSON a number with at most two decimals, here a count of minor units.
public struct MoneyShape: ScalarShape {
    let range: ClosedRange<Int64>

    public static var isText: Bool { false }
    public var standIn: Int64 { range.lowerBound }
    public var expected: String {
        "an amount from \(Self.spelled(range.lowerBound)) to \(Self.spelled(range.upperBound)) with at most two decimals"
    }
    public var schema: Schema {
        .of([
            "type": "number", "minimum": .literal(Self.spelled(range.lowerBound)),
            "maximum": .literal(Self.spelled(range.upperBound)), "multipleOf": .literal("0.01"),
        ])
    }

    public func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
        guard let number = try? Decimal.read(bytes, places: 2), range.contains(number) else { return nil }
        return number
    }

    private static func spelled(_ minor: Int64) -> String {
        var writer = JSONWriter()
        writer.money(minor)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

extension Shape where Self == MoneyShape {
    /// An amount of money, bounded in minor units.
    public static func money(from least: Int64 = 0, upTo most: Int64) -> MoneyShape {
        MoneyShape(range: least...most)
    }
}
