import Contracts
public import Remedies
public import Settings

extension Definitions {
    /// What a folder of runbooks says.
    public struct Runbooks: Sendable {
        /// In the order of their files.
        public var runbooks: [Runbook] = []
        public var mistakes: [Mistake] = []
    }

    /// Reads the runbooks of a folder, or of one file; one with a mistake is none.
    public static func runbooks(in path: String) -> Runbooks {
        do throws(ConfigurationError) {
            return RunbookReader.read(try YAMLFolder.files(path).flatMap { Document.all(path: $0) })
        } catch {
            return Runbooks(mistakes: error.mistakes)
        }
    }

    /// Reads the runbooks of a text; `name` is how messages call it.
    public static func runbooks(text: String, name: String) -> Runbooks {
        RunbookReader.read(Document.all(bytes: Array(text.utf8), name: name))
    }
}

/// Reads runbooks: one a document.
enum RunbookReader {
    private static let categories = [
        "Code_Bug", "Config_Error", "Permission_Issue", "Resource_Limit", "External_Dependency",
    ]
    private static let placeholders = ["$culprit", "$workers"]

    static func read(_ documents: [Result<Document, ConfigurationError>]) -> Definitions.Runbooks {
        var found = Definitions.Runbooks()
        for document in documents {
            do throws(ConfigurationError) {
                let names = found.runbooks.map(\.name)
                found.runbooks.append(try document.get().read { runbook($0, names) })
            } catch {
                found.mistakes += error.mistakes
            }
        }
        return found
    }

    private static func runbook(_ top: Section, _ names: [String]) -> Runbook {
        _ = top.required("version", .wholeNumber(in: 1...1))
        let name = top.required("name", .name)
        if names.contains(name) { top.refuse("name", "expected each name once, found \(name) again") }
        let second = Scalar<Duration>.duration(in: .seconds(1)...(.seconds(3_600)))
        let when = top.section("when") { condition($0) }
        let steps = top.sections("steps", atMost: 10) { step($0) }
        if steps.isEmpty { top.refuse("steps", "expected at least one step, found none") }
        return Runbook(
            name: name, about: top.required("about", .text(length: 1...500)), when: when, steps: steps,
            settleSeconds: top.value("settle", second, otherwise: .seconds(10)).inSeconds,
            deadlineSeconds: top.value("deadline", second, otherwise: .seconds(60)).inSeconds,
            objectives: top.list("objectives", of: .name, atMost: 50),
            worth: top.value("worth", .number(in: 0...1), otherwise: 0.5))
    }

    private static func condition(_ section: Section) -> Runbook.Condition {
        let known = Scalar<String>.matching("one of \(categories.joined(separator: ", "))", standIn: "") {
            categories.contains($0)
        }
        let found = section.list("categories", of: known, atMost: 5)
        if found.isEmpty { section.refuse("categories", "expected at least one category, found none") }
        return Runbook.Condition(
            categories: found, leastConfidence: section.value("confidence", .number(in: 0...1), otherwise: 0),
            change: section.value("change", .choice(of: Runbook.ChangeNeed.self), otherwise: .any),
            roles: section.list("roles", of: .name, atMost: 64),
            resources: section.list("resources", of: .text(length: 1...200), atMost: 64),
            mostWorkers: section.optional("workers-at-most", .wholeNumber(in: 0...64)))
    }

    private static func step(_ section: Section) -> Runbook.Step {
        let action = section.required("action", .choice(of: ActionClass.self))
        let door = section.required("door", .text(length: 1...32))
        let target = section.value("target", .text(length: 1...32), otherwise: "$culprit")
        let given = section.map("with", keys: .name, of: .text(length: 1...200))
        let step = Runbook.Step(
            action, door: door, target: target,
            arguments: given.map { ActionArgument($0.name, $0.value) }.sorted(),
            inverse: section.required("inverse", .choice(of: Runbook.Inverse.self)),
            roles: section.list("roles", of: .text(length: 1...32), atMost: 64),
            capacity: section.value("capacity", .number(in: 0...1), otherwise: 0),
            touchesData: section.value("touches-data", .boolean, otherwise: false),
            text: section.required("text", .text(length: 1...300)),
            withinSeconds: section.value(
                "within", .duration(in: .seconds(1)...(.seconds(3_600))), otherwise: .seconds(60)
            ).inSeconds)
        check(step, section)
        return step
    }

    /// What each action can be asked of, with which words, and how it is taken back.
    private static func check(_ step: Runbook.Step, _ section: Section) {
        let rule = Rule(step.action)
        if !rule.doors.isEmpty, !rule.doors.contains(step.door), step.door != "$culprit" {
            section.refuse(
                "door",
                "expected \(rule.doors.joined(separator: " or ")) for \(step.action.rawValue), found \(step.door)")
        }
        let names = step.arguments.map(\.name)
        if names != rule.arguments {
            let wanted = rule.arguments.isEmpty ? "nothing" : rule.arguments.joined(separator: ", ")
            section.refuse(
                "with",
                "expected \(wanted) for \(step.action.rawValue), found \(names.isEmpty ? "nothing" : names.joined(separator: ", "))"
            )
        }
        if !rule.inverses.contains(step.inverse) {
            let wanted = rule.inverses.map(\.rawValue).joined(separator: " or ")
            section.refuse(
                "inverse", "expected \(wanted) for \(step.action.rawValue), found \(step.inverse.rawValue)")
        }
        for text in [step.target, step.door] + step.roles where text.hasPrefix("$") && text != "$culprit" {
            section.refuse("target", "expected a role or $culprit, found \(text)")
        }
        for argument in step.arguments where argument.value.hasPrefix("$") {
            if !placeholders.contains(where: { argument.value.hasPrefix($0) }) {
                section.refuse(
                    "with",
                    "expected a value, \(placeholders.joined(separator: ", ")), $workers+N or $workers*N, found \(argument.value)"
                )
            }
        }
    }

    private struct Rule {
        var doors: [String] = []
        var arguments: [String] = []
        var inverses: [Runbook.Inverse]

        init(_ action: ActionClass) {
            switch action {
            case .restart, .roll: (doors, inverses) = (["supervisor"], [.nothing])
            case .scale: (doors, arguments, inverses) = (["supervisor"], ["count"], [.previous])
            case .pauseQueue: (arguments, inverses) = (["paused"], [.previous])
            case .breaker: (arguments, inverses) = (["to"], [.previous])
            case .shedLoad: (arguments, inverses) = (["percent"], [.previous])
            case .drainQueue, .redrive: inverses = [.impossible]
            case .configuration, .codeRevert, .rollback, .patch: (doors, inverses) = (["forge"], [.revert])
            }
        }
    }
}
