import Contracts

/// A cluster's status for a person: a sentence, and a table of the workers.
struct StatusReport {
    let status: ClusterStatus
    let paint: Paint

    private static let titles = [
        "ROLE", "SLOT", "PID", "STATE", "UPTIME", "RESTARTS", "CPU", "MEMORY", "QUEUE", "IN FLIGHT", "LAST START",
    ]
    /// Numbers stand below each other at their ends.
    private static let rightAligned: Set<Int> = [1, 2, 5, 6, 7, 8, 9]
    private static let stateColumn = 3
    private static let nothing = "–"

    func render() -> String {
        let rows = status.slots.map(row)
        let widths = Self.titles.indices.map { column in
            ([Self.titles] + rows).map { $0[column].count }.max() ?? 0
        }
        var lines = [sentence, ""]
        lines.append(paint(line(Self.titles, widths), .bold))
        for (row, slot) in zip(rows, status.slots) {
            lines.append(line(row, widths) { paint($0, colour(of: slot.state)) })
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var sentence: String {
        let ready = status.slots.count { $0.state == "ready" }
        let failed = status.slots.filter { $0.state == "failed" }.map(\.role)
        let processes =
            switch (ready, status.slots.count) {
            case (_, 0): "it has no processes"
            case (1, 1): "its only process is ready"
            case (0, 1): "its only process is not ready"
            case (let ready, let all) where ready == all: "all of its \(all) processes are ready"
            case (let ready, let all): "\(ready) of its \(all) processes \(ready == 1 ? "is" : "are") ready"
            }
        var text =
            "The cluster in \(harmless(status.data)) has been up for \(Quantities.duration(status.uptimeSeconds)); "
        text += "\(processes)."
        if !failed.isEmpty {
            var names: [String] = []
            for name in failed where !names.contains(name) { names.append(name) }
            text += paint(" Given up for now: \(names.joined(separator: ", ")).", .red)
        }
        return text
    }

    private func row(_ slot: SlotStatus) -> [String] {
        var memory = slot.memoryBytes.map(Quantities.bytes) ?? Self.nothing
        if let limit = slot.memoryLimitBytes { memory += " of \(Quantities.bytes(limit))" }
        return [
            slot.role, "\(slot.slot)", slot.pid.map { "\($0)" } ?? Self.nothing, slot.state,
            slot.uptimeSeconds.map(Quantities.duration) ?? Self.nothing, "\(slot.restarts)",
            slot.processorPercent.map(Quantities.percent) ?? Self.nothing, memory,
            slot.queued.map { "\($0)" } ?? Self.nothing, slot.inFlight.map { "\($0)" } ?? Self.nothing,
            slot.lastReason ?? Self.nothing,
        ].map(harmless)
    }

    private func line(_ cells: [String], _ widths: [Int], state: (String) -> String = { $0 }) -> String {
        let padded = cells.enumerated().map { column, text in
            let space = String(repeating: " ", count: widths[column] - text.count)
            let cell = Self.rightAligned.contains(column) ? space + text : text + space
            return column == Self.stateColumn ? state(cell) : cell
        }
        var line = padded.joined(separator: "  ")
        while line.last == " " { line.removeLast() }
        return line
    }

    private func colour(of state: String) -> Paint.Colour? {
        switch state {
        case "ready": .green
        case "failed": .red
        case "down": .grey
        default: .yellow
        }
    }
}
