public import Distributed

/// The door of a process that agents may ask to change something: the broker, orders, inventory, the forge.
///
/// The supervisor has such a door, too, with words of its own (`SupervisorDesk.act`).
@Resolvable
public protocol ActionDesk: DistributedActor where ActorSystem: DistributedActorSystem<any Codable> {
    /// How what an action would change stands now.
    distributed func sight(of action: ActionClass, target: String) async throws -> DoorSight
    /// Carries an order out, if its capability permits exactly this; asked again, it does nothing twice and answers the same.
    distributed func perform(_ order: DoorOrder) async throws -> DoorAnswer
}

/// What a door sees of that which an action would change.
public struct DoorSight: Codable, Sendable, Equatable {
    public var door: String
    public var target: String
    /// What is set now, as the arguments of the order that would set it so: it is what the inverse of a step is made of.
    public var settings: [ActionArgument]
    /// Figures that change by themselves, for people; no part of the state.
    public var figures: [ActionArgument]

    public init(door: String, target: String, settings: [ActionArgument], figures: [ActionArgument] = []) {
        self.door = door
        self.target = target
        self.settings = settings.sorted()
        self.figures = figures
    }

    /// The state that an order must have foreseen.
    public func state(for action: ActionClass) -> Digest {
        DoorState.digest(action, door: door, target: target, settings: settings)
    }
}

/// The state of what an action changes: whoever plans can tell that after a step, which has the step's arguments for settings.
public enum DoorState {
    public static func digest(_ action: ActionClass, door: String, target: String, settings: [ActionArgument]) -> Digest
    {
        var writer = PackedWriter()
        writer.list(count: 3 + settings.count * 2)
        for text in [action.rawValue, door, target] { writer.text(text) }
        for setting in settings.sorted() {
            writer.text(setting.name)
            writer.text(setting.value)
        }
        return Digest("kintsugi door state 1", of: writer.bytes)
    }
}
