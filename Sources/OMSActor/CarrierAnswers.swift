import Carrying
import Contracts
import Web
import WebClient

/// What is sent to the carrier and what comes back, as JSON.
enum CarrierJSON {
    static func body(_ wishes: [CarrierWish]) -> [UInt8] {
        var writer = JSONWriter(capacity: 160 * wishes.count + 16)
        writer.object { writer in
            writer.member("items") { writer in
                writer.list { writer in
                    for wish in wishes {
                        writer.object {
                            $0.member("idempotency_key", wish.key)
                            $0.member("delivery_id", wish.delivery)
                            $0.member("order_id", wish.order)
                            $0.member("traceparent", wish.trace)
                        }
                    }
                }
            }
        }
        return writer.bytes
    }

    private enum Status: String, CaseIterable {
        case booked = "BOOKED"
        case cancelled = "CANCELLED"
        case refused = "REFUSED"
        case later = "LATER"
    }

    private static let shape = ObjectShape("CarrierAnswers") { answer in
        answer.required("results", .list(of: result, 0...1_000))
    }
    private static let result = ObjectShape("CarrierAnswer") { result in
        let key = result.required("idempotency_key", .text(0...256))
        let status = result.required("status", .choice(Status.self))
        let reference = result.optional("reference", .text(0...256)) ?? ""
        let reason = result.optional("reason", .text(0...4_000)) ?? "no reason was given"
        return switch status {
        case .booked: CarrierAnswer(key: key, result: .booked(reference: reference))
        case .cancelled: CarrierAnswer(key: key, result: .cancelled)
        case .refused: CarrierAnswer(key: key, result: .refused(reason: reason))
        case .later: CarrierAnswer(key: key, result: .later(reason: reason))
        }
    }

    /// Nil where it is none that can be read.
    static func answers(_ body: [UInt8]) -> [CarrierAnswer]? { try? JSONReading.read(body, as: shape).get() }

    /// How a call ended, in the words of the rules.
    static func reply(_ result: Result<ClientResponse, ClientFault>) -> CarrierReply {
        switch result {
        case .failure(let fault): .failed(reason: "\(fault)")
        case .success(let response):
            .answered(
                status: response.status, answers: answers(response.body),
                retryAfter: response.header("retry-after").flatMap { Int($0) }.map { .seconds($0) })
        }
    }
}
