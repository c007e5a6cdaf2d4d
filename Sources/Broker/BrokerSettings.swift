import Contracts
import Routing
import Settings

/// What can be set about the broker, by flag, environment or file.
struct BrokerSettings: Sendable {
    var limits = RouterLimits()
    /// Where processes of other hosts connect, with CURVE: calls here, publications at the next port, topics at the
    /// one after. None by default.
    var remote: (address: Address, keyFile: String)?

    init(_ layers: Layers) {
        let beat: Scalar<Duration> = .duration(in: .milliseconds(10)...(.seconds(10)))
        let patience: Scalar<Duration> = .duration(in: .milliseconds(50)...(.seconds(60)))
        limits.heartbeat =
            layers.value("heartbeat", beat, otherwise: .nanoseconds(limits.heartbeat)).wholeNanoseconds
        limits.silence =
            layers.value("silence", patience, otherwise: .nanoseconds(limits.silence)).wholeNanoseconds
        limits.stall = layers.value("stall", patience, otherwise: .nanoseconds(limits.stall)).wholeNanoseconds
        limits.queueCount = layers.value(
            "queue-count", .wholeNumber(in: 1...10_000_000), otherwise: limits.queueCount)
        limits.queueBytes = layers.value(
            "queue-bytes", .size(in: 1 << 16...1 << 36), otherwise: limits.queueBytes)
        if let address = layers.optional("remote.address", .address) {
            remote = (address, layers.required("remote.key-file", .text(length: 1...4_096)))
        } else {
            _ = layers.optional("remote.key-file", .text())
        }
        limits.bodyLimit = layers.value("body-limit", .size(in: 1 << 10...1 << 28), otherwise: limits.bodyLimit)
    }
}
