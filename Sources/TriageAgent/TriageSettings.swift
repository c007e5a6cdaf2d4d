import Contracts
import Incidents
import Service
import Settings

/// What the triage agent can be told.
struct TriageSettings: Sendable {
    var service: ServiceSettings
    var terms = LifecycleTerms()
    /// Where people are told of incidents; nil for the role `comms`, where the cluster has one.
    var noticesTo: String?

    init(_ layers: Layers) {
        service = ServiceSettings(layers)
        noticesTo = layers.optional("notices.to", .text(length: 1...32))
        func span(_ name: String, _ usual: Int64) -> Int64 {
            let seconds = layers.value(
                "incidents.\(name)-seconds", .number(in: 0.05...1e6), otherwise: Double(usual) / 1e9)
            return Int64(seconds * 1e9)
        }
        terms.settle = span("settle", terms.settle)
        terms.lookAgain = span("look-again", terms.lookAgain)
        terms.longestLook = span("longest-look", terms.longestLook)
        terms.calm = span("calm", terms.calm)
        terms.evidenceWithin = span("evidence", terms.evidenceWithin)
        terms.planWithin = span("plan", terms.planWithin)
        terms.verdictWithin = span("verdict", terms.verdictWithin)
        terms.executionWithin = span("execution", terms.executionWithin)
        terms.undoWithin = span("undo", terms.undoWithin)
        terms.sure = layers.value("incidents.sure", .number(in: 0...1), otherwise: terms.sure)
        terms.mostActions = layers.value("incidents.actions", .wholeNumber(in: 0...100), otherwise: terms.mostActions)
    }
}
