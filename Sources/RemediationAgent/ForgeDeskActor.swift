import Bus
import Contracts
import Distributed
import Forge
import Host

/// Answers about pull requests, for people's tools.
distributed actor ForgeDeskActor: ForgeDesk {
    typealias ActorSystem = BusSystem

    /// Who may ask, and who speaks for people: they say who it is, and the record names both.
    private static let readers = ["comms", "operator", "triage", "telemetry"]
    private static let speakers = ["comms", "operator"]
    private static let mostCommits = 500

    private let forge: any Forge
    private let repository: Repository
    private let now: @Sendable () -> Int64

    init(
        _ forge: any Forge, _ repository: Repository, now: @escaping @Sendable () -> Int64, actorSystem: BusSystem
    ) {
        self.forge = forge
        self.repository = repository
        self.now = now
        self.actorSystem = actorSystem
    }

    private func check(_ question: String, among allowed: [String]) throws {
        let caller = CallContext.current.caller
        guard let role = SlotName(caller)?.role, allowed.contains(role) else {
            throw RemediationFault.notForYou(question: question, caller: caller, allowed: allowed)
        }
    }

    private func refusing<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        do { return try await body() } catch let fault as ForgeFault {
            throw ForgeRefusal(fault.description, isPassing: fault.isPassing)
        }
    }

    distributed func pulls(in state: Pull.State?) async throws -> [Pull] {
        try check("pulls", among: Self.readers)
        return try await refusing { try await forge.pulls(state) }
    }

    distributed func pull(numbered number: Int) async throws -> PullView {
        try check("pull", among: Self.readers)
        return try await refusing { PullView(pull: try await forge.pull(number), diff: try await forge.diff(number)) }
    }

    distributed func review(_ number: Int, _ review: PullReview) async throws -> Pull {
        try check("review", among: Self.speakers)
        return try await refusing { try await forge.review(number, review) }
    }

    distributed func merge(_ number: Int, by person: String, head: String) async throws -> Pull {
        try check("merge", among: Self.speakers)
        return try await refusing { try await forge.merge(number, by: person, head: head, at: now()) }
    }

    distributed func close(_ number: Int, by person: String, why: String) async throws -> Pull {
        try check("close", among: Self.speakers)
        return try await refusing { try await forge.close(number, by: person, why: why, at: now()) }
    }

    distributed func history(_ limit: Int) async throws -> [MainCommit] {
        try check("history", among: Self.readers)
        return try await refusing {
            try await repository.aside { (repository) throws(ForgeFault) in
                try repository.log(limit: min(max(limit, 0), Self.mostCommits)).map {
                    MainCommit(
                        commit: $0.hash, author: $0.author, title: $0.subject, incident: $0.trailer("Incident"),
                        at: $0.at)
                }
            }
        }
    }
}
