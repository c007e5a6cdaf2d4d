import Settings

/// What the remediation agent can be told.
struct RemediationSettings: Sendable {
    /// How often `main` is looked at.
    var pace: Duration

    init(_ layers: Layers) {
        pace = layers.value(
            "repository.pace", .duration(in: .milliseconds(20)...(.seconds(60))), otherwise: .milliseconds(200))
    }
}
