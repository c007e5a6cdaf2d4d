extension Decoder {
    /// `arrival` is the time of a record that has none of its own.
    mutating func log(_ whole: consuming WireReader, arrival: UInt64) throws(OTLPRefusal) -> LogRecord? {
        var reader = whole
        var record = LogRecord(time: 0)
        var observed: UInt64 = 0
        var badIdentity = false
        while let field = try reader.field() {
            switch field.number {
            case 1: record.time = try reader.fixed64(field)
            case 2: record.severity = Int(min(try reader.unsigned(field), 24))
            case 3: record.severityText = try reader.text(field)
            case 5: record.body = try value(try message(&reader, field), level: 0)
            case 6: try attribute(&reader, field, into: &record.attributes, dropped: &record.dropped)
            case 7: record.dropped += Int(UInt32(truncatingIfNeeded: try reader.unsigned(field)))
            case 8: record.flags = try reader.fixed32(field)
            case 9:
                let bytes = try reader.raw(field)
                record.trace = Self.trace(bytes)
                badIdentity = badIdentity || !bytes.isEmpty && bytes.count != 16
            case 10:
                let bytes = try reader.raw(field)
                record.span = Self.span(bytes)
                badIdentity = badIdentity || !bytes.isEmpty && bytes.count != 8
            case 11: observed = try reader.fixed64(field)
            case 12: record.eventName = try reader.text(field)
            default: try reader.skip(field)
            }
        }
        if record.time == 0 { record.time = observed == 0 ? arrival : observed }
        if let fault = badIdentity ? .identityLength : limits.fault(of: record.time) {
            faults.note(fault)
            return nil
        }
        return record
    }
}
