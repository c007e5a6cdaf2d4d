/// How amounts are told to a person.
enum Quantities {
    /// `4 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`.
    static func duration(_ seconds: Double) -> String {
        guard seconds >= 1, seconds < 1e12 else { return "0 s" }
        let whole = Int(seconds)
        let units = [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)]
        guard let first = units.firstIndex(where: { whole >= $0.1 }) else { return "0 s" }
        var text = "\(whole / units[first].1) \(units[first].0)"
        if first + 1 < units.count {
            let rest = whole % units[first].1 / units[first + 1].1
            if rest > 0 { text += " \(rest) \(units[first + 1].0)" }
        }
        return text
    }

    /// `812 B`, `41.2 MiB`
    static func bytes(_ count: Int) -> String {
        var amount = Double(max(0, count))
        var unit = "B"
        for next in ["KiB", "MiB", "GiB", "TiB"] where amount >= 1_024 {
            amount /= 1_024
            unit = next
        }
        return unit == "B" ? "\(Int(amount)) B" : "\(tenths(amount)) \(unit)"
    }

    /// `12.5 %`
    static func percent(_ share: Double) -> String { "\(tenths(share)) %" }

    /// `no worker`, `1 worker`, `5 workers`
    static func count(_ number: Int, _ one: String) -> String {
        number == 0 ? "no \(one)s" : number == 1 ? "1 \(one)" : "\(number) \(one)s"
    }

    private static func tenths(_ amount: Double) -> String {
        guard amount.isFinite, abs(amount) < 1e12 else { return "?" }
        let tenths = Int((amount * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
