import Definitions
import Remedies
import Settings
import Testing

@Suite struct PipelineReaderTests {
    private static let right = """
        version: 1
        configuration: release
        steps:
          - name: build
            run: make all
            within: 10m
            from: out/$CONFIGURATION
            products: [Tool, Other]
          - {name: check, run: make check, within: 90s, test: true}
        keep: [.build, out]
        bisect: {run: make check, within: 5m}
        """

    private func mistakes(_ text: String) -> [String] {
        do {
            _ = try Definitions.pipeline(text: text, name: "p.yaml")
            return []
        } catch { return error.mistakes.map(\.description) }
    }

    @Test func whatItSaysIsRead() throws {
        let plan = try Definitions.pipeline(text: Self.right, name: "p.yaml")
        #expect(
            plan.steps == [
                .init(
                    "build", run: "make all", withinSeconds: 600, products: ["Tool", "Other"],
                    folder: "out/$CONFIGURATION"),
                .init("check", run: "make check", withinSeconds: 90, isTest: true),
            ])
        #expect(plan.configuration == .release && plan.keep == [".build", "out"])
        #expect(plan.bisect == .init("bisect", run: "make check", withinSeconds: 300, isTest: true))
        #expect(plan.products == ["Tool", "Other"])
    }

    @Test func whatIsShippedIsRight() throws {
        let plan = try Definitions.pipeline(path: "config/pipeline.yaml")
        #expect(plan.configuration == .asRunning && plan.products.contains("OMSActor"))
    }

    @Test(
        "a mistake is told with its line",
        arguments: [
            ("run: make all", "runn: make all", "p.yaml:5: steps[0].run"),
            ("name: check", "name: build", "expected each name once, found build again"),
            ("name: check", "name: keep", "expected another name than keep"),
            ("within: 10m", "within: 0s", "p.yaml:6"), ("[Tool, Other]", "[a/b]", "the name of an executable"),
            ("[Tool, Other]", "[Tool, Tool]", "expected each product once, found Tool again"),
            ("from: out/$CONFIGURATION", "from: ../out", "a path within the sources"),
            ("test: true}", "test: true, products: [More]}", "expected none of a test, found More"),
            ("products: [Tool, Other]", "products: []", "expected a step with products"),
            ("keep: [.build, out]", "keep: [/]", "a path within the sources"),
            ("configuration: release", "configuration: fast", "as-running, debug or release"),
        ])
    func mistakeIsTold(right: String, wrong: String, told: String) {
        let text = Self.right.replacing(right, with: wrong)
        let found = mistakes(text)
        #expect(found.contains { $0.contains(told) }, "\(found)")
    }
}
