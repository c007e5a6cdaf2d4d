/// What the diagnosis says: a value that follows from the evidence, the history and the record, and can be made again.
public struct Diagnosis: Codable, Sendable, Equatable {
    /// One figure of a sum, in a sentence.
    public struct Share: Codable, Sendable, Equatable {
        public var name: String
        public var points: Double
        public var text: String

        public init(_ name: String, _ points: Double, _ text: String) {
            self.name = name
            self.points = points
            self.text = text
        }
    }

    /// A service or resource that may be the cause; its shares add up to its score.
    public struct Suspect: Codable, Sendable, Equatable {
        public var node: String
        public var metric: String?
        /// Nanoseconds since 1970.
        public var onset: Int64?
        public var score: Double
        public var shares: [Share]

        public init(node: String, metric: String?, onset: Int64?, score: Double, shares: [Share]) {
            self.node = node
            self.metric = metric
            self.onset = onset
            self.score = score
            self.shares = shares
        }
    }

    /// What may have happened, with what speaks for it and against.
    public struct Hypothesis: Codable, Sendable, Equatable {
        public var node: String
        public var category: String
        public var score: Double
        /// How likely it is right, by the record.
        public var confidence: Double
        public var supporting: [Share]
        public var opposing: [Share]
        /// The change it blames, where it blames one.
        public var change: ChangeNotice?

        public init(
            node: String, category: String, score: Double, confidence: Double, supporting: [Share], opposing: [Share],
            change: ChangeNotice? = nil
        ) {
            self.node = node
            self.category = category
            self.score = score
            self.confidence = confidence
            self.supporting = supporting
            self.opposing = opposing
            self.change = change
        }
    }

    /// A signal that would have helped, with its worth.
    public struct Gap: Codable, Sendable, Equatable {
        public var signal: String
        public var worth: Double
        public var reason: String

        public init(signal: String, worth: Double, reason: String) {
            self.signal = signal
            self.worth = worth
            self.reason = reason
        }
    }

    /// The most likely first.
    public var suspects: [Suspect]
    public var hypotheses: [Hypothesis]
    public var missing: [Gap]
    /// Nanoseconds since 1970.
    public var onset: Int64?
    /// The normalised signals, and their weights.
    public var signature: [SignatureTerm]
    /// Earlier incidents of this kind, the nearest first.
    public var similar: [PastOutcome]
    /// Before the record was asked: how far the first hypothesis is ahead.
    public var rawConfidence: Double
    /// How the confidence follows, in a sentence with the counts.
    public var confidenceText: String
    /// The time was over before all evidence had come: this is the best there is.
    public var isBestSoFar: Bool

    public init(
        suspects: [Suspect], hypotheses: [Hypothesis], missing: [Gap] = [], onset: Int64? = nil,
        signature: [SignatureTerm] = [], similar: [PastOutcome] = [], rawConfidence: Double = 0,
        confidenceText: String = "", isBestSoFar: Bool = false
    ) {
        self.suspects = suspects
        self.hypotheses = hypotheses
        self.missing = missing
        self.onset = onset
        self.signature = signature
        self.similar = similar
        self.rawConfidence = rawConfidence
        self.confidenceText = confidenceText
        self.isBestSoFar = isBestSoFar
    }

    /// Nothing is wrong, as far as the evidence tells.
    public var isQuiet: Bool { suspects.isEmpty }
}

/// One term of a signature.
public struct SignatureTerm: Codable, Sendable, Equatable, Comparable {
    public var term: String
    public var weight: Double

    public init(_ term: String, _ weight: Double) {
        self.term = term
        self.weight = weight
    }

    public static func < (left: SignatureTerm, right: SignatureTerm) -> Bool { left.term < right.term }
}

/// How an earlier incident turned out.
public struct PastOutcome: Codable, Sendable, Equatable {
    public var incident: String
    /// Cosine of the two signatures, from 0 to 1; what it was diagnosed from is not told by it alone.
    public var similarity: Double
    public var node: String
    public var category: String
    /// Whether the diagnosis was right, where that is known.
    public var wasRight: Bool?
    /// What was done, and whether it helped; nil where nothing was.
    public var actions: [ActionOrder]
    public var helped: Bool?
    /// Nanoseconds since 1970.
    public var at: Int64

    public init(
        incident: String, similarity: Double, node: String, category: String, wasRight: Bool?,
        actions: [ActionOrder] = [], helped: Bool? = nil, at: Int64
    ) {
        self.incident = incident
        self.similarity = similarity
        self.node = node
        self.category = category
        self.wasRight = wasRight
        self.actions = actions
        self.helped = helped
        self.at = at
    }
}
