/// A value of an attribute, or the body of a log record.
public indirect enum AnyValue: Sendable, Equatable {
    case none
    case text(String)
    case flag(Bool)
    case whole(Int64)
    case number(Double)
    case list([AnyValue])
    case map([Attribute])
    case bytes([UInt8])
}

/// One key with its value.
public struct Attribute: Sendable, Equatable {
    public var key: String
    public var value: AnyValue

    /// A key with its value.
    public init(_ key: String, _ value: AnyValue) {
        self.key = key
        self.value = value
    }
}

/// The library that made the parts.
public struct Scope: Sendable, Equatable {
    public var name: String
    public var version: String
    public var attributes: [Attribute]

    /// A library by its name and version.
    public init(name: String = "", version: String = "", attributes: [Attribute] = []) {
        self.name = name
        self.version = version
        self.attributes = attributes
    }
}

/// The parts (spans, metrics or log records) of one scope of one resource.
public struct Group<Part: Sendable & Equatable>: Sendable, Equatable {
    public var resource: [Attribute]
    public var scope: Scope
    public var parts: [Part]
    /// Attributes of the resource and the scope beyond our limits.
    public var dropped = 0

    /// Parts with the process and the library they come from.
    public init(resource: [Attribute], scope: Scope = Scope(), parts: [Part]) {
        self.resource = resource
        self.scope = scope
        self.parts = parts
    }
}

/// What was kept of a request, and how much was not.
public struct Intake<Part: Sendable & Equatable>: Sendable, Equatable {
    public var groups: [Group<Part>] = []
    public var faults = Faults()
}

/// The sixteen bytes that name a trace.
public struct TraceIdentity: Sendable, Hashable {
    public var high: UInt64
    public var low: UInt64

    /// The two halves, the first bytes first.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}
