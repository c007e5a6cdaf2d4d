import Contracts
import Web

/// What a sender is told of the alerts that were taken.
struct TakenAlerts: JSONWritable, Sendable {
    private static let mostReceipts = 100

    var taken: Int
    var notes: [String]
    var receipts: [AlertReceipt]

    static let shape = ObjectShape<Void>("TakenAlerts", "What became of the alerts of a request.") { answer in
        _ = answer.required("taken", .integer(0...1_000_000), "Alerts that are on disk")
        _ = answer.required("notes", .list(of: .text(0...8_192), 0...100), "What was left out or cut, and why")
        _ = answer.required("receipts", .list(of: receipt, 0...mostReceipts), "Of the first ones, in their order")
    }

    private static let receipt = ObjectShape<Void>("Receipt", "What became of an alert.") { receipt in
        _ = receipt.required("fingerprint", .text(1...512))
        _ = receipt.required("disposition", .choice(AlertReceipt.Disposition.self))
        _ = receipt.optional("incident", .text(1...128))
    }

    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("taken", taken)
            $0.member("notes", notes)
            $0.member("receipts", receipts.prefix(Self.mostReceipts).map { One(receipt: $0) })
        }
    }

    struct One: JSONWritable {
        let receipt: AlertReceipt

        func write(to writer: inout JSONWriter) {
            writer.object {
                $0.member("fingerprint", receipt.fingerprint)
                $0.member("disposition", receipt.disposition.rawValue)
                $0.member("incident", receipt.incident)
            }
        }
    }
}

/// As PagerDuty answers an event that it took.
struct EnqueuedEvent: JSONWritable, Sendable {
    var key: String

    static let shape = ObjectShape<Void>("EnqueuedEvent", "An event was taken.") { answer in
        _ = answer.required("status", .text(1...20))
        _ = answer.required("message", .text(1...100))
        _ = answer.required("dedup_key", .text(1...255))
    }

    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("status", "success")
            $0.member("message", "Event processed")
            $0.member("dedup_key", key)
        }
    }
}

/// As PagerDuty answers an event that it refuses.
struct RefusedEvent: JSONWritable, Sendable {
    var message: String
    var errors: [String]

    static let shape = ObjectShape<Void>("RefusedEvent", "An event was not taken.") { answer in
        _ = answer.required("status", .text(1...20))
        _ = answer.required("message", .text(1...100))
        _ = answer.required("errors", .list(of: .text(0...8_192), 1...100))
    }

    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("status", "invalid event")
            $0.member("message", message)
            $0.member("errors", errors)
        }
    }
}
