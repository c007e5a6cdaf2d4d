extension Decoder {
    /// nil for a metric that has no point left after its faulty ones are counted.
    mutating func metric(_ whole: consuming WireReader) throws(OTLPRefusal) -> Metric? {
        var reader = whole
        var metric = Metric(name: "", data: .none)
        var hasData = false
        while let field = try reader.field() {
            switch field.number {
            case 1: metric.name = try reader.text(field)
            case 2: metric.description = try reader.text(field)
            case 3: metric.unit = try reader.text(field)
            case 5, 7, 9, 10, 11:
                hasData = true
                metric.data = try data(try message(&reader, field), kind: field.number)
            default: try reader.skip(field)
            }
        }
        // A kind of metric that is not known here is a loss, and counted; one without points is none.
        if !hasData { faults.note(.noValue) }
        return metric.data == .none ? nil : metric
    }

    private mutating func data(_ reader: WireReader, kind: Int) throws(OTLPRefusal) -> Metric.Data {
        switch kind {
        case 5:
            let gauge = try points(reader, Self.numberPoint)
            return gauge.points.isEmpty ? .none : .gauge(gauge.points)
        case 7:
            let sum = try points(reader, Self.numberPoint)
            var kept: [Metric.Point<Double>] = []
            for point in sum.points {
                guard !sum.isMonotonic || (point.value ?? 0) >= 0 else {
                    faults.note(.negativeCount)
                    continue
                }
                kept.append(point)
            }
            return kept.isEmpty ? .none : .sum(kept, sum.temporality, isMonotonic: sum.isMonotonic)
        case 9:
            let histogram = try points(reader, Self.histogramPoint)
            return histogram.points.isEmpty ? .none : .histogram(histogram.points, histogram.temporality)
        case 10:
            let histogram = try points(reader, Self.exponentialPoint)
            return histogram.points.isEmpty ? .none : .exponential(histogram.points, histogram.temporality)
        default:
            let summary = try points(reader, Self.summaryPoint)
            return summary.points.isEmpty ? .none : .summary(summary.points)
        }
    }

    private mutating func points<Value>(
        _ whole: WireReader, _ read: (inout Decoder, WireReader) throws(OTLPRefusal) -> Metric.Point<Value>?
    ) throws(OTLPRefusal) -> (points: [Metric.Point<Value>], temporality: Metric.Temporality, isMonotonic: Bool) {
        var reader = whole
        var points: [Metric.Point<Value>] = []
        var temporality = Metric.Temporality.unspecified
        var isMonotonic = false
        while let field = try reader.field() {
            switch field.number {
            case 1: if let point = try read(&self, try message(&reader, field)) { points.append(point) }
            case 2: temporality = Metric.Temporality(rawValue: try reader.unsigned(field)) ?? .unspecified
            case 3: isMonotonic = try reader.unsigned(field) != 0
            default: try reader.skip(field)
            }
        }
        return (points, temporality, isMonotonic)
    }

    /// What holds for points of every kind; nil, and counted, when a fault is found.
    private mutating func checked<Value>(
        _ point: Metric.Point<Value>, flags: UInt32, fault: Fault?
    ) -> Metric.Point<Value>? {
        var point = point
        let isStale = flags & 1 == 1
        if isStale { point.value = nil }
        if let fault = limits.fault(of: point.time) ?? (isStale ? nil : fault) {
            faults.note(fault)
            return nil
        }
        return point
    }

    private static func numberPoint(
        _ decoder: inout Decoder, _ whole: WireReader
    ) throws(OTLPRefusal) -> Metric.Point<Double>? {
        var reader = whole
        var point = Metric.Point<Double>(time: 0, value: nil)
        var flags: UInt32 = 0
        while let field = try reader.field() {
            switch field.number {
            case 2: point.start = try reader.fixed64(field)
            case 3: point.time = try reader.fixed64(field)
            case 4: point.value = try reader.double(field)
            case 6: point.value = Double(Int64(bitPattern: try reader.fixed64(field)))
            case 7: try decoder.attribute(&reader, field, into: &point.attributes, dropped: &point.dropped)
            case 8: flags = UInt32(truncatingIfNeeded: try reader.unsigned(field))
            default: try reader.skip(field)
            }
        }
        let fault: Fault? =
            switch point.value {
            case nil: .noValue
            case let value?: value.isFinite ? nil : .notFinite
            }
        return decoder.checked(point, flags: flags, fault: fault)
    }
    private static func histogramPoint(
        _ decoder: inout Decoder, _ whole: WireReader
    ) throws(OTLPRefusal) -> Metric.Point<Metric.Histogram>? {
        var reader = whole
        var point = Metric.Point<Metric.Histogram>(time: 0, value: nil)
        var value = Metric.Histogram()
        var flags: UInt32 = 0
        var bounds: [UInt64] = []
        let most = decoder.limits.mostBuckets
        while let field = try reader.field() {
            switch field.number {
            case 2: point.start = try reader.fixed64(field)
            case 3: point.time = try reader.fixed64(field)
            case 4: value.count = try reader.fixed64(field)
            case 5: value.sum = try reader.double(field)
            case 6: try reader.numbers(field, as: .fixed64, into: &value.buckets, most: most)
            case 7: try reader.numbers(field, as: .fixed64, into: &bounds, most: most)
            case 9: try decoder.attribute(&reader, field, into: &point.attributes, dropped: &point.dropped)
            case 10: flags = UInt32(truncatingIfNeeded: try reader.unsigned(field))
            case 11: value.least = try reader.double(field)
            case 12: value.most = try reader.double(field)
            default: try reader.skip(field)
            }
        }
        value.bounds = bounds.map { Double(bitPattern: $0) }
        point.value = value
        return decoder.checked(point, flags: flags, fault: BucketCheck(most: most).fault(of: value))
    }

    private static func exponentialPoint(
        _ decoder: inout Decoder, _ whole: WireReader
    ) throws(OTLPRefusal) -> Metric.Point<Metric.ExponentialHistogram>? {
        var reader = whole
        var point = Metric.Point<Metric.ExponentialHistogram>(time: 0, value: nil)
        var value = Metric.ExponentialHistogram()
        var flags: UInt32 = 0
        while let field = try reader.field() {
            switch field.number {
            case 1: try decoder.attribute(&reader, field, into: &point.attributes, dropped: &point.dropped)
            case 2: point.start = try reader.fixed64(field)
            case 3: point.time = try reader.fixed64(field)
            case 4: value.count = try reader.fixed64(field)
            case 5: value.sum = try reader.double(field)
            case 6: value.scale = try reader.zigzag(field)
            case 7: value.zeroCount = try reader.fixed64(field)
            case 8: try decoder.buckets(try decoder.message(&reader, field), into: &value.positive)
            case 9: try decoder.buckets(try decoder.message(&reader, field), into: &value.negative)
            case 10: flags = UInt32(truncatingIfNeeded: try reader.unsigned(field))
            case 12: value.least = try reader.double(field)
            case 13: value.most = try reader.double(field)
            case 14: value.zeroThreshold = try reader.double(field)
            default: try reader.skip(field)
            }
        }
        point.value = value
        let check = BucketCheck(most: decoder.limits.mostBuckets)
        return decoder.checked(point, flags: flags, fault: check.fault(of: value))
    }
    private func buckets(
        _ whole: WireReader, into buckets: inout Metric.ExponentialHistogram.Buckets
    ) throws(OTLPRefusal) {
        var reader = whole
        while let field = try reader.field() {
            switch field.number {
            case 1: buckets.offset = try reader.zigzag(field)
            case 2: try reader.numbers(field, as: .varint, into: &buckets.counts, most: limits.mostBuckets)
            default: try reader.skip(field)
            }
        }
    }

    private static func summaryPoint(
        _ decoder: inout Decoder, _ whole: WireReader
    ) throws(OTLPRefusal) -> Metric.Point<Metric.Summary>? {
        var reader = whole
        var point = Metric.Point<Metric.Summary>(time: 0, value: nil)
        var value = Metric.Summary()
        var flags: UInt32 = 0
        while let field = try reader.field() {
            switch field.number {
            case 2: point.start = try reader.fixed64(field)
            case 3: point.time = try reader.fixed64(field)
            case 4: value.count = try reader.fixed64(field)
            case 5: value.sum = try reader.double(field)
            case 6:
                var inner = try decoder.message(&reader, field)
                var quantile = Metric.Summary.Quantile(share: 0, value: 0)
                while let field = try inner.field() {
                    switch field.number {
                    case 1: quantile.share = try inner.double(field)
                    case 2: quantile.value = try inner.double(field)
                    default: try inner.skip(field)
                    }
                }
                if value.quantiles.count <= decoder.limits.mostBuckets { value.quantiles.append(quantile) }
            case 7: try decoder.attribute(&reader, field, into: &point.attributes, dropped: &point.dropped)
            case 8: flags = UInt32(truncatingIfNeeded: try reader.unsigned(field))
            default: try reader.skip(field)
            }
        }
        point.value = value
        let check = BucketCheck(most: decoder.limits.mostBuckets)
        return decoder.checked(point, flags: flags, fault: check.fault(of: value))
    }
}
