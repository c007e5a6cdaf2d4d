import Canaries
import Commands
import Contracts
import Definitions
import Glibc
import Host
import Settings
import WebClient

extension Operator {
    private struct Listed: Encodable {
        struct One: Encodable {
            let name: String
            let about: String
            let everySeconds: Double
            let sku: String
            let steps: [String]
            /// How it is served by the running cluster; nil where none runs.
            let standing: CanaryReport?
        }
        let canaries: [One]
        let mistakes: [String]
    }

    func canary(_ invocation: Invocation, _ places: Places) throws(Failure) -> Int32 {
        let path = invocation.text("canaries") ?? "config/canaries"
        let found = Definitions.canaries(in: path)
        guard invocation.path.last == "run" else {
            return list(found, path, live: live(places), asJSON: invocation.has("json"))
        }
        guard found.mistakes.isEmpty else {
            throw Failure(
                found.mistakes.map { harmless($0.description) }.joined(separator: "\n"), exit: ExitCode.configuration)
        }
        let wanted = invocation.text("NAME")
        let chosen = found.canaries.filter { wanted == nil || $0.name == wanted }
        guard !chosen.isEmpty else {
            let near = wanted.flatMap { nearest(to: $0, among: found.canaries.map(\.name)) }
            let advice = near.map { "; did you mean \($0)?" } ?? ""
            throw Failure("\(path) has no canary\(wanted.map { " \(harmless($0))" } ?? "")\(advice)")
        }
        let runner = try runner(invocation, places)
        let results = try failing { try waiting { await Self.run(chosen, runner) } }
        show(results, asJSON: invocation.has("json"))
        return results.allSatisfy(\.passed) ? ExitCode.success : ExitCode.failure
    }

    private func runner(_ invocation: Invocation, _ places: Places) throws(Failure) -> CanaryRunner {
        guard let url = invocation.text("url") else {
            let shop = try ShopClient(places)
            let (orders, inventory) = (try shop.door("orders"), try shop.door("inventory"))
            let doors = CanaryRunner.Doors(
                orders: "http://\(orders.address):\(orders.port)",
                inventory: "http://\(inventory.address):\(inventory.port)")
            return CanaryRunner(doors, key: shop.key, client: WebClient())
        }
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
            throw Failure("--url: expected an http or https address, found \"\(harmless(url))\"", exit: ExitCode.usage)
        }
        guard let file = invocation.text("key-file"), let text = ProcessFiles.text(file) else {
            throw Failure("--url: expected a readable file with the API key in --key-file", exit: ExitCode.usage)
        }
        let base = url.hasSuffix("/") ? String(url.dropLast()) : url
        return CanaryRunner(
            CanaryRunner.Doors(orders: base, inventory: nil), key: String(text.prefix { !$0.isWhitespace }),
            client: WebClient())
    }

    private static func run(_ canaries: [CanaryDefinition], _ runner: CanaryRunner) async -> [CanaryResult] {
        var results: [CanaryResult] = []
        for canary in canaries {
            // What could not be prepared shows in the run, which says more.
            _ = await runner.prepare(canary)
            results.append(await runner.run(canary))
        }
        return results
    }

    /// What the running cluster says of its canaries; nothing where none runs.
    private func live(_ places: Places) -> [CanaryReport] {
        guard ControlClient(places: places).isRunning else { return [] }
        return (try? telemetry(places) { try await $0.canaries() })?.canaries ?? []
    }

    private func standing(_ one: CanaryReport) -> String {
        let word = one.isFailing ? terminal.paint("not served", .red) : terminal.paint("served", .green)
        let last = one.lastSeconds.map { ", the last in \(Int($0 * 1_000)) ms" } ?? ""
        let fault = one.lastFault.map { ": \(harmless($0))" } ?? ""
        return "  \(word); \(one.runs - one.failures) of \(one.runs) runs passed\(last)\(fault)"
    }

    private func list(
        _ found: Definitions.Canaries, _ path: String, live: [CanaryReport], asJSON: Bool
    ) -> Int32 {
        let mistakes = found.mistakes.map(\.description)
        if asJSON {
            let ones = found.canaries.map { canary in
                Listed.One(
                    name: canary.name, about: canary.about, everySeconds: canary.every / .seconds(1), sku: canary.sku,
                    steps: canary.steps.map(\.name), standing: live.first { $0.name == canary.name })
            }
            terminal.write(json(Listed(canaries: ones, mistakes: mistakes)))
        } else {
            for mistake in mistakes { terminal.write(terminal.paint("wrong  ", .red) + harmless(mistake) + "\n") }
            for canary in found.canaries {
                let steps = canary.steps.map(\.name).joined(separator: ", ")
                let every = one(canary.every / .seconds(1))
                terminal.write(harmless("\(canary.name)  every \(every) s: \(steps). \(canary.about)") + "\n")
                if let one = live.first(where: { $0.name == canary.name }) { terminal.write(standing(one) + "\n") }
            }
            if found.canaries.isEmpty, mistakes.isEmpty { terminal.write("There is no canary in \(path).\n") }
        }
        return mistakes.isEmpty ? ExitCode.success : ExitCode.configuration
    }

    private func show(_ results: [CanaryResult], asJSON: Bool) {
        guard !asJSON else { return terminal.write(json(results)) }
        for result in results {
            let verdict = result.passed ? terminal.paint("passed", .green) : terminal.paint("failed", .red)
            terminal.write("\(verdict)  \(harmless(result.canary)) in \(one(result.seconds * 1_000)) ms\n")
            for step in result.steps {
                let fault = step.fault.map { ": \($0)" } ?? ""
                terminal.write(harmless("  \(step.name)  \(one(step.seconds * 1_000)) ms\(fault)") + "\n")
            }
            if result.leftBehind {
                terminal.write(harmless("  its order may still be there: \(result.order ?? "")") + "\n")
            }
            terminal.write("  trace \(result.trace)\n")
        }
    }
}
