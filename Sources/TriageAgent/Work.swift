import Contracts
import Incidents
import Signals
import Store

/// What goes to disk in one transaction: an incident after an event with the line of the journal that says so, and all
/// that belongs to the same moment.
struct Work: Sendable {
    var incidents: [Incident] = []
    var entries: [JournalEntry] = []
    var records: [AlertRecord] = []
    var silences: [SilenceNote] = []
    var past: [PastSignature] = []
    var lessons: [CalibrationLesson] = []
    var notices: [IncidentNotice] = []
    var orders: [(id: String, incident: String)] = []

    var isEmpty: Bool {
        incidents.isEmpty && entries.isEmpty && records.isEmpty && silences.isEmpty && past.isEmpty && lessons.isEmpty
            && notices.isEmpty && orders.isEmpty
    }

    /// Writes all of it; `comms` is the role that notices go to, where the cluster has one.
    func write(_ context: WriteContext, comms: String?) throws {
        for record in records { try Tables.keep(record, context) }
        for incident in incidents { try Tables.keep(incident, context) }
        for entry in entries { try Tables.append(entry, context) }
        for silence in silences { try Tables.keep(silence, context) }
        for signature in past { try Tables.keep(signature, context) }
        for lesson in lessons { try Tables.keep(lesson, context) }
        for order in orders {
            try context.run(
                "INSERT INTO orders (id, incident, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", order.id,
                order.incident, context.now.nanoseconds)
        }
        guard let comms else { return }
        for notice in notices {
            try context.send(
                OutboxMessage(
                    target: comms, type: CommsMessages.notice, key: notice.incident, body: try Packed.encode(notice),
                    id: notice.id))
        }
    }

    mutating func add(_ other: Work) {
        incidents += other.incidents
        entries += other.entries
        records += other.records
        silences += other.silences
        past += other.past
        lessons += other.lessons
        notices += other.notices
        orders += other.orders
    }
}
