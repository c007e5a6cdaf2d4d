import Commands
import Contracts

/// What the supervisor is asked for, by command line.
enum Requests {
    /// The request of a command that is nothing but one.
    static func request(for invocation: Invocation) throws(Failure) -> ControlRequest {
        switch invocation.path.first {
        case "down": return .shutdown
        case "restart":
            let target = try target(invocation.text("ROLE[.SLOT]") ?? "")
            return .restart(role: target.role, slot: target.slot, rolling: false)
        case "roll": return .restart(role: try role(invocation.text("ROLE") ?? ""), slot: nil, rolling: true)
        case "scale": return .scale(role: try role(invocation.text("ROLE") ?? ""), count: invocation.number("N") ?? 0)
        case "kill":
            let target = try target(invocation.text("ROLE[.SLOT]") ?? "")
            return .kill(role: target.role, slot: target.slot, signal: try signal(invocation.text("signal") ?? ""))
        default: return .status
        }
    }

    /// `orders` or `orders.2`
    static func target(_ text: String) throws(Failure) -> (role: String, slot: Int?) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        if parts.count == 1 { return (try role(text), nil) }
        guard parts.count == 2, let slot = Int(parts[1]), (1...9_999).contains(slot) else {
            throw usage("expected a role or one worker of it, such as orders or orders.2, found \"\(text)\"")
        }
        return (try role(parts[0]), slot)
    }

    private static func role(_ text: String) throws(Failure) -> String {
        let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
        let others = Array("0123456789-".utf8)
        guard let first = text.utf8.first, letters.contains(first), text.utf8.count <= 32,
            text.utf8.allSatisfy({ letters.contains($0) || others.contains($0) })
        else { throw usage("expected a role such as orders, found \"\(text)\"") }
        return text
    }

    private static let signals: [(name: String, number: Int32)] = [
        ("HUP", 1), ("INT", 2), ("QUIT", 3), ("ILL", 4), ("TRAP", 5), ("ABRT", 6), ("BUS", 7), ("KILL", 9),
        ("USR1", 10), ("SEGV", 11), ("USR2", 12), ("TERM", 15), ("CONT", 18), ("STOP", 19),
    ]

    /// `KILL`, `SIGKILL`, `kill` or `9`
    static func signal(_ text: String) throws(Failure) -> Int32 {
        var name = text.uppercased()
        if name.hasPrefix("SIG") { name.removeFirst(3) }
        if let known = signals.first(where: { $0.name == name || "\($0.number)" == name }) { return known.number }
        throw usage("--signal: expected one of \(signals.map(\.name).joined(separator: ", ")), found \"\(text)\"")
    }

    private static func usage(_ text: String) -> Failure { Failure(text, exit: ExitCode.usage) }
}
