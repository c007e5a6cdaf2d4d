import Glibc
import Host
import Insight

/// How long the ranking of a large system takes.
enum RankingTime {
    struct Result: Encodable {
        var services: Int
        var series: Int
        var values: Int
        /// Of so many rankings.
        var runs: Int
        var medianMilliseconds: Double
        var mostMilliseconds: Double
        /// Whether the service at fault came first.
        var isRight: Bool
    }

    private static let services = 200
    private static let seriesEach = 25
    private static let values = 120

    static func measure(runs: Int) -> Result {
        let scene = scene()
        var times: [Double] = []
        var isRight = true
        for _ in 0..<runs {
            let start = MonotonicClock.now()
            let ranking = RootCauses.rank(scene)
            times.append(Double(MonotonicClock.now() - start) / 1e6)
            isRight = isRight && ranking.suspects.first?.node == name(culprit)
        }
        times.sort()
        return Result(
            services: services, series: scene.series.count, values: values, runs: runs,
            medianMilliseconds: times[runs / 2], mostMilliseconds: times[runs - 1], isRight: isRight)
    }

    private static let culprit = 137

    private static func name(_ service: Int) -> String { "service-\(service)" }

    /// Each service calls two others; one of them, and all who call it, became slow a while ago.
    private static func scene() -> Scene {
        var scene = Scene()
        var chance: UInt64 = 88_172_645_463_325_252
        func next() -> Double {
            chance ^= chance << 13
            chance ^= chance >> 7
            chance ^= chance << 17
            return Double(chance % 1_000_000) / 1_000_000
        }
        var isSlow = Array(repeating: false, count: services)
        for service in (0..<services).reversed() {
            let callees = [2 * service + 1, 2 * service + 2].filter { $0 < services }
            scene.calls += callees.map { Call(caller: name(service), callee: name($0)) }
            isSlow[service] = service == culprit || callees.contains { isSlow[$0] }
        }
        let times = (0..<values).map { Double($0) * 15 }
        for service in 0..<services {
            for number in 0..<seriesEach {
                let kind = ["latency", "errors", "requests", "cpu", "memory"][number % 5]
                let isHurt = isSlow[service] && kind == "latency" || service == culprit && kind == "cpu"
                let measured = times.indices.map { index in
                    10 + next() + (isHurt && index >= values * 3 / 4 ? 8 : 0)
                }
                scene.series.append(
                    MetricSeries(node: name(service), name: "\(kind)_\(number)", times: times, measured: measured))
            }
        }
        return scene
    }
}
