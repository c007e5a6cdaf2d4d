/// A synthetic customer: what it does in the shop, how often, and what it expects.
public struct CanaryDefinition: Sendable, Equatable {
    /// One thing that it does, and the answer that it expects.
    public struct Step: Sendable, Equatable {
        /// What can be done with one order.
        public enum Action: String, Sendable, Equatable, CaseIterable {
            case order, read, delete
        }

        public let action: Action
        /// Pieces, where it orders.
        public let quantity: Int
        /// The status of HTTP that is expected.
        public let status: Int
        /// The status that the order must come to, where it reads; nil for any.
        public let until: String?
        /// For all of the step.
        public let within: Duration

        public init(_ action: Action, quantity: Int = 1, status: Int, until: String? = nil, within: Duration) {
            self.action = action
            self.quantity = quantity
            self.status = status
            self.until = until
            self.within = within
        }

        /// As a person would say it.
        public var name: String { until.map { "\(action.rawValue) until \($0)" } ?? action.rawValue }
    }

    /// When single failures become a state: after so many of the last so many, and back after so many good ones in a row.
    public struct Judgement: Sendable, Equatable {
        public let failures: Int
        public let of: Int
        public let recoveries: Int

        public init(failures: Int, of: Int, recoveries: Int) {
            self.failures = failures
            self.of = of
            self.recoveries = recoveries
        }
    }

    public let name: String
    public let about: String
    public let every: Duration
    /// For all steps together.
    public let deadline: Duration
    /// One that is reserved for synthetic customers.
    public let sku: String
    /// An id that is reserved for them.
    public let customer: String
    public let steps: [Step]
    public let judgement: Judgement

    public init(
        name: String, about: String = "", every: Duration, deadline: Duration, sku: String, customer: String,
        steps: [Step], judgement: Judgement = Judgement(failures: 3, of: 5, recoveries: 3)
    ) {
        self.name = name
        self.about = about
        self.every = every
        self.deadline = deadline
        self.sku = sku
        self.customer = customer
        self.steps = steps
        self.judgement = judgement
    }
}
