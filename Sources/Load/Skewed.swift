import Glibc

/// Chooses among numbers from 1 on, the first the most often: number k with a weight of 1/k^skew.
struct Skewed {
    private let sums: [Double]

    init(count: Int, skew: Double) {
        var sum = 0.0
        sums = (1...max(count, 1)).map { number in
            sum += pow(Double(number), -skew)
            return sum
        }
    }

    func choose(using chance: inout some RandomNumberGenerator) -> Int {
        guard let whole = sums.last else { return 1 }
        let wanted = Double.random(in: 0..<whole, using: &chance)
        var low = 0
        var high = sums.count - 1
        while low < high {
            let middle = (low + high) / 2
            if sums[middle] > wanted { high = middle } else { low = middle + 1 }
        }
        return low + 1
    }
}
