import CCurl

/// One request on its way.
// Holds because the client's thread alone touches what changes; those who wait have only the number.
final class Transfer: @unchecked Sendable {
    private static let mostHeaders = 200

    let number: UInt64
    let request: ClientRequest
    let traceparent: String
    var easy: UnsafeMutableRawPointer?
    private var list: UnsafeMutablePointer<curl_slist>?
    private var headers: [(name: String, value: String)] = []
    private var body: [UInt8] = []
    private var isTooLarge = false
    private var continuation: CheckedContinuation<Result<ClientResponse, ClientFault>, Never>?

    init(
        _ number: UInt64, _ request: ClientRequest, traceparent: String,
        _ continuation: CheckedContinuation<Result<ClientResponse, ClientFault>, Never>
    ) {
        self.number = number
        self.request = request
        self.traceparent = traceparent
        self.continuation = continuation
    }

    /// Sets everything that a request is on a handle; false when the library does not take it.
    func prepare(_ easy: UnsafeMutableRawPointer, authorities: String?) -> Bool {
        self.easy = easy
        for (name, value) in request.headers + [("traceparent", traceparent), ("Expect", "")] {
            // A line break would be the end of the header, and the beginning of another.
            guard !(name + value).utf8.contains(where: { $0 < 0x20 && $0 != 0x09 }) else { return false }
            list = curl_slist_append(list, value.isEmpty ? "\(name):" : "\(name): \(value)")
        }
        let context = Unmanaged.passUnretained(self).toOpaque()
        let codes = [
            curl_set_text(easy, CURLOPT_URL, request.url),
            curl_set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https"),
            curl_set_text(easy, CURLOPT_CUSTOMREQUEST, request.method.rawValue),
            curl_set_text(easy, CURLOPT_ACCEPT_ENCODING, ""),
            curl_set_number(easy, CURLOPT_NOSIGNAL, 1),
            curl_guard_sockets(easy),
            curl_set_number(easy, CURLOPT_HTTP_VERSION, curl_http_1_1()),
            curl_set_number(easy, CURLOPT_FRESH_CONNECT, request.isSentOnce ? 1 : 0),
            curl_set_number(easy, CURLOPT_NOBODY, request.method == .head ? 1 : 0),
            curl_set_number(easy, CURLOPT_TIMEOUT_MS, Self.milliseconds(request.deadline)),
            curl_set_number(easy, CURLOPT_CONNECTTIMEOUT_MS, Self.milliseconds(request.connectDeadline)),
            curl_set_number(easy, CURLOPT_SSLVERSION, curl_tls_1_2()),
            curl_set_pointer(easy, CURLOPT_PRIVATE, context),
            curl_set_pointer(easy, CURLOPT_HTTPHEADER, list),
            curl_set_pointer(easy, CURLOPT_WRITEDATA, context),
            curl_set_pointer(easy, CURLOPT_HEADERDATA, context),
            curl_set_taker(easy, CURLOPT_WRITEFUNCTION, Self.takeBody),
            curl_set_taker(easy, CURLOPT_HEADERFUNCTION, Self.takeHeader),
            body(of: request).map { curl_set_body(easy, $0, $0.count) } ?? CURLE_OK,
            authorities.map { curl_set_text(easy, CURLOPT_CAINFO, $0) } ?? CURLE_OK,
        ]
        return codes.allSatisfy { $0 == CURLE_OK }
    }

    /// Answers whoever waits; only the first word counts.
    func finish(_ result: Result<ClientResponse, ClientFault>) {
        curl_slist_free_all(list)
        list = nil
        easy = nil
        continuation?.resume(returning: result)
        continuation = nil
    }

    /// What the library's code means.
    func result(_ code: CURLcode, status: Int) -> Result<ClientResponse, ClientFault> {
        let why = String(cString: curl_easy_strerror(code))
        if isTooLarge { return .failure(.tooLarge("\(request.place) sent more than \(request.mostBytes) bytes")) }
        switch code {
        case CURLE_OK: return .success(ClientResponse(status: status, headers: headers, body: body))
        case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
            return .failure(.unreachable("\(request.place): \(why)"))
        case CURLE_OPERATION_TIMEDOUT: return .failure(.timedOut("\(request.place) within \(request.deadline)"))
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: return .failure(.badRequest("\(request.place): \(why)"))
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM,
            CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR:
            return .failure(.notTrusted("\(request.place): \(why)"))
        default: return .failure(.broken("\(request.place): \(why)"))
        }
    }

    /// Methods that have a body say that theirs is empty.
    private func body(of request: ClientRequest) -> [UInt8]? {
        switch request.method {
        case .post, .put, .patch: request.body ?? []
        case .get, .head, .delete, .options: request.body
        }
    }

    private static func milliseconds(_ duration: Duration) -> Int {
        let (seconds, attoseconds) = duration.components
        // Zero would mean no deadline.
        return max(1, Int(clamping: seconds) * 1_000 + Int(attoseconds / 1_000_000_000_000_000))
    }

    private static let takeBody: curl_taker = { bytes, size, count, context in
        guard let bytes, let context else { return 0 }
        let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
        guard transfer.body.count + size * count <= transfer.request.mostBytes else {
            transfer.isTooLarge = true
            return 0
        }
        transfer.body.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: size * count))
        return size * count
    }

    private static let takeHeader: curl_taker = { bytes, size, count, context in
        guard let bytes, let context else { return 0 }
        let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
        let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
        if line.starts(with: "HTTP/".utf8) {
            // An interim answer came before; these are the headers that count.
            transfer.headers = []
        } else if let colon = line.firstIndex(of: UInt8(ascii: ":")), transfer.headers.count < mostHeaders {
            let value = line[(colon + 1)...].drop { $0 == 0x20 || $0 == 0x09 }.prefix { $0 != 0x0D && $0 != 0x0A }
            transfer.headers.append(
                (String(decoding: line[..<colon], as: UTF8.self).lowercased(), String(decoding: value, as: UTF8.self)))
        }
        return size * count
    }
}
