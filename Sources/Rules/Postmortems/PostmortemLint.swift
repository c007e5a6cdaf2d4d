import Contracts

/// Something in a document that does not follow from the entries it cites.
public struct LintFault: Sendable, Equatable, CustomStringConvertible {
    /// Where: `summaries.engineer[3]`.
    public var place: String
    public var text: String

    public var description: String { "\(place): \(text)" }
}

/// Holds a document against the entries of the journal that it cites.
///
/// Each sentence is read word by word. What is not one of the few words of the writer's own must be found in what the
/// sentence cites: as a number, a time, a span between two times, a name, or the very words of somebody else. All other
/// fields are derived again.
public struct PostmortemLint: Sendable {
    private let items: [ReplayedEntry]

    /// Against these entries, from the first of the incident on.
    public init(_ items: [ReplayedEntry]) { self.items = items }

    /// All that does not follow; none where everything does.
    public func faults(of document: Postmortem) -> [LintFault] {
        sentenceFaults(of: document) + fieldFaults(of: document)
    }

    /// What in the sentences alone cannot be found in what they cite.
    public func sentenceFaults(of document: Postmortem) -> [LintFault] {
        var found: [LintFault] = []
        func check(_ place: String, _ sentences: [Sentence]) {
            for (index, sentence) in sentences.enumerated() {
                found += faults(of: sentence).map { LintFault(place: "\(place)[\(index)]", text: $0) }
            }
        }
        check("summaries.engineer", document.summaries.engineer)
        check("summaries.payer", document.summaries.payer)
        check("follow_ups", document.followUps)
        check("timeline", document.timeline.map { Sentence($0.text, [$0.entry]) })
        return found
    }

    /// What in one sentence does not follow from the entries that it cites, in sentences.
    public func faults(of sentence: Sentence) -> [String] {
        guard !sentence.entries.isEmpty else { return ["expected at least one entry that it follows from, found none"] }
        var cited: [(item: ReplayedEntry, before: Incident?)] = []
        for number in sentence.entries {
            guard number >= 1, number <= items.count else {
                return ["cites the entry \(number), and the incident has \(items.count)"]
            }
            cited.append((items[number - 1], number > 1 ? items[number - 2].incident : nil))
        }
        guard zip(sentence.entries, sentence.entries.dropFirst()).allSatisfy({ $0 < $1 }) else {
            return ["expected each entry once and in their order, found \(sentence.entries)"]
        }
        let tokens = Tokens(sentence.text)
        guard !tokens.isBroken else { return ["has a quote that does not begin or end"] }
        guard !tokens.words.isEmpty else { return ["says nothing"] }
        let facts = Facts(cited)
        return tokens.words.filter { !Vocabulary.has($0) && !facts.has(word: $0) }.map {
            "\"\($0)\" is in none of the entries \(sentence.entries)"
        }
            + tokens.quotes.filter { !facts.has(quote: $0) }.map {
                "“\($0)” was said in none of the entries \(sentence.entries)"
            } + severed(tokens.words.filter { !Vocabulary.has($0) }, facts)
    }

    /// What the entries tell, and not of each other.
    private func severed(_ told: [String], _ facts: Facts) -> [String] {
        zip(told, told.dropFirst()).filter { facts.separates($0, $1) }.map {
            "\"\($0)\" and \"\($1)\" are told of different things"
        }
    }

    /// What is not as it is when it is derived again.
    public func fieldFaults(of document: Postmortem) -> [LintFault] {
        let again: Postmortem
        do {
            again = try PostmortemWriter.write(
                items, grounds: document.simulationContext.grounds, supersedes: document.supersedes)
        } catch { return [LintFault(place: "journal", text: "\(error)")] }
        let fields: [(String, Bool)] = [
            ("schema", document.schema == again.schema), ("version", document.version == again.version),
            ("form", document.form == again.form), ("incident", document.incident == again.incident),
            ("title", document.title == again.title), ("source", document.source == again.source),
            ("severity", document.severity == again.severity), ("priority", document.priority == again.priority),
            ("follows", document.follows == again.follows), ("outcome", document.outcome == again.outcome),
            ("outcome_reason", document.outcomeReason == again.outcomeReason),
            ("began", document.began == again.began), ("opened", document.opened == again.opened),
            ("ended", document.ended == again.ended),
            ("incident_signature", document.incidentSignature == again.incidentSignature),
            ("root_cause_category", document.rootCauseCategory == again.rootCauseCategory),
            ("diagnosis", document.diagnosis == again.diagnosis),
            ("remediation_action", document.remediationAction == again.remediationAction),
            ("other_actions", document.otherActions == again.otherActions),
            ("human_feedback_score", document.humanFeedbackScore == again.humanFeedbackScore),
            ("feedback", document.feedback == again.feedback), ("impact", document.impact == again.impact),
            ("durations", document.durations == again.durations),
            ("missing_signals", document.missingSignals == again.missingSignals),
            ("timeline", document.timeline == again.timeline), ("follow_ups", document.followUps == again.followUps),
            ("summaries", document.summaries == again.summaries),
            ("simulation_context", document.simulationContext == again.simulationContext),
            ("journal_head", document.journalHead == again.journalHead),
        ]
        return fields.filter { !$0.1 }.map {
            LintFault(place: $0.0, text: "is not what follows from the journal")
        }
    }
}
