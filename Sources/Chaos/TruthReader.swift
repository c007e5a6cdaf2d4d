import Faults
import Settings

/// Reads what is true about a fault.
enum TruthReader {
    private static let word = Scalar<String>.text(length: 1...100)
    private static let sentence = Scalar<String>.text(length: 1...500)

    static func truth(_ top: Section, of name: String) -> GroundTruth {
        if top.required("apiVersion", word) != "itbench.io/v1" { top.refuse("apiVersion", "expected itbench.io/v1") }
        if top.required("kind", word) != "GroundTruth" { top.refuse("kind", "expected GroundTruth") }
        let (category, change, resource) = top.section("metadata") { metadata in
            let given = metadata.required("name", word)
            // One fault of several is named after its value, too.
            if given != name, !given.hasPrefix("\(name)@") {
                metadata.refuse("name", "expected \(name), found \(given)")
            }
            return metadata.section("labels") { labels in
                let changes = ["none", "configuration", "code"]
                return (
                    labels.required("category", word),
                    labels.value(
                        "change",
                        .matching("one of \(changes.joined(separator: ", "))", standIn: "none") {
                            changes.contains($0)
                        },
                        otherwise: "none"),
                    labels.optional("resource", word)
                )
            }
        }
        var truth = GroundTruth(name: name, category: category, change: change, resource: resource)
        top.section("spec") { spec($0, &truth) }
        return truth
    }

    private static func spec(_ spec: Section, _ truth: inout GroundTruth) {
        truth.groups = spec.sections("groups", atMost: 100) { group in
            GroundTruth.Group(
                id: group.required("id", word), kind: group.required("kind", word),
                namespace: group.value("namespace", word, otherwise: ""), name: group.optional("name", word),
                filter: group.list("filter", of: word, atMost: 20),
                isRootCause: group.value("root_cause", .boolean, otherwise: false))
        }
        let ids = truth.groups.map(\.id)
        func known(_ key: String, _ section: Section) -> String {
            let id = section.required(key, word)
            if !ids.contains(id) { section.refuse(key, "expected the id of a group, found \(id)") }
            return id
        }
        truth.causes = spec.sections("fault", atMost: 20) { cause in
            let entity = cause.section("entity") { entity in
                (known("group_id", entity), entity.required("kind", word), entity.required("name", word))
            }
            return GroundTruth.Cause(
                category: cause.required("category", word), condition: cause.required("condition", sentence),
                group: entity.0, kind: entity.1, name: entity.2, mechanism: cause.required("fault_mechanism", word))
        }
        truth.alerts = spec.sections("alerts", atMost: 50) { alert in
            GroundTruth.Alert(
                id: alert.required("id", word), group: known("group_id", alert),
                text: alert.section("metadata") { $0.value("description", sentence, otherwise: "") })
        }
        truth.aliases = spec.lists("aliases", of: word, atMost: 50)
        truth.propagations = spec.sections("propagations", atMost: 50) { way in
            GroundTruth.Propagation(
                source: known("source", way), target: known("target", way),
                condition: way.required("condition", sentence), effect: way.required("effect", sentence))
        }
        truth.solutions = spec.sections("recommendedActions", atMost: 20) { action in
            action.section("solution") { solution in
                GroundTruth.Solution(
                    id: solution.required("id", word), actions: solution.list("actions", of: sentence, atMost: 20))
            }
        }
        let needsCause = truth.category != Fault.control
        if needsCause, !truth.groups.contains(where: \.isRootCause) {
            spec.refuse("groups", "expected a group with root_cause: true, found none")
        }
    }
}
