extension WireWriter {
    mutating func part(_ metric: Metric) {
        text(unlessEmpty: metric.name, 1)
        text(unlessEmpty: metric.description, 2)
        text(unlessEmpty: metric.unit, 3)
        switch metric.data {
        case .none: break
        case .gauge(let points): message(5) { $0.points(points) { $0.point($1) } }
        case .sum(let points, let temporality, let isMonotonic):
            message(7) {
                $0.points(points) { $0.point($1) }
                $0.varint(unlessZero: temporality.rawValue, 2)
                $0.varint(unlessZero: isMonotonic ? 1 : 0, 3)
            }
        case .histogram(let points, let temporality):
            message(9) {
                $0.points(points) { $0.point($1) }
                $0.varint(unlessZero: temporality.rawValue, 2)
            }
        case .exponential(let points, let temporality):
            message(10) {
                $0.points(points) { $0.point($1) }
                $0.varint(unlessZero: temporality.rawValue, 2)
            }
        case .summary(let points): message(11) { $0.points(points) { $0.point($1) } }
        }
    }

    private mutating func points<Value>(
        _ points: [Metric.Point<Value>], _ write: (inout WireWriter, Metric.Point<Value>) -> Void
    ) {
        for point in points { message(1) { write(&$0, point) } }
    }
    /// What a point of every kind begins with; `attributes` have another number in each.
    private mutating func frame<Value>(_ point: Metric.Point<Value>, attributes number: Int, flags: Int) {
        if point.start != 0 { fixed64(2, point.start) }
        fixed64(3, point.time)
        attributes(point.attributes, number)
        if point.value == nil { varint(flags, 1) }
    }

    private mutating func point(_ point: Metric.Point<Double>) {
        frame(point, attributes: 7, flags: 8)
        if let value = point.value { double(4, value) }
    }
    private mutating func point(_ point: Metric.Point<Metric.Histogram>) {
        frame(point, attributes: 9, flags: 10)
        guard let value = point.value else { return }
        fixed64(4, value.count)
        if let sum = value.sum { double(5, sum) }
        packed(fixed64: value.buckets, 6)
        packed(fixed64: value.bounds.map { $0.bitPattern }, 7)
        if let least = value.least { double(11, least) }
        if let most = value.most { double(12, most) }
    }
    private mutating func point(_ point: Metric.Point<Metric.ExponentialHistogram>) {
        frame(point, attributes: 1, flags: 10)
        guard let value = point.value else { return }
        fixed64(4, value.count)
        if let sum = value.sum { double(5, sum) }
        zigzag(6, value.scale)
        fixed64(7, value.zeroCount)
        message(8) { $0.buckets(value.positive) }
        message(9) { $0.buckets(value.negative) }
        if let least = value.least { double(12, least) }
        if let most = value.most { double(13, most) }
        if value.zeroThreshold != 0 { double(14, value.zeroThreshold) }
    }
    private mutating func buckets(_ buckets: Metric.ExponentialHistogram.Buckets) {
        zigzag(1, buckets.offset)
        packed(varint: buckets.counts, 2)
    }
    private mutating func point(_ point: Metric.Point<Metric.Summary>) {
        frame(point, attributes: 7, flags: 8)
        guard let value = point.value else { return }
        fixed64(4, value.count)
        double(5, value.sum)
        for quantile in value.quantiles {
            message(6) {
                $0.double(1, quantile.share)
                $0.double(2, quantile.value)
            }
        }
    }
}
