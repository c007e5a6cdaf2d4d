/// Where a parameter stands.
enum ParameterPlace: String, Sendable {
    case path, query, header
}

/// What a route asks for in its path and its query: the code that reads it, and by running it once, its description.
public struct Parameters<Value: Sendable>: Sendable {
    let described: [DescribedParameter]
    let standIn: Value
    private let build: @Sendable (inout ParameterReader) -> Value

    /// Several parameters, made into one value. The code must ask for the same ones every time, and do nothing else.
    public init(_ build: @escaping @Sendable (inout ParameterReader) -> Value) {
        var describing = ParameterReader()
        standIn = build(&describing)
        described = describing.described
        self.build = build
    }

    /// One parameter in the path.
    public static func path<S: ScalarShape>(_ name: StaticString, _ shape: S, _ about: String = "") -> Parameters
    where S.Value == Value {
        Parameters { $0.path(name, shape, about) }
    }

    /// What a request has, or all that is wrong with it.
    func read(_ request: Request, _ names: [String]) -> (value: Value, faults: [Fault]) {
        var reader = ParameterReader(request, names)
        let value = build(&reader)
        return (value, reader.finish())
    }
}

extension Parameters where Value == Void {
    /// A route that asks for nothing; it refuses every query.
    static var none: Parameters { Parameters { _ in } }
}

struct DescribedParameter: Sendable {
    let name: String
    let place: ParameterPlace
    let schema: Schema
    let isRequired: Bool
    let about: String
}

/// Hands out the parameters of one request by their names.
public struct ParameterReader {
    private struct Pair {
        let name: [UInt8]
        let value: [UInt8]
        var isKnown = false
    }

    /// nil while the route learns what is asked for.
    private let request: Request?
    private let names: [String]
    private var pairs: [Pair] = []
    private var faults: [Fault] = []
    private var asked: [StaticString] = []
    fileprivate var described: [DescribedParameter] = []

    fileprivate init() {
        request = nil
        names = []
    }

    fileprivate init(_ request: Request, _ names: [String]) {
        self.request = request
        self.names = names
        for part in request.query.split(separator: UInt8(ascii: "&")) {
            let equals = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
            guard let name = Percent.decode(part[..<equals], plusIsSpace: true),
                let value = Percent.decode(part[equals...].dropFirst(), plusIsSpace: true)
            else {
                faults.append(
                    Fault(field: "", detail: "expected percent-encoded UTF-8 in the query, found something else"))
                continue
            }
            pairs.append(Pair(name: name, value: value))
        }
    }

    /// A part of the path, named as the route's pattern names it.
    public mutating func path<S: ScalarShape>(_ name: StaticString, _ shape: S, _ about: String = "") -> S.Value {
        guard let request else { return describe(name, .path, shape, required: true, about) }
        guard let index = names.firstIndex(of: name.description), index < request.captures.count else {
            preconditionFailure("a route is made with a path that has all that it asks for, \(name) is not there")
        }
        return parse(request.captures[index], shape, name)
    }

    /// A parameter of the query that must be there.
    public mutating func query<S: ScalarShape>(_ name: StaticString, _ shape: S, _ about: String = "") -> S.Value {
        guard request != nil else { return describe(name, .query, shape, required: true, about) }
        guard let value = find(name) else {
            faults.append(Fault(field: name.description, detail: "expected \(shape.expected), found nothing"))
            return shape.standIn
        }
        return parse(value, shape, name)
    }

    /// A parameter of the query that may be left out.
    public mutating func optionalQuery<S: ScalarShape>(
        _ name: StaticString, _ shape: S, _ about: String = ""
    ) -> S.Value? {
        guard request != nil else {
            _ = describe(name, .query, shape, required: false, about)
            return nil
        }
        return find(name).map { parse($0, shape, name) }
    }

    /// A parameter of the query with a value for where it is left out.
    public mutating func query<S: ScalarShape>(
        _ name: StaticString, _ shape: S, otherwise: S.Value, _ about: String = ""
    ) -> S.Value where S.Value: JSONWritable {
        guard request != nil else {
            let standard = Schema.literal(String(decoding: JSONWriter.bytes(of: otherwise), as: UTF8.self))
            let schema = shape.schema.adding([Schema.Member("default", standard)])
            described.append(
                DescribedParameter(
                    name: name.description, place: .query, schema: schema, isRequired: false, about: about))
            return otherwise
        }
        return find(name).map { parse($0, shape, name) } ?? otherwise
    }

    // MARK: - Inside

    private mutating func describe<S: ScalarShape>(
        _ name: StaticString, _ place: ParameterPlace, _ shape: S, required: Bool, _ about: String
    ) -> S.Value {
        described.append(
            DescribedParameter(
                name: name.description, place: place, schema: shape.schema, isRequired: required, about: about))
        return shape.standIn
    }

    private mutating func find(_ name: StaticString) -> [UInt8]? {
        asked.append(name)
        let letters = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        var found: [UInt8]?
        for index in pairs.indices where pairs[index].name.elementsEqual(letters) {
            pairs[index].isKnown = true
            if found != nil {
                faults.append(Fault(field: name.description, detail: "expected it once, found it again"))
            }
            found = found ?? pairs[index].value
        }
        return found
    }

    private mutating func parse<S: ScalarShape>(_ bytes: [UInt8], _ shape: S, _ name: StaticString) -> S.Value {
        if let value = bytes.withUnsafeBufferPointer({ shape.parse($0) }) { return value }
        let found = shown(String(decoding: bytes, as: UTF8.self))
        faults.append(Fault(field: name.description, detail: "expected \(shape.expected), found \(found)"))
        return shape.standIn
    }

    fileprivate mutating func finish() -> [Fault] {
        for pair in pairs where !pair.isKnown && faults.count < JSONReading.mostFaults {
            let known = asked.isEmpty ? "no query" : "one of " + asked.map(\.description).joined(separator: ", ")
            let name = String(decoding: pair.name.prefix(100), as: UTF8.self)
            faults.append(Fault(field: name, detail: "expected \(known), found \(shown(name))"))
        }
        return faults
    }
}
