/// One line of the journal: what happened to an incident, and what followed.
///
/// Every entry has the digest of the one before it, of all and of its incident: whoever changes, removes or adds one
/// breaks a link.
public struct JournalEntry: Codable, Sendable, Equatable {
    /// From 1, over all incidents.
    public var sequence: Int64
    public var incident: String
    /// From 1, in its incident.
    public var number: Int
    /// The input in packed bytes: time, source and event.
    public var input: [UInt8]
    /// What followed, in packed bytes: see `JournalResult`.
    public var result: [UInt8]
    /// Of the entry before it, of all.
    public var previous: Digest
    /// Of the entry before it in its incident.
    public var before: Digest
    public var digest: Digest

    /// An entry behind two others; nil stands for the beginning.
    public init(
        sequence: Int64, incident: String, number: Int, input: [UInt8], result: [UInt8], previous: Digest?,
        before: Digest?
    ) {
        self.sequence = sequence
        self.incident = incident
        self.number = number
        self.input = input
        self.result = result
        self.previous = previous ?? Self.beginning
        self.before = before ?? Self.beginning
        digest = Self.beginning
        digest = ownDigest
    }

    /// What the first entry has before it.
    public static let beginning = Digest("kintsugi journal 1", of: [])

    /// What its digest must be.
    public var ownDigest: Digest {
        var writer = PackedWriter(capacity: input.count + result.count + 160)
        writer.list(count: 7)
        writer.signed(sequence)
        writer.text(incident)
        writer.signed(Int64(number))
        writer.data(input)
        writer.data(result)
        writer.data(previous.bytes)
        writer.data(before.bytes)
        return Digest("kintsugi journal entry 1", of: writer.bytes)
    }
}

/// What followed from an input, for people and for replay.
public struct JournalResult: Codable, Sendable, Equatable {
    public var stage: IncidentStage
    public var generation: Int
    public var note: String
    /// The step in hand, with its errand.
    public var step: String?
    public var errand: IncidentStep.Errand?
    /// Of the whole incident as it is now.
    public var incident: Digest

    public init(_ state: Incident, digest: Digest) {
        stage = state.stage
        generation = state.generation
        note = state.note
        step = state.step?.id
        errand = state.step?.errand
        incident = digest
    }
}
