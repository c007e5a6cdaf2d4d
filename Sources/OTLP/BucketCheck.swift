/// Whether the counts of a point can be true.
struct BucketCheck {
    let most: Int

    func fault(of value: Metric.Histogram) -> Fault? {
        guard value.buckets.count <= most, value.bounds.count <= most else { return .tooManyBuckets }
        guard isFinite(value.sum, value.least, value.most), value.bounds.allSatisfy({ $0.isFinite }) else {
            return .notFinite
        }
        if let fault = fault(of: value.buckets, within: value.count) { return fault }
        guard value.buckets.isEmpty && value.bounds.isEmpty || value.buckets.count == value.bounds.count + 1,
            zip(value.bounds, value.bounds.dropFirst()).allSatisfy({ $0 < $1 })
        else { return .unevenBuckets }
        return nil
    }

    func fault(of value: Metric.ExponentialHistogram) -> Fault? {
        guard value.positive.counts.count <= most, value.negative.counts.count <= most else { return .tooManyBuckets }
        guard isFinite(value.sum, value.least, value.most, value.zeroThreshold) else { return .notFinite }
        return fault(of: value.positive.counts + value.negative.counts + [value.zeroCount], within: value.count)
    }

    func fault(of value: Metric.Summary) -> Fault? {
        guard value.quantiles.count <= most else { return .tooManyBuckets }
        guard value.count <= UInt64(Int64.max) else { return .negativeCount }
        // A quantile of no values is NaN by custom, and says nothing wrong.
        guard value.sum.isFinite,
            value.quantiles.allSatisfy({ $0.share.isFinite && ($0.value.isFinite || value.count == 0) })
        else { return .notFinite }
        return nil
    }

    /// A count above the largest signed number is a negative one that was written without its sign.
    private func fault(of buckets: [UInt64], within count: UInt64) -> Fault? {
        guard count <= UInt64(Int64.max) else { return .negativeCount }
        var sum: UInt64 = 0
        for bucket in buckets {
            guard bucket <= UInt64(Int64.max) else { return .negativeCount }
            let (next, overflow) = sum.addingReportingOverflow(bucket)
            guard !overflow else { return .unevenBuckets }
            sum = next
        }
        return buckets.isEmpty || sum == count ? nil : .unevenBuckets
    }

    private func isFinite(_ values: Double?...) -> Bool { values.allSatisfy { $0?.isFinite ?? true } }
}
