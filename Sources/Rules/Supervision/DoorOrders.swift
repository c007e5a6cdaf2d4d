public import Contracts

/// Reads an agent's order as a command to the supervisor.
///
/// | action | arguments | command |
/// |---|---|---|
/// | `restart` | `slot` (a number), or none | all workers of the role, or that one, at once |
/// | `roll` | `slot`, or none | the same, one worker at a time |
/// | `scale` | `count` | so many workers from now on |
public enum DoorOrders {
    /// The command, or why there is none.
    public static func request(for order: ActionOrder) throws(DoorOrderFault) -> ControlRequest {
        switch order.action {
        case .restart, .roll:
            try only(["slot"], order)
            return .restart(
                role: order.target, slot: try number("slot", order, in: 1...9_999), rolling: order.action == .roll)
        case .scale:
            try only(["count"], order)
            guard let count = try number("count", order, in: 0...1_000) else {
                throw DoorOrderFault("scale: expected the argument count, found none")
            }
            return .scale(role: order.target, count: count)
        default:
            throw DoorOrderFault("expected restart, scale or roll, found \(order.action.rawValue)")
        }
    }

    private static func only(_ names: [String], _ order: ActionOrder) throws(DoorOrderFault) {
        for (index, argument) in order.arguments.enumerated() {
            let isTwice = order.arguments[..<index].contains { $0.name == argument.name }
            guard names.contains(argument.name), !isTwice else {
                throw DoorOrderFault(
                    "\(order.action.rawValue): expected at most one argument \(names.joined(separator: ", ")), "
                        + "found \"\(argument.name)\"")
            }
        }
    }

    private static func number(
        _ name: String, _ order: ActionOrder, in range: ClosedRange<Int>
    ) throws(DoorOrderFault) -> Int? {
        guard let text = order.arguments.first(where: { $0.name == name })?.value else { return nil }
        guard let number = Int(text), range.contains(number), String(number) == text else {
            throw DoorOrderFault(
                "\(name): expected a number from \(range.lowerBound) to \(range.upperBound), found \"\(text)\"")
        }
        return number
    }
}

/// Why an order is none for the supervisor.
public struct DoorOrderFault: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
