public import Contracts
public import Incidents
public import Postmortems

/// Why nothing was written.
public enum ChronicleFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// The journal does not hold, or does not follow from its inputs.
    case journal(incident: String, text: String)
    /// What was written does not follow from the journal: a fault of the writer, and nothing is kept of it.
    case unfaithful(incident: String, faults: [LintFault])
    /// There is nothing yet to which it could be added.
    case noDocument(incident: String)

    public var description: String {
        switch self {
        case .journal(let incident, let text): "the journal of \(incident) does not hold: \(text)"
        case .unfaithful(let incident, let faults):
            "the post-mortem of \(incident) does not follow from its journal: "
                + faults.prefix(3).map(\.description).joined(separator: "; ")
        case .noDocument(let incident): "\(incident) has no post-mortem yet: it is written when the incident is over"
        }
    }
}

/// Makes an incident anew, entry by entry.
public enum Replaying {
    /// Every entry with its input and with the incident that follows from the inputs; the links are followed, and what the
    /// journal says that followed is held against what does.
    public static func items(_ entries: [JournalEntry], by lifecycle: Lifecycle) throws -> [ReplayedEntry] {
        guard let incident = entries.first?.incident else { throw PostmortemFault.noEntries }
        func broken(_ text: String) -> ChronicleFault { .journal(incident: incident, text: text) }
        var check = JournalCheck(isWhole: false)
        var inputs: [IncidentInput] = []
        for entry in entries {
            guard entry.incident == incident else { throw broken("entry \(entry.sequence) is of \(entry.incident)") }
            if let fault = check.take(entry) { throw broken(fault.description) }
            inputs.append(try Packed.decode(IncidentInput.self, from: entry.input))
        }
        let states = try lifecycle.replay(incident, inputs)
        for (entry, state) in zip(entries, states) {
            let told = try Packed.decode(JournalResult.self, from: entry.result)
            guard told == JournalResult(state, digest: try state.digest) else {
                throw broken(
                    "entry \(entry.sequence) says \(told.stage.rawValue) (\(told.note)); from the inputs follows "
                        + "\(state.stage.rawValue) (\(state.note))")
            }
        }
        return zip(zip(entries, inputs), states).map { ReplayedEntry($0.0, $0.1, $1) }
    }

    /// Where an incident became over, or over in another way: a document belongs to each.
    static func ends(_ items: [ReplayedEntry]) -> [Int] {
        items.indices.filter { index in
            let stage = items[index].incident.stage
            return stage.isOver && (index == 0 || items[index - 1].incident.stage != stage)
        }
    }
}
