/// What nobody told, and what it might have been worth.
enum MissingSignals {
    private static let fewValues = 10

    static func list(_ view: SceneView) -> [SignalGap] {
        let scene = view.scene
        var missing: [SignalGap] = []
        func note(_ isMissing: Bool, _ signal: String, _ worth: Double, _ reason: String) {
            if isMissing { missing.append(SignalGap(signal: signal, worth: worth, reason: reason)) }
        }
        note(
            scene.series.isEmpty, "metrics", SeriesVerdict.strength(.infinity),
            "series of each node would show which of them is unusual, and since when")
        note(
            scene.traces.isEmpty, "traces", Weights.traces,
            "spans would show where the time is spent and where errors begin")
        note(
            view.graph.callees.allSatisfy(\.isEmpty), "call graph", Weights.bottom + Weights.offThePath * 8,
            "who calls whom would tell causes from what they cause")
        note(scene.logs.isEmpty, "logs", Weights.logs, "new kinds of error lines would name the kind of fault")
        note(
            scene.changes.isEmpty, "changes", Weights.change,
            "deployments and changes of configuration would show what was done just before")
        note(
            scene.events.isEmpty, "process events", Weights.event, "crashes and restarts would show who did not survive"
        )
        note(scene.limits.isEmpty, "limits", Weights.limit, "how full things are would show what runs out")
        note(scene.past.isEmpty, "history", Weights.history, "earlier incidents would show what such a sight meant")
        note(
            scene.symptom?.node == nil, "symptom", Weights.offThePath * 8,
            "where it hurts would exclude what is not called from there")
        note(
            !scene.series.isEmpty && view.shortestPast < fewValues, "past of the series", 2,
            "some series have fewer than \(fewValues) values to say what is usual")
        let silent = view.graph.names.indices.filter { node in
            !scene.series.isEmpty && view.readings[node].isEmpty && !view.graph.callers[node].isEmpty
        }
        if let first = silent.first {
            let others = silent.count == 1 ? "" : " and \(silent.count - 1) others"
            note(
                true, "metrics of \(view.graph.names[first])\(others)", 4,
                "they are called, and nothing is known of how they are")
        }
        return missing.sorted { ($1.worth, $0.signal) < ($0.worth, $1.signal) }
    }
}
