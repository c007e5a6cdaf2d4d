import Bus
import Contracts
import Glibc
import Signals
import Store
import Worker

/// Listens to the cluster's own topics, and hands on what they say.
struct Hearing: Sendable {
    let agent: TelemetryAgent
    let bus: BusSystem
    let data: String
    let exporter: Exporter?

    /// Starts to listen; it ends with the process.
    func start() {
        listen("metrics.", MetricsReport.self) { report, sender in
            // A process speaks for itself only.
            guard report.slot.description == sender else { return }
            await agent.hear(report)
            await exporter?.take(report)
        }
        listen("spans.", SpanReport.self) { report, sender in
            guard report.slot.description == sender else { return }
            await agent.hear(report)
            await exporter?.take(report)
        }
        listen("logs.", LogReport.self) { report, sender in
            guard report.slot.description == sender else { return }
            await agent.hear(report)
            await exporter?.take(report)
        }
        listen("cluster.processes", ProcessNotice.self) { notice, _ in await agent.hear(notice) }
        listen("changes.", ChangeNotice.self) { change, _ in await agent.hear(change) }
        Task {
            while !Task.isCancelled {
                await agent.look()
                await measureDisk()
                // A cancelled sleep ends the loop.
                do { try await Task.sleep(for: .milliseconds(200)) } catch { return }
            }
        }
    }

    private func listen<Report: Decodable & Sendable & SendableMetatype>(
        _ prefix: String, _ type: Report.Type, _ hear: @escaping @Sendable (Report, String) async -> Void
    ) {
        // As much as a few seconds of a large cluster.
        let events = bus.subscribe(prefix, buffer: 8_192)
        Task {
            for await event in events {
                if event.missed > 0 {
                    await agent.missed("publications on \(prefix)", count: Int(clamping: event.missed))
                }
                guard let report = try? Packed.decode(type, from: event.body) else {
                    await agent.missed("publications on \(prefix) that nobody could read", count: 1)
                    continue
                }
                await hear(report, event.sender)
            }
        }
    }

    private func measureDisk() async {
        var figures = statvfs()
        guard statvfs(data, &figures) == 0, figures.f_blocks > 0 else { return }
        let whole = Double(figures.f_blocks) * Double(figures.f_frsize)
        await agent.heard(disk: whole - Double(figures.f_bavail) * Double(figures.f_frsize), of: whole)
    }
}

/// Takes what OpenTelemetry's door reads: counted on disk first, so that what was answered is never lost from the
/// counts, whatever happens then.
struct Receiving: Sendable {
    private static let mostWaiting = 100_000

    let agent: TelemetryAgent
    let archive: Archive
    let log: Log
    private let waiting = Waiting()

    init(agent: TelemetryAgent, archive: Archive, log: Log) {
        self.agent = agent
        self.archive = archive
        self.log = log
    }

    /// False when it cannot be taken now.
    func take(_ heard: OTLPDoor.Heard) async -> Bool {
        let (signal, count) =
            switch heard {
            case .spans(let spans): ("spans", spans.count)
            case .points(let points): ("points", points.count)
            case .entries(let entries): ("lines", entries.count)
            }
        guard waiting.enter(count, most: Self.mostWaiting) else { return false }
        defer { waiting.leave(count) }
        do {
            try await archive.count(signal, [("kept", count)])
        } catch {
            log.limited("received", .error, "what was received could not be counted", ["why": "\(error)"])
            return false
        }
        await agent.hear(heard)
        return true
    }
}
