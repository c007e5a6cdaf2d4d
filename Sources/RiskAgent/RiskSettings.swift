import Settings

/// What the risk agent can be told.
struct RiskSettings: Sendable {
    /// A policy engine that is asked instead of the policy's own table, by OPA's data API; nil for none.
    var outside: String?
    /// How long its answer is waited for.
    var outsideDeadline: Duration

    init(_ layers: Layers) {
        outside = layers.optional("policy.opa", .text(length: 1...500))
        outsideDeadline = layers.value(
            "policy.opa-deadline", .duration(in: .milliseconds(50)...(.seconds(30))), otherwise: .seconds(2))
    }
}
