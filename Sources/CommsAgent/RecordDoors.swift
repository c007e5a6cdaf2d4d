import Archive
import Chronicling
import Contracts
import Postmortems
import Reckoning
import Web

/// What was written of incidents that are over.
struct RecordDoors: Sendable {
    /// The folder of the archive; it is made when the first incident is over.
    let folder: String
    let library: Library
    let neighbours: Neighbours

    var routes: [Route] { [list, show, markdown, search, figures] }

    private static let id: TextShape = .text(1...64, .word)

    /// The archive as it is now; nil while there is none.
    private func shelf() throws -> Shelf? {
        do { return try Shelf(folder) } catch ArchiveFault.notThere { return nil } catch {
            throw Problem(500, "The archive does not hold: see kintsugi postmortem verify.")
        }
    }

    private var list: Route {
        Route(
            .get, "/api/postmortems", "Lists post-mortems, the latest first", roles: Acting.see,
            asks: Parameters { $0.query("limit", .integer(1...1_000), otherwise: 100) },
            answers: [.ok(ObjectOf("postmortems: a list, each in a line"))]
        ) { _, limit in
            guard let shelf = try shelf() else { return try .value(["postmortems": [Line]()]) }
            let lines = try shelf.documents.suffix(limit).reversed().map { record in
                Line(record, try shelf.document(record), try shelf.addenda(to: record).count)
            }
            return try .value(["postmortems": lines])
        }
    }

    private struct Line: Encodable {
        var incident: String
        var digest: Digest
        var title: String
        var outcome: IncidentStage
        var category: String?
        var ended: String
        var written: Int64
        var score: Int?
        var addenda: Int

        init(_ record: ArchiveRecord, _ document: Postmortem, _ addenda: Int) {
            incident = record.incident
            digest = record.digest
            title = document.title
            outcome = document.outcome
            category = document.rootCauseCategory
            ended = document.ended.description
            written = record.at
            score = document.humanFeedbackScore
            self.addenda = addenda
        }
    }

    private func found(_ incident: String) throws -> (record: ArchiveRecord, shelf: Shelf) {
        guard let shelf = try shelf(), let record = shelf.documents.last(where: { $0.incident == incident }) else {
            throw Problem.notFound("\(incident) has no post-mortem: one is written when an incident is over.")
        }
        return (record, shelf)
    }

    private var show: Route {
        Route(
            .get, "/api/postmortems/{incident}", "A post-mortem, as docs/schemas/postmortem.schema.json has it",
            roles: Acting.see, asks: .path("incident", Self.id),
            answers: [.ok(ObjectOf("the document")), .notFound("There is none.")]
        ) { _, incident in
            let (record, shelf) = try found(incident)
            return Response(.json, try shelf.bytes(record))
        }
    }

    private var markdown: Route {
        Route(
            .get, "/api/postmortems/{incident}/markdown", "A post-mortem for people", roles: Acting.see,
            asks: .path("incident", Self.id), answers: [.text("Markdown."), .notFound("There is none.")]
        ) { _, incident in
            let (record, shelf) = try found(incident)
            return .text(
                PostmortemText.markdown(try shelf.document(record), addenda: try shelf.addenda(to: record)))
        }
    }

    private var search: Route {
        Route(
            .get, "/api/search", "Finds post-mortems, runbooks and notes by their words", roles: Acting.see,
            asks: Parameters { reader in
                (
                    words: reader.query("q", .text(1...500), "Words of anybody."),
                    limit: reader.query("limit", .integer(1...100), otherwise: 20)
                )
            }, answers: [.ok(ObjectOf("hits: a list, the nearest first"))]
        ) { _, wish in
            try .value(["hits": try await library.search(KnowledgeQuestion(text: wish.words, limit: wish.limit))])
        }
    }

    private var figures: Route {
        Route(
            .get, "/api/kpis", "How incidents went: times, automation, false actions, noise, calibration",
            roles: Acting.see, answers: [.ok(ObjectOf("indicators, recommendations"))]
        ) { _ in
            let figures = try library.figures()
            // Without Telemetry the figure is not there; the others are.
            let budgets = (try? await neighbours.telemetry { try await $0.objectives() })?.objectives.map {
                BudgetStanding(objective: $0.name, service: $0.service, left: $0.budgetLeft)
            }
            return try .value(
                FiguresView(Indicators(figures, budgets: budgets ?? []), Recommendations.of(figures)))
        }
    }
}

/// How incidents went, by plain names: spans in seconds are medians, shares are from 0 to 1, and what is not known is left out.
struct FiguresView: Encodable, Sendable {
    struct Group: Encodable, Sendable {
        var incidents: Int
        var mttdSeconds: Double?
        var mttaSeconds: Double?
        var mttrSeconds: Double?

        init(_ group: Indicators.Group) {
            incidents = group.incidents
            mttdSeconds = group.detection?.median
            mttaSeconds = group.acknowledgement?.median
            mttrSeconds = group.resolution?.median
        }
    }

    var incidents: Int
    var noise: Int
    var automationShare: Double?
    var falseActionsShare: Double?
    var noiseReductionShare: Double?
    var preventedShare: Double?
    var objectivesKeptShare: Double?
    var brier: Double?
    var byCategory: [String: Group]
    var byMonth: [String: Group]
    var reliability: [Indicators.Reliability]
    var recommendations: [Recommendation]

    init(_ found: Indicators, _ recommendations: [Recommendation]) {
        incidents = found.incidents
        noise = found.noise
        automationShare = found.automation.share
        falseActionsShare = found.falseActions.share
        noiseReductionShare = found.noiseReduction.share
        preventedShare = found.prevented.share
        objectivesKeptShare = found.objectives.share
        brier = found.brier
        reliability = found.reliability
        self.recommendations = recommendations
        byCategory = [:]
        byMonth = [:]
        for group in found.groups {
            if let category = group.category {
                byCategory[group.month.map { "\(category) \($0)" } ?? category] = Group(group)
            } else {
                byMonth[group.month ?? "all"] = Group(group)
            }
        }
    }
}
