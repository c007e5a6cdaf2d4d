/// A list of values of one shape.
public struct ListShape<Element: Shape>: Shape {
    let element: Element
    let count: ClosedRange<Int>
    /// Finds an item that stands in the list before; nil where items may repeat.
    let repeated: (@Sendable ([Element.Value]) -> Int?)?

    public var standIn: [Element.Value] { [] }
    public var schema: Schema {
        Schema.of([
            "type": "array", "items": element.schema, "minItems": .literal("\(count.lowerBound)"),
            "maxItems": .literal("\(count.upperBound)"),
        ]).adding(repeated == nil ? [] : [Schema.Member("uniqueItems", true)])
    }

    public func read(_ place: JSONPlace, _ reading: JSONReading) -> [Element.Value] {
        let token = reading.tokens[place.token]
        guard token.kind == .list else {
            reading.refuse("expected a list, found \(reading.found(token))")
            return []
        }
        guard count.contains(Int(token.count)) else {
            reading.refuse("expected \(count.lowerBound) to \(count.upperBound) items, found \(token.count)")
            return []
        }
        var items: [Element.Value] = []
        items.reserveCapacity(Int(token.count))
        var at = place.token + 1
        for index in 0..<Int(token.count) where !reading.isExhausted {
            items.append(reading.within(.index(index)) { element.read(JSONPlace(token: at), reading) })
            at = Int(reading.tokens[at].next)
        }
        // Stand-ins are alike, and no repetition of the caller's.
        if let repeated, reading.faults.isEmpty, let index = repeated(items) {
            reading.within(.index(index)) { reading.refuse("expected each item once, found it a second time") }
        }
        return items
    }
}

extension Shape {
    /// A list of so many values.
    public static func list<Element>(of element: Element, _ count: ClosedRange<Int>) -> Self
    where Self == ListShape<Element> {
        ListShape(element: element, count: count, repeated: nil)
    }

    /// A list of so many values, none of them twice.
    public static func uniqueList<Element>(of element: Element, _ count: ClosedRange<Int>) -> Self
    where Self == ListShape<Element>, Element.Value: Hashable {
        ListShape(element: element, count: count) { items in
            var seen: Set<Element.Value> = []
            return items.firstIndex { !seen.insert($0).inserted }
        }
    }
}

/// An object whose names are data: each name of one shape, each value of another.
public struct MapShape<Element: Shape>: Shape {
    let names: TextShape
    let element: Element
    let count: ClosedRange<Int>

    public var standIn: [MapEntry<Element.Value>] { [] }
    public var schema: Schema {
        .of([
            "type": "object", "propertyNames": names.schema, "additionalProperties": element.schema,
            "minProperties": .literal("\(count.lowerBound)"), "maxProperties": .literal("\(count.upperBound)"),
        ])
    }

    public func read(_ place: JSONPlace, _ reading: JSONReading) -> [MapEntry<Element.Value>] {
        let token = reading.tokens[place.token]
        guard token.kind == .object, count.contains(Int(token.count)) else {
            let found = token.kind == .object ? "one with \(token.count)" : reading.found(token)
            reading.refuse(
                "expected an object of \(count.lowerBound) to \(count.upperBound) members, found \(found)")
            return []
        }
        var entries: [MapEntry<Element.Value>] = []
        var seen: Set<String> = []
        var at = place.token + 1
        for _ in 0..<Int(token.count) where !reading.isExhausted {
            let name = names.read(JSONPlace(token: at), reading)
            if !seen.insert(name).inserted { reading.refuse(member: name, "expected each name once, found it again") }
            entries.append(MapEntry(name: name, value: element.read(JSONPlace(token: at + 1), reading)))
            at = Int(reading.tokens[at + 1].next)
        }
        return entries
    }
}

/// One member of an object whose names are data.
public struct MapEntry<Value: Sendable>: Sendable {
    public let name: String
    public let value: Value
}

extension Shape {
    /// An object whose names are data.
    public static func map<Element>(_ names: TextShape, to element: Element, _ count: ClosedRange<Int>) -> Self
    where Self == MapShape<Element> {
        MapShape(names: names, element: element, count: count)
    }
}
