import Contracts
import Settings

/// Reads the files of canaries.
enum CanaryReader {
    private enum OrderState: String, CaseIterable, Sendable {
        case pending = "PENDING_INVENTORY"
        case confirmed = "CONFIRMED"
        case cancelled = "CANCELLED"
    }

    static func read(_ documents: [Result<Document, ConfigurationError>]) -> Definitions.Canaries {
        var found = Definitions.Canaries()
        var places: [String: String] = [:]
        for result in documents {
            do throws(ConfigurationError) {
                let document = try result.get()
                let (canary, line) = try document.read { (definition($0), $0.line(of: "name")) }
                let place = "\(document.name):\(line)"
                if let first = places[canary.name] {
                    let text = "the canary \"\(canary.name)\" stands in \(first) already"
                    found.mistakes.append(Mistake(place: place, path: "name", text: text, line: line))
                } else {
                    places[canary.name] = place
                    found.canaries.append(canary)
                }
            } catch {
                found.mistakes += error.mistakes
            }
        }
        return found
    }

    private static func definition(_ top: Section) -> CanaryDefinition {
        _ = top.required("version", .matching("1", standIn: "1") { $0 == "1" })
        let prefix = Synthetic.skuPrefix
        let sku = Scalar<String>.matching("an SKU of 64 letters at most that begins with \(prefix)", standIn: prefix) {
            $0.hasPrefix(prefix) && $0.utf8.count <= 64 && $0.utf8.count > prefix.utf8.count
                && $0.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        }
        let every = top.required("every", .duration(in: .seconds(1) ... .seconds(86_400)))
        let deadline = top.value(
            "deadline", .duration(in: .milliseconds(100) ... .seconds(600)), otherwise: .seconds(5))
        if deadline > every {
            top.refuse("deadline", "expected a deadline that is no longer than every: a run ends before the next one")
        }
        let steps = top.sections("steps", atMost: 20) { step($0, deadline) }
        if steps.first?.action != .order {
            top.refuse("steps", "expected at least one step, the first of which is do: order")
        }
        if !steps.contains(where: { $0.action == .delete }) {
            top.refuse("steps", "expected a step do: delete: what a canary orders must not stay")
        }
        return CanaryDefinition(
            name: top.required("name", .name), about: top.value("about", Shorthand.about, otherwise: ""), every: every,
            deadline: deadline, sku: top.required("sku", sku),
            customer: Synthetic.customer(top.value("customer", .wholeNumber(in: 1...1_000_000), otherwise: 1)),
            steps: steps, judgement: top.section("failing") { judgement($0) })
    }

    private static func step(_ step: Section, _ deadline: Duration) -> CanaryDefinition.Step {
        let action = step.required("do", .choice(of: CanaryDefinition.Step.Action.self))
        let usual =
            switch action {
            case .order: 201
            case .read: 200
            case .delete: 204
            }
        let quantity = step.optional("quantity", .wholeNumber(in: 1...1_000))
        if quantity != nil, action != .order {
            step.refuse("quantity", "expected no quantity beside do: \(action.rawValue)")
        }
        let until = step.optional("until", .choice(of: OrderState.self))
        if until != nil, action != .read { step.refuse("until", "expected until beside do: read alone") }
        let within = step.value("within", .duration(in: .milliseconds(10) ... .seconds(600)), otherwise: deadline)
        if within > deadline { step.refuse("within", "expected a time within the canary's own deadline") }
        return CanaryDefinition.Step(
            action, quantity: quantity ?? 1,
            status: step.value("expect", .wholeNumber(in: 100...599), otherwise: usual), until: until?.rawValue,
            within: within)
    }

    private static func judgement(_ failing: Section) -> CanaryDefinition.Judgement {
        let of = failing.value("of", .wholeNumber(in: 1...100), otherwise: 5)
        let failures = failing.value("after", .wholeNumber(in: 1...100), otherwise: min(3, of))
        if failures > of { failing.refuse("after", "expected no more failures than the \(of) runs that are looked at") }
        return CanaryDefinition.Judgement(
            failures: failures, of: of,
            recoveries: failing.value("recovered-after", .wholeNumber(in: 1...100), otherwise: 3))
    }
}
