import Contracts
import Notices
import WebClient

/// What the answers of other services mean for a message.
enum Answering {
    /// Sends a request; what is not a success is said as far as the status tells it.
    static func send(
        _ request: ClientRequest, by client: WebClient, _ success: (ClientResponse) -> ChannelAnswer
    ) async -> ChannelAnswer {
        var request = request
        // Whether it went once or twice is for us to know.
        request.isSentOnce = true
        do throws(ClientFault) {
            let response = try await client.send(request)
            return (200..<300).contains(response.status) ? success(response) : refusal(response)
        } catch {
            let why = "\(error)"
            if case .badRequest = error { return .never(why: why) }
            return .later(after: 0, why: why, mayHaveArrived: !error.wasNotSent)
        }
    }

    /// 408, 425, 429 and all above 499 are worth another attempt; what else is refused will be refused again.
    static func refusal(_ response: ClientResponse) -> ChannelAnswer {
        let said = String(decoding: response.body.prefix(200), as: UTF8.self).filter { !$0.isNewline }
        let why = "answered \(response.status)\(said.isEmpty ? "" : ": \(said)")"
        guard [408, 425, 429].contains(response.status) || response.status >= 500 else { return .never(why: why) }
        // Behind a gateway's 5xx the message may have been taken all the same.
        return .later(after: retryAfter(response), why: why, mayHaveArrived: response.status >= 500)
    }

    /// Seconds, as all these services say it; a date is left to our own patience.
    static func retryAfter(_ response: ClientResponse) -> Int64 {
        guard let text = response.header("retry-after"), let seconds = Int64(text), (0...86_400).contains(seconds)
        else {
            return 0
        }
        return .seconds(seconds)
    }

    /// The secret is not there now: it can be put there at any time.
    static func without(_ what: String) -> ChannelAnswer {
        .later(after: 0, why: "there is no \(what): put it where config/comms says", mayHaveArrived: false)
    }

    /// A secret as a word of a header or an address; nil for what is none.
    static func word(_ secret: [UInt8]?) -> String? {
        guard let secret, !secret.isEmpty, secret.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        return String(decoding: secret, as: UTF8.self)
    }
}

/// Reads a secret anew each time, so that it can be changed while the process runs.
public typealias SecretReader = @Sendable () -> [UInt8]?
