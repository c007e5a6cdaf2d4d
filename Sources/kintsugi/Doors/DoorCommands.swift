import Bus
import Commands
import Contracts
import Doorkeeping
import Host

/// The part of the command line that speaks of the doors through which agents change the cluster.
extension CommandTree {
    static let door = Command(
        "door", "the doors through which agents change the running cluster; nothing is changed from here",
        commands: [
            Command(
                "show", "shows what is set at a door, in the words of the order that would set it so",
                arguments: [
                    Argument("ROLE", "whose door", kind: .choice(["orders", "inventory", "broker"]))
                ])
        ])
}

/// What a door shows of one action on one target.
struct SeenDoor: Encodable, Sendable, Equatable {
    var action: ActionClass
    var sight: DoorSight
    /// The state that an order must have foreseen.
    var state: String

    init(_ action: ActionClass, _ sight: DoorSight) {
        self.action = action
        self.sight = sight
        state = sight.state(for: action).description
    }
}

extension Operator {
    func door(_ invocation: Invocation, _ places: Places, _ client: ControlClient) throws(Failure) {
        let role = invocation.text("ROLE") ?? ""
        let table = try doorTable(role, client)
        let seen = try onBus(places) { bus in
            let desk = try $ActionDesk<BusSystem>.resolve(id: BusID(role: role), using: bus)
            return try await withCallOptions(patience: .seconds(5), idempotent: true) {
                var seen: [SeenDoor] = []
                for entry in table.entries {
                    seen.append(
                        SeenDoor(entry.action, try await desk.sight(of: entry.action, target: entry.target)))
                }
                return seen
            }
        }
        terminal.write(invocation.has("json") ? json(seen) : DoorReport.text(seen, terminal.paint))
    }

    private func doorTable(_ role: String, _ client: ControlClient) throws(Failure) -> DoorTable {
        switch role {
        case "orders": return .orders
        case "inventory": return .inventory
        default:
            var roles: [String] = []
            for slot in try client.status().slots where !roles.contains(slot.role) { roles.append(slot.role) }
            return .broker(roles: roles)
        }
    }
}

/// What a door shows, for a person.
enum DoorReport {
    static func text(_ seen: [SeenDoor], _ paint: Paint) -> String {
        var table = Table(["ACTION", "TARGET", "SET", "FIGURES"])
        for one in seen {
            table.rows.append([
                one.action.rawValue, one.sight.target, words(one.sight.settings), words(one.sight.figures),
            ])
        }
        return table.text(paint) { row, column in
            let isUsual = seen[row].sight.settings == DoorTable.usual(seen[row].action)
            return column == 2 && !isUsual ? .yellow : nil
        }
    }

    private static func words(_ arguments: [ActionArgument]) -> String {
        arguments.isEmpty ? "–" : arguments.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
    }
}
