import Contracts
import Remedies

/// What the agent sees and does outside of itself; functions, so that its rules run in seconds under any clock.
struct Outside: Sendable {
    /// Nanoseconds since 1970.
    var now: @Sendable () -> Int64
    /// Why a plan must wait for a search that is under way, if it must.
    var search: @Sendable (PlanQuestion) async -> String?
    /// All that a plan is made from, with what these doors see.
    var world: @Sendable (PlanQuestion, _ doors: [ActionOrder]) async -> PlanningWorld
    /// The state now of what an order would change.
    var state: @Sendable (ActionOrder) async throws -> Digest
    var permit: @Sendable (PermitQuestion) async throws -> PermitAnswer
    /// Asks the order's door; `kept` is the plan as it was offered, for what a pull request says.
    var act: @Sendable (_ order: DoorOrder, _ kept: Tables.KeptOffer?) async throws -> DoorAnswer
    /// Whether the symptoms have not grown since a step on that role.
    var gate: @Sendable (_ role: String, _ since: Int64) async throws -> Bool
}
