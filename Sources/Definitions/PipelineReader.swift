import Contracts
public import Remedies
public import Settings

extension Definitions {
    /// Reads how sources become programs; throws every mistake at once.
    public static func pipeline(path: String) throws(ConfigurationError) -> PipelinePlan {
        try PipelineReader.read(try Document(path: path))
    }

    /// Reads it from a text; `name` is how messages call it.
    public static func pipeline(text: String, name: String) throws(ConfigurationError) -> PipelinePlan {
        try PipelineReader.read(try Document(bytes: Array(text.utf8), name: name))
    }
}

/// Reads `pipeline.yaml`.
enum PipelineReader {
    /// Steps that every run has.
    private static let own = ["checkout", "keep"]

    static func read(_ document: Document) throws(ConfigurationError) -> PipelinePlan {
        try document.read { whole($0) }
    }

    private static func whole(_ top: Section) -> PipelinePlan {
        _ = top.required("version", .wholeNumber(in: 1...1))
        let steps = top.sections("steps", atMost: 20) { step($0) }
        if steps.isEmpty { top.refuse("steps", "expected at least one step, found none") }
        for (index, step) in steps.enumerated() {
            if own.contains(step.name) {
                top.refuse("steps", "expected another name than \(step.name): every run has a step of that name")
            }
            if steps[..<index].contains(where: { $0.name == step.name }) {
                top.refuse("steps", "expected each name once, found \(step.name) again")
            }
        }
        let products = steps.flatMap(\.products)
        if products.isEmpty { top.refuse("steps", "expected a step with products, found none that keeps anything") }
        if let double = products.enumerated().first(where: { products[..<$0.offset].contains($0.element) }) {
            top.refuse("steps", "expected each product once, found \(double.element) again")
        }
        return PipelinePlan(
            configuration: top.value(
                "configuration", .choice(of: PipelinePlan.Configuration.self), otherwise: .asRunning),
            steps: steps, keep: top.has("keep") ? top.list("keep", of: path, atMost: 50) : [".build"],
            bisect: top.optionalSection("bisect") { section in
                PipelinePlan.Step(
                    "bisect", run: section.required("run", command), withinSeconds: within(section), isTest: true)
            })
    }

    private static func step(_ section: Section) -> PipelinePlan.Step {
        let step = PipelinePlan.Step(
            section.required("name", .name), run: section.required("run", command), withinSeconds: within(section),
            products: section.list("products", of: product, atMost: 100),
            folder: section.value("from", path, otherwise: "."),
            isTest: section.value("test", .boolean, otherwise: false))
        if step.isTest, !step.products.isEmpty {
            section.refuse("products", "expected none of a test, found \(step.products.joined(separator: ", "))")
        }
        return step
    }

    private static func within(_ section: Section) -> Double {
        section.required("within", .duration(in: .seconds(1)...(.seconds(14_400)))).inSeconds
    }

    /// A command line may have several lines.
    private static var command: Scalar<String> {
        .matching("a command line of 1 to 4000 characters", standIn: "true") { text in
            (1...4_000).contains(text.utf8.count) && !text.utf8.contains(0)
                && text.contains { !$0.isWhitespace }
        }
    }

    private static var product: Scalar<String> {
        .matching("the name of an executable, without a folder", standIn: "name") { text in
            (1...100).contains(text.utf8.count) && !text.contains("/") && !text.hasPrefix(".")
                && text != "manifest.json" && text.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F }
        }
    }

    /// A path within the sources.
    private static var path: Scalar<String> {
        .matching("a path within the sources, without ..", standIn: ".") { text in
            (1...400).contains(text.utf8.count) && !text.hasPrefix("/")
                && !text.split(separator: "/").contains("..")
                && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
        }
    }
}
