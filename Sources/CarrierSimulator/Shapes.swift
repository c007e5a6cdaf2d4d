import Contracts
import Web

// What the carrier takes and answers. Each item has a key of its own, and the same key gets the same answer.

/// One parcel to carry, or no longer to carry.
struct ParcelRequest: Sendable, Codable {
    var key: String
    var delivery: String
    var order: String
    /// The caller's span for this parcel, as W3C writes it.
    var trace: String?

    static func shape(_ name: String, _ about: String) -> ObjectShape<[ParcelRequest]> {
        ObjectShape(name, about) { batch in
            batch.required("items", .list(of: item, 1...100), "Up to a hundred at once.")
        }
    }
    private static let item = ObjectShape("Parcel", "One parcel.") { parcel in
        ParcelRequest(
            key: parcel.required("idempotency_key", .text(1...128, .word), "The same key gets the same answer."),
            delivery: parcel.required("delivery_id", .text(1...64, .word), "The client's name of the parcel."),
            order: parcel.required("order_id", .text(1...64, .word), "What is in it."),
            trace: parcel.optional("traceparent", .text(1...64, .word), "The trace that the parcel belongs to."))
    }
}

extension ParcelRequest {
    var refusal: ParcelAnswer {
        ParcelAnswer(key: key, status: .refused, reference: nil, reason: "no parcels to this address today")
    }
}

/// What the carrier says to one item.
struct ParcelAnswer: Sendable, Codable, JSONWritable {
    enum Status: String, Sendable, Codable, CaseIterable {
        case booked = "BOOKED"
        case cancelled = "CANCELLED"
        case refused = "REFUSED"
    }

    var key: String
    var status: Status
    var reference: String?
    var reason: String?

    static let shape = ObjectShape<Void>("ParcelAnswers", "One answer for each item.") { answer in
        _ = answer.required("results", .list(of: result, 0...100))
    }
    private static let result = ObjectShape<Void>("ParcelAnswer", "The answer to one item.") { result in
        _ = result.required("idempotency_key", .text(1...128, .word))
        _ = result.required("status", .choice(Status.self))
        _ = result.optional("reference", .text(1...64, .word), "The carrier's name of the parcel.")
        _ = result.optional("reason", .text(1...1_000), "Why it was refused.")
    }

    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("idempotency_key", key)
            $0.member("status", status.rawValue)
            $0.member("reference", reference)
            $0.member("reason", reason)
        }
    }
}

/// All answers to a batch.
struct ParcelAnswers: Sendable, JSONWritable {
    var results: [ParcelAnswer]

    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("results") { writer in writer.list(results) }
        }
    }
}

/// A parcel as the carrier's book has it.
struct Parcel: Sendable, Codable, JSONWritable {
    var number: Int64
    var delivery: String
    var order: String
    var reference: String
    var status: String

    static let shape = ObjectShape<Void>("ParcelEntry", "A parcel as the carrier's book has it.") { parcel in
        _ = parcel.required("number", .integer(1...Int.max >> 8))
        _ = parcel.required("delivery_id", .text(1...64, .word))
        _ = parcel.required("order_id", .text(1...64, .word))
        _ = parcel.required("reference", .text(1...64, .word))
        _ = parcel.required("status", .choice(ParcelAnswer.Status.self))
    }

    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("number", Int(number))
            $0.member("delivery_id", delivery)
            $0.member("order_id", order)
            $0.member("reference", reference)
            $0.member("status", status)
        }
    }
}

/// One page of the carrier's book.
struct ParcelPage: Sendable, JSONWritable {
    var parcels: [Parcel]

    static let shape = ObjectShape<Void>("ParcelPage", "Parcels, in the order of their booking.") { page in
        _ = page.required("parcels", .list(of: Parcel.shape, 0...1_000))
    }

    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("parcels") { writer in writer.list(parcels) }
        }
    }
}

/// How the carrier treats its callers for now.
struct Behaviour: Sendable, Equatable, JSONWritable {
    enum Mode: String, Sendable, CaseIterable {
        /// As one would wish.
        case good
        /// Takes its time before it answers.
        case slow
        /// Answers 503.
        case down
        /// Answers what cannot be: too little, too much, or no JSON.
        case wrong
        /// Says no to each parcel.
        case refusing
        /// Answers 429 to more than ten batches a second.
        case limiting
    }

    var mode = Mode.good
    /// How many of a hundred requests are treated so.
    var share = 100
    var delayMilliseconds = 2_000

    static let shape = ObjectShape("Behaviour", "How the carrier treats its callers for now.") { behaviour in
        Behaviour(
            mode: behaviour.required("mode", .choice(Mode.self)),
            share: behaviour.value("share", .integer(0...100), otherwise: 100, "How many of a hundred requests."),
            delayMilliseconds: behaviour.value(
                "delay_ms", .integer(0...60_000), otherwise: 2_000, "How long a slow answer takes."))
    }

    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("mode", mode.rawValue)
            $0.member("share", share)
            $0.member("delay_ms", delayMilliseconds)
        }
    }
}
