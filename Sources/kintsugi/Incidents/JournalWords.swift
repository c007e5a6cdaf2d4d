import Contracts
import Incidents

/// One entry of the journal, read.
struct JournalLine: Encodable {
    let sequence: Int64
    let incident: String
    let number: Int
    /// Nanoseconds since 1970.
    let at: Int64
    let actor: String
    let event: IncidentEvent
    let result: JournalResult
    let digest: Digest

    init(_ entry: JournalEntry) throws(Failure) {
        let (input, result): (IncidentInput, JournalResult)
        do {
            input = try Packed.decode(IncidentInput.self, from: entry.input)
            result = try Packed.decode(JournalResult.self, from: entry.result)
        } catch {
            throw Failure("the entry \(entry.sequence) of the journal cannot be read: \(harmless("\(error)"))")
        }
        sequence = entry.sequence
        incident = entry.incident
        number = entry.number
        at = input.at
        actor = input.actor
        event = input.event
        self.result = result
        digest = entry.digest
    }

    /// For a person, in one line.
    func text(_ paint: Paint) -> String {
        let errand = result.errand.map { ", asks for \($0.rawValue)" } ?? ""
        let note = result.note.isEmpty ? "" : " (\(harmless(result.note)))"
        return "\(TimeWords.date(at))  \(paint(harmless(incident), .bold))  \(harmless(actor))  "
            + "\(harmless(JournalWords.text(event)))  → \(paint(result.stage.rawValue, IncidentWords.colour(result.stage)))"
            + "\(note)\(errand)\n"
    }
}
