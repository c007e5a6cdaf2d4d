public import Contracts

/// What was set at a door, as far as it is not as usual.
public struct DoorSettings: Sendable, Equatable {
    /// One setting, as a row of a store has it.
    public struct Row: Sendable, Equatable {
        public var action: ActionClass
        public var target: String
        public var argument: ActionArgument

        public init(_ action: ActionClass, _ target: String, _ argument: ActionArgument) {
            self.action = action
            self.target = target
            self.argument = argument
        }
    }

    /// Whether whom a breaker guards is asked.
    public enum Breaker: String, Sendable, Equatable {
        /// It decides by itself.
        case auto
        /// Never.
        case open
        /// Always.
        case closed
    }

    private var rows: [Row]

    /// As a store has them; none where nobody has set anything.
    public init(_ rows: [Row] = []) { self.rows = rows }

    /// What is set of an action on a target, as the arguments of the order that would set it so.
    public func settings(of action: ActionClass, _ target: String) -> [ActionArgument] {
        DoorTable.usual(action).map { usual in
            rows.last { $0.action == action && $0.target == target && $0.argument.name == usual.name }?.argument
                ?? usual
        }
    }

    /// From now on.
    public mutating func set(_ action: ActionClass, _ target: String, _ arguments: [ActionArgument]) {
        rows.removeAll { $0.action == action && $0.target == target }
        rows += arguments.map { Row(action, target, $0) }
    }

    /// Whether nothing more is sent, or given, to a target.
    public func isPaused(_ target: String) -> Bool { value(.pauseQueue, target) == "true" }

    /// What the breaker to a target is held at.
    public func breaker(_ target: String) -> Breaker { Breaker(rawValue: value(.breaker, target)) ?? .auto }

    /// The share of requests that is turned away, in percent.
    public func shed(_ target: String) -> Int { min(max(Int(value(.shedLoad, target)) ?? 0, 0), DoorTable.mostShed) }

    /// The targets to which nothing is sent, in the table's order: their queue is paused, or their breaker held open.
    public func held(_ table: DoorTable) -> [String] {
        table.targets(of: .pauseQueue).filter { isPaused($0) || breaker($0) == .open }
    }

    private func value(_ action: ActionClass, _ target: String) -> String {
        settings(of: action, target).first?.value ?? ""
    }
}

extension DoorTable {
    /// The state that an order must have foreseen.
    public func state(of action: ActionClass, _ target: String, _ settings: DoorSettings) -> Digest? {
        guard has(action, target) else { return nil }
        return DoorState.digest(action, door: door, target: target, settings: settings.settings(of: action, target))
    }

    /// What a deed of this door changed, in a sentence; `count` is of the messages, or calls, that it was about.
    public func sentence(_ order: ActionOrder, _ deed: DoorDeed, count: Int = 0) -> String {
        let target = order.target
        switch (order.action, deed) {
        case (.pauseQueue, .set(let words)):
            let paused = words.first?.value == "true"
            if door == "broker" { return "calls to \(target) \(paused ? "wait" : "are given out again")" }
            return paused ? "\(door) sends nothing more to \(target)" : "\(door) sends to \(target) again"
        case (.breaker, .set(let words)):
            return switch words.first?.value {
            case "open": "the breaker of \(door) to \(target) is held open: it is not asked"
            case "closed": "the breaker of \(door) to \(target) is held closed: it is always asked"
            default: "the breaker of \(door) to \(target) decides by itself"
            }
        case (.shedLoad, .set(let words)):
            return "\(door) turns \(words.first?.value ?? "0") % of what would be written away"
        case (_, .drain):
            return door == "broker"
                ? "\(count) calls that waited for \(target) were sent away"
                : "\(count) messages of \(door) for \(target) were put aside, into the dead letters"
        case (_, .redrive): return "\(count) dead letters of \(door) for \(target) are sent again"
        case (_, .set): return "\(order.action.rawValue) of \(target) is set"
        }
    }
}
