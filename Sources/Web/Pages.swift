import CMicroHTTPD

/// What a page answers.
public struct Page: Sendable {
    public var status: UInt32
    public var contentType: String
    public var body: [UInt8]

    public init(status: UInt32 = 200, contentType: String = "text/plain; charset=utf-8", body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }
}

/// Serves a few pages that are read only, on a socket that is bound already: what a process tells of itself.
public final class Pages: Sendable {
    public typealias Route = (path: String, page: @Sendable () -> Page)

    private static let connectionLimit: UInt32 = 64
    private static let timeoutSeconds: UInt32 = 10

    private let routes: [Route]
    // The daemon is made in `start` and ended in `deinit`; in between only its own thread touches it.
    nonisolated(unsafe) private var daemon: OpaquePointer?

    public init(_ routes: [Route]) { self.routes = routes }

    /// Begins to serve; false when the library refuses the socket.
    public func start(socket: Int32) -> Bool {
        daemon = web_start(
            socket, Self.connectionLimit, Self.timeoutSeconds, Pages.handle, Unmanaged.passUnretained(self).toOpaque())
        return daemon != nil
    }

    deinit {
        if let daemon { MHD_stop_daemon(daemon) }
    }

    private static let handle: MHD_AccessHandlerCallback = {
        context, connection, url, method, _, _, uploadSize, _ in
        guard let context, let connection, let url, let method else { return web_no() }
        // A body is read over: these pages take none.
        if let uploadSize, uploadSize.pointee > 0 {
            uploadSize.pointee = 0
            return web_yes()
        }
        let pages = Unmanaged<Pages>.fromOpaque(context).takeUnretainedValue()
        let page = pages.page(String(cString: url), method: String(cString: method))
        guard let response = web_response(page.body, page.body.count) else {
            return web_no()
        }
        defer { MHD_destroy_response(response) }
        MHD_add_response_header(response, "Content-Type", page.contentType)
        if page.status == 405 { MHD_add_response_header(response, "Allow", "GET, HEAD") }
        return MHD_queue_response(connection, page.status, response)
    }

    func page(_ path: String, method: String) -> Page {
        guard let route = routes.first(where: { $0.path == path }) else {
            let known = routes.map(\.path).joined(separator: ", ")
            return Page(status: 404, body: Array("nothing is at \(path); here are: \(known)\n".utf8))
        }
        guard method == "GET" || method == "HEAD" else {
            return Page(status: 405, body: Array("\(path) is only read\n".utf8))
        }
        return route.page()
    }
}
