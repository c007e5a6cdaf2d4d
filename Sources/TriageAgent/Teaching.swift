import Bus
import Contracts
import Host
import Signals
import Store

/// Tells Risk how diagnoses turned out: each lesson waits on disk until it was taken.
struct Teaching: Sendable {
    let reading: Reading
    let store: Store
    let bus: BusSystem
    let log: Log

    func run() async {
        while !Task.isCancelled {
            if store.state == .writer { await teach() }
            // A cancelled sleep ends the loop.
            do { try await Task.sleep(for: .seconds(1)) } catch { return }
        }
    }

    private func teach() async {
        do {
            let lessons = try await reading.lessons()
            guard !lessons.isEmpty else { return }
            let risk = try $RiskDesk<BusSystem>.resolve(id: BusID(role: "risk"), using: bus)
            for lesson in lessons {
                try await withCallOptions(patience: .seconds(2), idempotent: true) { try await risk.learn(lesson) }
                try await store.write { try Tables.taught(lesson, $0) }
            }
        } catch {
            log.limited("lessons", .info, "Risk takes no lessons now; they wait", ["why": "\(error)"])
        }
    }
}
