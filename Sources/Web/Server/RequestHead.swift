import CMicroHTTPD

/// The headers of a request that mean something here.
struct RequestHead {
    var key: [UInt8]?
    var contentType: [UInt8]?
    var contentEncoding: [UInt8]?
    var contentLength: Int?
    var isChunked = false
    var traceparent: [UInt8]?
    var idempotencyKey: [UInt8]?
    var lastEventID: [UInt8]?
    var cookies: [UInt8]?
    var ifNoneMatch: [UInt8]?
    /// Headers of alerts' formats, with names in small letters: `ce-…` and `x-kintsugi-…`.
    var others: [(name: String, value: [UInt8])] = []
    var acceptsGzip = false
    var expectsContinue = false
    /// What is wrong with the headers themselves.
    var faults: [Fault] = []
    var hasTwoKeys = false
    /// Where the body ends can be read in two ways, or in none.
    var isAmbiguous = false

    init() {}

    /// The headers of a connection's request.
    init(_ connection: OpaquePointer) {
        withUnsafeMutablePointer(to: &self) { head in
            web_headers(connection, RequestHead.collect, head)
        }
    }

    var hasBody: Bool { isChunked || (contentLength ?? 0) > 0 }

    /// Whether the body is JSON in UTF-8, as all JSON is.
    var isJSON: Bool {
        guard let contentType else { return false }
        let parts = contentType.split(separator: UInt8(ascii: ";")).map(Self.trimmed)
        guard let type = parts.first, Self.equal(type, "application/json") else { return false }
        return parts.dropFirst().allSatisfy { part in
            !part.starts(with: "charset".utf8) || Self.equal(part, "charset=utf-8")
                || Self.equal(part, "charset=\"utf-8\"")
        }
    }

    /// Whether the body is of one of these kinds, whatever its parameters.
    func isOf(_ kinds: [String]) -> Bool {
        guard let type = contentType?.split(separator: UInt8(ascii: ";")).first.map(Self.trimmed) else { return false }
        return kinds.contains { String(decoding: type, as: UTF8.self).lowercased() == $0 }
    }

    private static let collect: MHD_KeyValueIteratorN = { context, _, name, nameLength, value, valueLength in
        guard let context, let name else { return web_yes() }
        let head = context.assumingMemoryBound(to: RequestHead.self)
        let value = UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : valueLength)
        head.pointee.take(UnsafeRawBufferPointer(start: name, count: nameLength), value)
        return web_yes()
    }

    /// Most headers are none of ours; their lengths tell most of them apart.
    mutating func take(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        switch name.count {
        case 6 where Self.equal(name, "expect"): expectsContinue = true
        case 6 where Self.equal(name, "cookie"): Self.keep(&cookies, &faults, value, "cookie")
        case 9 where Self.equal(name, "x-api-key"):
            hasTwoKeys = key != nil
            Self.keep(&key, &faults, value, "x-api-key")
        case 11 where Self.equal(name, "traceparent"):
            // By the standard two of them are as good as none.
            traceparent = traceparent == nil ? Array(value) : []
        case 12 where Self.equal(name, "content-type"): Self.keep(&contentType, &faults, value, "content-type")
        case 13 where Self.equal(name, "if-none-match"): ifNoneMatch = Array(value)
        case 13 where Self.equal(name, "last-event-id"): Self.keep(&lastEventID, &faults, value, "last-event-id")
        case 14 where Self.equal(name, "content-length"): takeLength(value)
        case 15 where Self.equal(name, "accept-encoding"): acceptsGzip = acceptsGzip || Self.accepts(gzip: value)
        case 15 where Self.equal(name, "idempotency-key"): Self.keep(&idempotencyKey, &faults, value, "idempotency-key")
        case 16 where Self.equal(name, "content-encoding"):
            Self.keep(&contentEncoding, &faults, value, "content-encoding")
        case 17 where Self.equal(name, "transfer-encoding"): takeCoding(value)
        default: keepOther(name, value)
        }
    }

    private static let mostOthers = 64
    private static let mostOtherBytes = 4_096

    /// Nobody else's headers are kept.
    private mutating func keepOther(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        guard name.count > 3, name.count <= 64,
            name[0] | 0x20 == UInt8(ascii: "c") || name[0] | 0x20 == UInt8(ascii: "x")
        else { return }
        let known = String(decoding: name, as: UTF8.self).lowercased()
        guard known.hasPrefix("ce-") || known.hasPrefix("x-kintsugi-") else { return }
        guard others.count < Self.mostOthers, value.count <= Self.mostOtherBytes else {
            faults.append(
                Fault(
                    field: known,
                    detail:
                        "expected \(Self.mostOthers) such headers of \(Self.mostOtherBytes) bytes at most, found more"))
            return
        }
        if others.contains(where: { $0.name == known }) {
            faults.append(Fault(field: known, detail: "expected this header once, found it again"))
        }
        others.append((known, Array(value)))
    }

    private static func keep(
        _ place: inout [UInt8]?, _ faults: inout [Fault], _ value: UnsafeRawBufferPointer, _ name: String
    ) {
        if place != nil { faults.append(Fault(field: name, detail: "expected this header once, found it again")) }
        place = Array(value)
    }

    private mutating func takeLength(_ value: UnsafeRawBufferPointer) {
        let length = Int(String(decoding: value, as: UTF8.self))
        if contentLength != nil || isChunked {
            isAmbiguous = true
            faults.append(Fault(field: "content-length", detail: "expected one length of the body, found two"))
        }
        contentLength = length
    }

    private mutating func takeCoding(_ value: UnsafeRawBufferPointer) {
        if contentLength != nil || isChunked || !Self.equal(value, "chunked") {
            isAmbiguous = true
            faults.append(
                Fault(
                    field: "transfer-encoding",
                    detail: "expected chunked alone, found \(shown(String(decoding: value, as: UTF8.self))) or a length"
                ))
        }
        isChunked = true
    }

    private static func accepts(gzip value: UnsafeRawBufferPointer) -> Bool {
        value.split(separator: UInt8(ascii: ",")).contains { part in
            let pieces = part.split(separator: UInt8(ascii: ";")).map { trimmed($0) }
            guard let coding = pieces.first, equal(coding, "gzip") || equal(coding, "*") else { return false }
            return !pieces.dropFirst().contains { piece in
                equal(piece, "q=0") || equal(piece, "q=0.0") || equal(piece, "q=0.00") || equal(piece, "q=0.000")
            }
        }
    }

    private static func trimmed<Bytes: BidirectionalCollection<UInt8>>(_ bytes: Bytes) -> [UInt8] {
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        return Array(Array(bytes.drop(while: isBlank)).reversed().drop(while: isBlank).reversed())
    }

    /// In either case; `lowercase` must be so.
    private static func equal(_ bytes: some Collection<UInt8>, _ lowercase: StaticString) -> Bool {
        guard bytes.count == lowercase.utf8CodeUnitCount else { return false }
        var at = 0
        for byte in bytes {
            guard (byte &- 0x41 < 26 ? byte | 0x20 : byte) == lowercase.utf8Start[at] else { return false }
            at += 1
        }
        return true
    }
}
