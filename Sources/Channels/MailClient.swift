import CCurl
import Definitions
import Threads

/// Hands a mail to a server, by SMTP. Each has a connection and a thread of its own: mails are few.
struct MailClient: Sendable {
    // The library wants to be begun once in a process, before its first use.
    private static let hasBegun = web_curl_begin() != 0

    /// How it ended.
    enum Outcome: Sendable, Equatable {
        case taken
        /// The server says no, with its code, such as 550.
        case refused(code: Int, text: String)
        /// It did not come to an answer; `wasWhole` where the server had all of the mail.
        case broken(text: String, wasWhole: Bool)
    }

    let mail: MailDefinition
    var deadline = 30_000
    var connectDeadline = 5_000

    func send(_ bytes: [UInt8], password: String?) async -> Outcome {
        await withCheckedContinuation { continuation in
            NativeThread(name: "mail") { continuation.resume(returning: perform(bytes, password)) }.start()
        }
    }

    /// What the library reads from and writes to; used by the thread of one transfer alone.
    private final class Transfer {
        let bytes: [UInt8]
        var place = 0
        var said: [UInt8] = []

        init(_ bytes: [UInt8]) { self.bytes = bytes }
    }

    private static let give: curl_taker = { buffer, size, count, context in
        guard let buffer, let context else { return 0 }
        let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
        let share = min(size * count, transfer.bytes.count - transfer.place)
        transfer.bytes.withUnsafeBytes { source in
            if share > 0, let base = source.baseAddress {
                UnsafeMutableRawPointer(buffer).copyMemory(from: base + transfer.place, byteCount: share)
            }
        }
        transfer.place += share
        return share
    }

    private static let hear: curl_taker = { buffer, size, count, context in
        guard let buffer, let context else { return 0 }
        let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
        // The last answer is the one that tells why.
        transfer.said = Array(UnsafeRawBufferPointer(start: buffer, count: min(size * count, 500)))
        return size * count
    }

    private func perform(_ bytes: [UInt8], _ password: String?) -> Outcome {
        guard Self.hasBegun, let easy = curl_easy_init() else {
            return .broken(text: "there is no memory for a mail", wasWhole: false)
        }
        let transfer = Transfer(bytes)
        var recipients: UnsafeMutablePointer<curl_slist>?
        for address in mail.to { recipients = curl_slist_append(recipients, "<\(address)>") }
        defer {
            curl_slist_free_all(recipients)
            curl_easy_cleanup(easy)
        }
        return withExtendedLifetime(transfer) {
            let context = Unmanaged.passUnretained(transfer).toOpaque()
            guard prepare(easy, context, recipients, password) else {
                return .broken(text: "the library takes no such mail", wasWhole: false)
            }
            let code = curl_easy_perform(easy)
            return outcome(code, Int(curl_status(easy)), transfer)
        }
    }

    private func prepare(
        _ easy: UnsafeMutableRawPointer, _ context: UnsafeMutableRawPointer,
        _ recipients: UnsafeMutablePointer<curl_slist>?, _ password: String?
    ) -> Bool {
        let scheme = mail.encryption == .implicit ? "smtps" : "smtp"
        var codes = [
            curl_set_text(easy, CURLOPT_URL, "\(scheme)://\(mail.server):\(mail.port)"),
            curl_set_text(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps"),
            curl_set_number(easy, CURLOPT_NOSIGNAL, 1),
            curl_guard_sockets(easy),
            curl_set_number(easy, CURLOPT_UPLOAD, 1),
            curl_set_number(easy, CURLOPT_TIMEOUT_MS, deadline),
            curl_set_number(easy, CURLOPT_CONNECTTIMEOUT_MS, connectDeadline),
            curl_set_number(easy, CURLOPT_SSLVERSION, curl_tls_1_2()),
            curl_set_text(easy, CURLOPT_MAIL_FROM, "<\(mail.from)>"),
            curl_set_pointer(easy, CURLOPT_MAIL_RCPT, recipients),
            curl_set_pointer(easy, CURLOPT_READDATA, context),
            curl_set_taker(easy, CURLOPT_READFUNCTION, Self.give),
            curl_set_pointer(easy, CURLOPT_HEADERDATA, context),
            curl_set_taker(easy, CURLOPT_HEADERFUNCTION, Self.hear),
            curl_set_pointer(easy, CURLOPT_WRITEDATA, context),
            curl_set_taker(easy, CURLOPT_WRITEFUNCTION, Self.hear),
        ]
        // All or nothing: a server that offers no encryption gets neither the password nor the mail.
        if mail.encryption != .none { codes.append(curl_set_number(easy, CURLOPT_USE_SSL, curl_whole_ssl())) }
        if let authorities = mail.authorities { codes.append(curl_set_text(easy, CURLOPT_CAINFO, authorities)) }
        if let user = mail.user, let password {
            codes.append(curl_set_text(easy, CURLOPT_USERNAME, user))
            codes.append(curl_set_text(easy, CURLOPT_PASSWORD, password))
        }
        return codes.allSatisfy { $0 == CURLE_OK }
    }

    private func outcome(_ code: CURLcode, _ status: Int, _ transfer: Transfer) -> Outcome {
        let said = String(decoding: transfer.said, as: UTF8.self).filter { !$0.isNewline }
        let why = String(cString: curl_easy_strerror(code))
        let place = "\(mail.server):\(mail.port)"
        switch code {
        case CURLE_OK: return .taken
        // Mended by whoever keeps the server or the password, not by another mail.
        case CURLE_LOGIN_DENIED, CURLE_USE_SSL_FAILED, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CONNECT_ERROR,
            CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST:
            return .broken(text: "\(place): \(why)\(said.isEmpty ? "" : "; it said: \(said)")", wasWhole: false)
        case CURLE_OPERATION_TIMEDOUT, CURLE_RECV_ERROR, CURLE_GOT_NOTHING: break
        default:
            if status >= 400 { return .refused(code: status, text: "\(place) answered \(said)") }
        }
        return .broken(text: "\(place): \(why)", wasWhole: transfer.place == transfer.bytes.count)
    }
}
