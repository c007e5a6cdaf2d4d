public import Contracts

/// Who a call is for: a role and an actor in it, and, only where it matters, one certain worker of the role.
///
/// Two identifiers are equal when all three parts are; whether the actor lives in this process is no part of it.
public struct BusID: Hashable, Sendable, Codable, CustomStringConvertible {
    public let role: String
    /// The actor's name in its process; the main one of a role is called `main`.
    public let actor: String
    /// nil lets the broker choose the worker.
    public let slot: SlotName?

    public init(role: String, actor: String = "main", slot: SlotName? = nil) {
        self.role = role
        self.actor = actor
        self.slot = slot
    }

    public var description: String { "\(slot?.description ?? role)/\(actor)" }
}

/// Why a call has no value.
public enum BusError: Error, Sendable, Equatable, Codable, CustomStringConvertible {
    /// The deadline passed.
    case late(String)
    /// The worker or the broker died with the call in hand; it may or may not have taken effect.
    case lost(String)
    /// A queue is full; try again after so many milliseconds.
    case overloaded(String, retryAfterMilliseconds: Int)
    case unavailable(String)
    case denied(String)
    case noSuchActor(String)
    case noSuchMethod(String)
    case badArguments(String)
    case contractMismatch(String)
    /// In hand at too many deaths.
    case poison(String, deaths: Int)
    case tooLarge(String)
    case malformed(String)
    /// The method threw an error that is not in the registry: the name of its type.
    case failed(String)
    /// This process is leaving the bus, or was put out.
    case closed(String)

    public var description: String {
        switch self {
        case .late(let text): "late: \(text)"
        case .lost(let text): "lost: \(text)"
        case .overloaded(let text, let wait): "overloaded: \(text); try again in \(wait) ms"
        case .unavailable(let text): "unavailable: \(text)"
        case .denied(let text): "denied: \(text)"
        case .noSuchActor(let text): "no such actor: \(text)"
        case .noSuchMethod(let text): "no such method: \(text)"
        case .badArguments(let text): "bad arguments: \(text)"
        case .contractMismatch(let text): "contract mismatch: \(text)"
        case .poison(let text, _): "poison: \(text)"
        case .tooLarge(let text): "too large: \(text)"
        case .malformed(let text): "malformed: \(text)"
        case .failed(let text): "failed: \(text)"
        case .closed(let text): "closed: \(text)"
        }
    }
}
