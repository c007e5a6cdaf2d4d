extension Decoder {
    mutating func span(_ whole: consuming WireReader) throws(OTLPRefusal) -> Span? {
        var reader = whole
        var span = Span(trace: TraceIdentity(high: 0, low: 0), identity: 0, name: "", start: 0, end: 0)
        var hasTrace = false
        var badParent = false
        while let field = try reader.field() {
            switch field.number {
            case 1:
                if let trace = Self.trace(try reader.raw(field)) {
                    span.trace = trace
                    hasTrace = true
                }
            case 2: span.identity = Self.span(try reader.raw(field)) ?? 0
            case 3: span.traceState = try reader.text(field)
            case 4: (span.parent, badParent) = Self.parent(try reader.raw(field))
            case 5: span.name = try reader.text(field)
            case 6: span.kind = Span.Kind(rawValue: try reader.unsigned(field)) ?? .unspecified
            case 7: span.start = try reader.fixed64(field)
            case 8: span.end = try reader.fixed64(field)
            case 9: try attribute(&reader, field, into: &span.attributes, dropped: &span.dropped)
            case 10, 12, 14: span.dropped += Int(UInt32(truncatingIfNeeded: try reader.unsigned(field)))
            case 11: try event(try message(&reader, field), into: &span)
            case 13: try link(try message(&reader, field), into: &span)
            case 15: try outcome(try message(&reader, field), into: &span)
            case 16: span.flags = try reader.fixed32(field)
            default: try reader.skip(field)
            }
        }
        if let fault = fault(of: span, hasTrace: hasTrace && !badParent) {
            faults.note(fault)
            return nil
        }
        return span
    }

    /// A root has no parent, which some senders write as zeros.
    private static func parent(_ bytes: UnsafeRawBufferPointer) -> (UInt64, isFaulty: Bool) {
        bytes.isEmpty ? (0, false) : (Self.span(bytes) ?? 0, bytes.count != 8)
    }

    private func fault(of span: Span, hasTrace: Bool) -> Fault? {
        guard hasTrace, span.identity != 0 else { return .identityLength }
        if let fault = limits.fault(of: span.start) { return fault }
        guard span.end >= span.start else { return .endBeforeStart }
        return limits.fault(of: span.end)
    }

    private mutating func event(_ whole: WireReader, into span: inout Span) throws(OTLPRefusal) {
        var reader = whole
        guard span.events.count < limits.mostAttributes else {
            span.dropped += 1
            return
        }
        var event = Span.Event(time: 0, name: "")
        while let field = try reader.field() {
            switch field.number {
            case 1: event.time = try reader.fixed64(field)
            case 2: event.name = try reader.text(field)
            case 3: try attribute(&reader, field, into: &event.attributes, dropped: &span.dropped)
            default: try reader.skip(field)
            }
        }
        span.events.append(event)
    }

    /// A link without a whole id leads nowhere: it is left out and counted.
    private mutating func link(_ whole: WireReader, into span: inout Span) throws(OTLPRefusal) {
        var reader = whole
        var trace: TraceIdentity?
        var identity: UInt64?
        var attributes: [Attribute] = []
        while let field = try reader.field() {
            switch field.number {
            case 1: trace = Self.trace(try reader.raw(field))
            case 2: identity = Self.span(try reader.raw(field))
            case 4: try attribute(&reader, field, into: &attributes, dropped: &span.dropped)
            default: try reader.skip(field)
            }
        }
        guard let trace, let identity, span.links.count < limits.mostAttributes else {
            span.dropped += 1
            return
        }
        span.links.append(Span.Link(trace: trace, span: identity, attributes: attributes))
    }

    private func outcome(_ whole: WireReader, into span: inout Span) throws(OTLPRefusal) {
        var reader = whole
        while let field = try reader.field() {
            switch field.number {
            case 2: span.outcomeMessage = try reader.text(field)
            case 3: span.outcome = Span.Outcome(rawValue: try reader.unsigned(field)) ?? .unset
            default: try reader.skip(field)
            }
        }
    }
}
