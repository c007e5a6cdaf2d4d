/// How the sources of a commit become programs, as `config/pipeline.yaml` of that very commit says.
public struct PipelinePlan: Codable, Sendable, Equatable {
    /// How programs are built.
    public enum Configuration: String, Codable, Sendable, Equatable, CaseIterable {
        /// As those were that run.
        case asRunning = "as-running"
        case debug, release
    }

    /// One command, and what it makes.
    public struct Step: Codable, Sendable, Equatable {
        public var name: String
        /// A command line for `/bin/sh -c`, in the folder of the sources.
        public var run: String
        public var withinSeconds: Double
        /// Executables that it makes, to be kept.
        public var products: [String]
        /// Where they are, from the folder of the sources; `$CONFIGURATION` is filled in.
        public var folder: String
        /// It proves the sources, and makes nothing.
        public var isTest: Bool

        public init(
            _ name: String, run: String, withinSeconds: Double, products: [String] = [], folder: String = ".",
            isTest: Bool = false
        ) {
            self.name = name
            self.run = run
            self.withinSeconds = withinSeconds
            self.products = products
            self.folder = folder
            self.isTest = isTest
        }
    }

    public var configuration: Configuration
    /// In their order.
    public var steps: [Step]
    /// Paths that stay between runs, such as `.build`: what is not of the sources and not of these goes.
    public var keep: [String]
    /// The command that tells a good commit from a bad one; nil where commits are not searched.
    public var bisect: Step?

    public init(
        configuration: Configuration = .asRunning, steps: [Step], keep: [String] = [".build"], bisect: Step? = nil
    ) {
        self.configuration = configuration
        self.steps = steps
        self.keep = keep
        self.bisect = bisect
    }

    /// All executables that it makes.
    public var products: [String] { steps.flatMap(\.products) }
}
