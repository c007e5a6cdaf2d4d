import Signals
import Store

/// The carrier's book: every parcel once, with the keys under which it was booked and cancelled.
enum CarrierTables {
    static let migrations = [
        Migration(
            1, "parcels",
            """
            CREATE TABLE parcels (
                number INTEGER PRIMARY KEY, delivery_id TEXT NOT NULL UNIQUE, order_id TEXT NOT NULL,
                status TEXT NOT NULL, booking_key TEXT, cancellation_key TEXT, at INTEGER NOT NULL
            ) STRICT;
            """)
    ]

    private struct Entry {
        var number: Int64
        var status: String
        var bookingKey: String?
    }

    static func reference(_ number: Int64) -> String { "KC-\(number)" }

    /// Books a parcel, or says again what was said to the key.
    static func book(_ request: ParcelRequest, _ context: WriteContext) throws -> ParcelAnswer {
        if let entry = try entry(request.delivery, context) {
            // Booked under this key, be it cancelled since or not: the answer is the first one.
            if entry.bookingKey == request.key { return booked(request, entry.number) }
            let reason = "the delivery \(request.delivery) is \(entry.status) under another key"
            return ParcelAnswer(key: request.key, status: .refused, reference: nil, reason: reason)
        }
        let number = try context.first(
            """
            INSERT INTO parcels (delivery_id, order_id, status, booking_key, at) VALUES (?, ?, 'BOOKED', ?, ?)
            RETURNING number
            """, request.delivery, request.order, request.key, context.now.nanoseconds
        ) { try $0.value(0, as: Int64.self) }
        return booked(request, number ?? 0)
    }

    private static func booked(_ request: ParcelRequest, _ number: Int64) -> ParcelAnswer {
        ParcelAnswer(key: request.key, status: .booked, reference: reference(number), reason: nil)
    }

    /// Cancels a parcel; one that was never booked will not be any more.
    static func cancel(_ request: ParcelRequest, _ context: WriteContext) throws -> ParcelAnswer {
        if try entry(request.delivery, context) == nil {
            try context.run(
                """
                INSERT INTO parcels (delivery_id, order_id, status, cancellation_key, at)
                VALUES (?, ?, 'CANCELLED', ?, ?)
                """, request.delivery, request.order, request.key, context.now.nanoseconds)
        } else {
            try context.run(
                "UPDATE parcels SET status = 'CANCELLED', cancellation_key = coalesce(cancellation_key, ?) WHERE delivery_id = ?",
                request.key, request.delivery)
        }
        return ParcelAnswer(key: request.key, status: .cancelled, reference: nil, reason: nil)
    }

    private static func entry(_ delivery: String, _ context: WriteContext) throws -> Entry? {
        try context.first("SELECT number, status, booking_key FROM parcels WHERE delivery_id = ?", delivery) {
            Entry(number: try $0.value(0), status: try $0.value(1), bookingKey: try $0.value(2))
        }
    }

    static func parcels(after: Int64, limit: Int, _ connection: Connection) throws -> [Parcel] {
        try connection.all(
            """
            SELECT number, delivery_id, order_id, status FROM parcels WHERE number > ?
            ORDER BY number LIMIT ?
            """, after, limit
        ) { row in
            let number = try row.value(0, as: Int64.self)
            return Parcel(
                number: number, delivery: try row.value(1), order: try row.value(2), reference: reference(number),
                status: try row.value(3))
        }
    }
}
