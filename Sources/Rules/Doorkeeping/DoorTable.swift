public import Contracts

/// What is to be done at a door, as an order says it.
public enum DoorDeed: Sendable, Equatable {
    /// These are the settings from now on.
    case set([ActionArgument])
    /// What waits is put aside, or sent away.
    case drain
    /// Dead letters go again: so many, or all.
    case redrive(limit: Int?)
}

/// What can be asked of a door: which actions on which targets, with which arguments.
///
/// | action | arguments, all of them and no others | where nothing was set |
/// |---|---|---|
/// | `pause-queue` | `paused=true` or `false` | `paused=false` |
/// | `drain-queue` | none | |
/// | `redrive` | none, or `limit=N` | |
/// | `breaker` | `to=open`, `closed` or `auto` | `to=auto` |
/// | `shed-load` | `percent=N`, from 0 to 95 | `percent=0` |
public struct DoorTable: Sendable, Equatable {
    /// One action and one role that it may be about.
    public struct Entry: Sendable, Equatable {
        public var action: ActionClass
        public var target: String
    }

    /// More is never turned away: somebody must be served for anybody to see how it goes.
    public static let mostShed = 95
    /// More dead letters are never asked for by number.
    public static let mostRedriven = 1_000_000

    /// The role that serves the door.
    public let door: String
    /// In the order in which they are shown.
    public let entries: [Entry]

    private init(_ door: String, _ rows: [(ActionClass, [String])]) {
        self.door = door
        entries = rows.flatMap { action, targets in targets.map { Entry(action: action, target: $0) } }
    }

    /// The door of the orders service.
    public static let orders = DoorTable(
        "orders",
        [
            (.pauseQueue, ["inventory", "carrier"]), (.drainQueue, ["inventory", "carrier"]),
            (.redrive, ["inventory", "carrier"]), (.breaker, ["carrier"]), (.shedLoad, ["orders"]),
        ])

    /// The door of the inventory service.
    public static let inventory = DoorTable(
        "inventory",
        [
            (.pauseQueue, ["orders"]), (.drainQueue, ["orders"]), (.redrive, ["orders"]), (.shedLoad, ["inventory"]),
        ])

    /// The door of the broker, by the roles of its cluster; nobody may stop itself or the supervisor.
    public static func broker(roles: [String]) -> DoorTable {
        let targets = roles.filter { $0 != "broker" && $0 != "supervisor" }
        return DoorTable("broker", [(.pauseQueue, targets), (.drainQueue, targets)])
    }

    /// Whether there is such a thing to be done here.
    public func has(_ action: ActionClass, _ target: String) -> Bool {
        entries.contains { $0.action == action && $0.target == target }
    }

    /// The targets of an action.
    public func targets(of action: ActionClass) -> [String] {
        entries.filter { $0.action == action }.map(\.target)
    }

    /// What stands where nobody has set anything.
    public static func usual(_ action: ActionClass) -> [ActionArgument] {
        switch action {
        case .pauseQueue: [ActionArgument("paused", "false")]
        case .breaker: [ActionArgument("to", "auto")]
        case .shedLoad: [ActionArgument("percent", "0")]
        default: []
        }
    }

    /// What an order is to do, or why it is none for this door.
    public func deed(of order: ActionOrder) throws(DoorTableFault) -> DoorDeed {
        guard has(order.action, order.target) else {
            let known = entries.map { "\($0.action.rawValue) of \($0.target)" }.joined(separator: ", ")
            throw DoorTableFault(
                "the door \(door): expected one of \(known), found \(order.action.rawValue) of \(order.target)")
        }
        switch order.action {
        case .pauseQueue: return .set([try choice("paused", ["true", "false"], order)])
        case .breaker: return .set([try choice("to", ["open", "closed", "auto"], order)])
        case .shedLoad: return .set([try number("percent", 0...Self.mostShed, order)])
        case .redrive where !order.arguments.isEmpty:
            return .redrive(limit: Int(try number("limit", 1...Self.mostRedriven, order).value))
        case .redrive: return .redrive(limit: nil)
        default:
            guard let surplus = order.arguments.first else { return .drain }
            throw DoorTableFault("\(order.action.rawValue): expected no argument, found \"\(surplus.name)\"")
        }
    }

    private func only(_ name: String, _ order: ActionOrder) throws(DoorTableFault) -> ActionArgument {
        guard order.arguments.count == 1, let argument = order.arguments.first, argument.name == name else {
            let found = order.arguments.map(\.name).joined(separator: ", ")
            throw DoorTableFault(
                "\(order.action.rawValue): expected the argument \(name) and no other, found "
                    + (found.isEmpty ? "none" : found))
        }
        return argument
    }

    private func choice(
        _ name: String, _ words: [String], _ order: ActionOrder
    ) throws(DoorTableFault) -> ActionArgument {
        let argument = try only(name, order)
        guard words.contains(argument.value) else {
            throw DoorTableFault(
                "\(name): expected one of \(words.joined(separator: ", ")), found \"\(argument.value)\"")
        }
        return argument
    }

    private func number(
        _ name: String, _ range: ClosedRange<Int>, _ order: ActionOrder
    ) throws(DoorTableFault) -> ActionArgument {
        let argument = try only(name, order)
        guard let number = Int(argument.value), range.contains(number), String(number) == argument.value else {
            throw DoorTableFault(
                "\(name): expected a number from \(range.lowerBound) to \(range.upperBound), "
                    + "found \"\(argument.value)\"")
        }
        return argument
    }
}

/// Why an order is none for a door.
public struct DoorTableFault: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
