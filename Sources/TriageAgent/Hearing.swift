import Alerting
import Bus
import Contracts
import Host
import Signals
import Worker

/// What comes over the bus without being asked for: Telemetry's findings, and what the supervisor saw.
struct Hearing: Sendable {
    let front: Front
    let bus: BusSystem
    let log: Log

    func start() {
        bus.onDelivery(DeliveryBatch.type) { delivery in
            let batch = try Packed.decode(DeliveryBatch.self, from: delivery.body)
            return try Packed.encode(await take(batch, from: delivery.sender))
        }
        let notices = bus.subscribe("cluster.processes")
        Task {
            for await event in notices {
                guard SlotName(event.sender)?.role == "supervisor",
                    let notice = try? Packed.decode(ProcessNotice.self, from: event.body),
                    let alert = RaisedAlert(notice, sender: event.sender)
                else { continue }
                await raise(alert)
            }
        }
    }

    /// Telemetry notices the same and tells it surely; here it only comes sooner. So only the replica that writes takes it,
    /// and what is lost is not lost.
    private func raise(_ alert: RaisedAlert) async {
        guard await front.docket.isActive else { return }
        do { _ = try await front.raise([alert]) } catch {
            log.limited("process", .warning, "what the supervisor saw could not be kept", ["why": "\(error)"])
        }
    }

    /// Each message is known by its episode, so that one that comes again changes nothing.
    private func take(_ batch: DeliveryBatch, from sender: String) async -> [DeliveryReceipt] {
        var alerts: [RaisedAlert] = []
        var receipts: [DeliveryReceipt] = []
        for message in batch.messages {
            do {
                guard message.type == "finding" else { throw IncomingError.unknownType(message.type) }
                alerts.append(RaisedAlert(try Packed.decode(Finding.self, from: message.body), sender: sender))
                receipts.append(.taken)
            } catch { receipts.append(.refused("\(error)")) }
        }
        do { _ = try await front.raise(alerts) } catch {
            let isFinal = if case .never = error as? TriageRefusal { true } else { false }
            return receipts.map { receipt in
                guard case .taken = receipt else { return receipt }
                return isFinal ? .refused("\(error)") : .later("\(error)")
            }
        }
        return receipts
    }
}
