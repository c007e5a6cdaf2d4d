import Service
import Settings
import Worker

/// What the telemetry agent can be told.
struct TelemetrySettings: Sendable {
    var service: ServiceSettings
    /// Bytes for what is kept in memory.
    var budget: Int
    /// Where finding are sent; nil to only keep them.
    var findingsTo: String?
    /// A collector that gets what our own processes say, by OTLP over HTTP; nil for none.
    var export: String?
    /// What the windows of all alerts are divided by, for demonstrations.
    var haste: Double
    var retention = Retention()

    init(_ layers: Layers) {
        service = ServiceSettings(layers)
        budget = layers.value("memory.budget", .size(in: (4 << 20)...(16 << 30)), otherwise: 64 << 20)
        findingsTo = layers.optional("findings.to", .text(length: 1...32))
        export = layers.optional("export.otlp", .text(length: 1...500))
        haste = layers.value("objectives.haste", .number(in: 1...100_000), otherwise: 1)
        let day = 86_400_000_000_000 as Int64
        retention.minutes = Int64(layers.value("retention.minutes-days", .wholeNumber(in: 1...365), otherwise: 3)) * day
        retention.hours = Int64(layers.value("retention.hours-days", .wholeNumber(in: 1...3_650), otherwise: 400)) * day
        retention.traces = Int64(layers.value("retention.traces-days", .wholeNumber(in: 1...365), otherwise: 7)) * day
        retention.mostTraces = layers.value("retention.traces", .wholeNumber(in: 100...10_000_000), otherwise: 50_000)
    }
}
