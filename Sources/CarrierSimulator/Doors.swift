import Service
import Signals
import Web

/// The carrier's routes.
struct Doors: Sendable {
    let carrier: Carrier

    var sign: ServiceDoor.Sign {
        ServiceDoor.Sign(
            title: "Carrier", version: "1", about: "Books parcels; a simulator, which can be told to do it badly.",
            addresses: ["http://127.0.0.1:8090"])
    }

    var routes: [Route] { [book, cancel, parcels, showBehaviour, changeBehaviour] }

    private static let answers: [Answer] = [.ok(ParcelAnswer.shape)]

    private var book: Route {
        Route(
            .post, "/bookings", "Books parcels, each on its own", roles: .anyKey,
            takes: ParcelRequest.shape("Bookings", "Parcels to carry."), answers: Self.answers
        ) { _, items in
            try await traced("book parcel", items) { try await treated(items) { try await carrier.book(items) } }
        }
    }

    private var cancel: Route {
        Route(
            .post, "/cancellations", "Cancels parcels, each on its own", roles: .anyKey,
            takes: ParcelRequest.shape("Cancellations", "Parcels not to carry."), answers: Self.answers
        ) { _, items in
            try await traced("cancel parcel", items) { try await treated(items) { try await carrier.cancel(items) } }
        }
    }

    private var parcels: Route {
        Route(
            .get, "/parcels", "Shows the carrier's book", roles: .anyKey,
            asks: Parameters { query in
                (
                    after: query.query(
                        "after", .integer(0...Int.max >> 8), otherwise: 0, "The number before the first."),
                    limit: query.query("limit", .integer(1...1_000), otherwise: 1_000)
                )
            }, answers: [.ok(ParcelPage.shape)]
        ) { _, page in
            let parcels = try await answering { try await carrier.parcels(after: Int64(page.after), limit: page.limit) }
            return .ok(ParcelPage(parcels: parcels))
        }
    }

    private var showBehaviour: Route {
        Route(
            .get, "/behaviour", "Shows how the carrier treats its callers", roles: .anyKey,
            answers: [.ok(Behaviour.shape)]
        ) { _ in .ok(await carrier.behaviour) }
    }

    private var changeBehaviour: Route {
        Route(
            .put, "/behaviour", "Changes how the carrier treats its callers", roles: ["operator"],
            takes: Behaviour.shape, answers: [.ok(Behaviour.shape)]
        ) { _, behaviour in
            await carrier.behave(behaviour)
            return .ok(behaviour)
        }
    }

    /// A span for each parcel that came with a trace: what it took, and how it ended.
    private func traced(
        _ name: String, _ items: [ParcelRequest], _ work: () async throws -> Response
    ) async throws -> Response {
        var spans = items.compactMap { item in
            item.trace.flatMap { TraceContext(traceparent: $0) }.map { Span(name, kind: .server, parent: $0) }
        }
        do {
            let response = try await work()
            for index in spans.indices { spans[index].end() }
            spans.forEach(Tracer.standard.finish)
            return response
        } catch {
            for index in spans.indices { spans[index].end(.error("\(error)")) }
            spans.forEach(Tracer.standard.finish)
            throw error
        }
    }

    /// An answer as the carrier's behaviour has it. What it answers wrongly it has done all the same.
    private func treated(
        _ items: [ParcelRequest], _ work: @Sendable () async throws -> [ParcelAnswer]
    ) async throws -> Response {
        // Stands for the way to a carrier that is not on this host.
        if carrier.distance > .zero { try await Task.sleep(for: carrier.distance) }
        let treatment = await carrier.treatment()
        switch treatment {
        case .down: throw Problem.unavailable("The carrier is closed for now.", retryAfter: .seconds(2))
        case .limiting:
            throw Problem(429, "At most \(Carrier.batchesPerSecond) batches a second.", retryAfter: .seconds(1))
        case .slow:
            // Stands for a carrier that takes its time.
            try await Task.sleep(for: .milliseconds(await carrier.behaviour.delayMilliseconds))
        case .refusing: return .ok(ParcelAnswers(results: items.map(\.refusal)))
        case .good, .wrong: break
        }
        let answers = try await answering { try await work() }
        guard treatment == .wrong else { return .ok(ParcelAnswers(results: answers)) }
        guard let spoilt = await carrier.spoilt(answers) else { return Response(.json, Array("{\"results\":[{".utf8)) }
        return .ok(ParcelAnswers(results: spoilt))
    }
}
