/// Reads a JSON number as a whole count of its smallest unit, exactly: no binary fraction in between.
enum Decimal {
    enum Refusal: Error { case noNumber, tooFine, tooLarge }

    /// `12.5` with two places is 1250; `1e0` with none is 1.
    static func read(_ bytes: UnsafeBufferPointer<UInt8>, places: Int) throws(Refusal) -> Int64 {
        guard let parts = Parts(bytes) else { throw .noNumber }
        guard parts.mantissa > 0 else { return 0 }
        guard !parts.overflown else { throw parts.exponent < -places ? .tooFine : .tooLarge }
        var magnitude = parts.mantissa
        var shift = parts.exponent + places
        guard shift >= 0 else { throw .tooFine }
        while shift > 0 {
            let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
            guard !overflow else { throw .tooLarge }
            magnitude = product
            shift -= 1
        }
        guard let value = Int64(exactly: magnitude) else { throw .tooLarge }
        return parts.negative ? -value : value
    }

    /// mantissa * 10^exponent, where the mantissa does not end in zero.
    private struct Parts {
        var negative = false
        var mantissa: UInt64 = 0
        var exponent = 0
        /// More digits than a mantissa holds.
        var overflown = false

        /// nil for what is no JSON number; a parameter has not been scanned before.
        init?(_ bytes: UnsafeBufferPointer<UInt8>) {
            var at = 0
            if bytes.first == UInt8(ascii: "-") {
                negative = true
                at = 1
            }
            let first = at
            var zeros = 0
            digits(bytes, &at, &zeros)
            guard at > first, bytes[first] != UInt8(ascii: "0") || at == first + 1 else { return nil }
            if at < bytes.count, bytes[at] == UInt8(ascii: ".") {
                at += 1
                let start = at
                digits(bytes, &at, &zeros)
                guard at > start else { return nil }
                exponent -= at - start
            }
            exponent += zeros
            guard power(bytes, &at), at == bytes.count else { return nil }
        }

        /// Zeros wait until a digit follows that makes them count.
        private mutating func digits(_ bytes: UnsafeBufferPointer<UInt8>, _ at: inout Int, _ zeros: inout Int) {
            while at < bytes.count, bytes[at] &- 0x30 < 10 {
                let digit = bytes[at] &- 0x30
                at += 1
                if digit == 0 {
                    zeros += 1
                    continue
                }
                for _ in 0...zeros where mantissa > 0 && !overflown {
                    let (product, overflow) = mantissa.multipliedReportingOverflow(by: 10)
                    mantissa = overflow ? mantissa : product
                    overflown = overflow
                }
                let (sum, overflow) = mantissa.addingReportingOverflow(UInt64(digit))
                mantissa = overflow ? mantissa : sum
                overflown = overflown || overflow
                zeros = 0
            }
        }

        private mutating func power(_ bytes: UnsafeBufferPointer<UInt8>, _ at: inout Int) -> Bool {
            guard at < bytes.count, bytes[at] | 0x20 == UInt8(ascii: "e") else { return true }
            at += 1
            var down = false
            if at < bytes.count, bytes[at] == UInt8(ascii: "+") || bytes[at] == UInt8(ascii: "-") {
                down = bytes[at] == UInt8(ascii: "-")
                at += 1
            }
            let start = at
            var power = 0
            while at < bytes.count, bytes[at] &- 0x30 < 10 {
                // Far more than a text that may be sent could make good again.
                power = min(power * 10 + Int(bytes[at] &- 0x30), 1 << 40)
                at += 1
            }
            exponent += down ? -power : power
            return at > start
        }
    }
}
