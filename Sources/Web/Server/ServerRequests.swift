import CMicroHTTPD
import Contracts

/// The life of a request on the server's thread.
extension ServerLoop {
    /// A refused body is read over and thrown away, so that the client reads the answer before it meets a closed
    /// connection; up to so many times what a body may have.
    private static let patience = 4

    /// The headers are there.
    func begin(_ connection: OpaquePointer, _ peer: Peer, method: String) -> Exchange {
        let now = Self.now()
        let head = RequestHead(connection)
        let path = peer.target[..<(peer.target.firstIndex(of: UInt8(ascii: "?")) ?? peer.target.endIndex)]
        let verdict = admission.judge(method: method, path: path, head, now: now)
        return Exchange(connection, peer, head, method: method, verdict, began: now)
    }

    /// Whether to answer before the body is there: because the client waits for a word, or sends far too much.
    func answersAtOnce(_ exchange: Exchange) -> Bool {
        // Whoever stands between might take the rest for another request: nothing after it is read.
        if exchange.head.isAmbiguous { return true }
        guard case .refused = exchange.verdict else { return false }
        if exchange.head.expectsContinue { return exchange.head.hasBody }
        return (exchange.head.contentLength ?? 0) > Self.patience * limits.bodyBytes
    }

    /// A part of the body; false when it is more than anybody should send.
    func take(_ bytes: UnsafeRawBufferPointer, _ exchange: Exchange) -> Bool {
        exchange.received += bytes.count
        guard case .admitted(let route, _, _) = exchange.verdict else {
            return exchange.received <= Self.patience * limits.bodyBytes
        }
        if exchange.received > limits.bodyBytes {
            refuse(exchange, Admission.tooLarge(limits.bodyBytes), route)
        } else if held + bytes.count > limits.bodiesBytes {
            signals.refused("overload")
            refuse(
                exchange,
                Problem.unavailable("More is being sent than there is room for; send it again shortly."), route)
        } else {
            exchange.body.append(contentsOf: bytes)
            exchange.held += bytes.count
            held += bytes.count
        }
        return true
    }

    private func refuse(_ exchange: Exchange, _ problem: Problem, _ route: Int) {
        release(exchange)
        exchange.body = []
        exchange.verdict = .refused(problem, route: route)
    }

    private func release(_ exchange: Exchange) {
        held -= exchange.held
        exchange.held = 0
    }

    /// The request is there.
    func finish(_ exchange: Exchange) -> MHD_Result {
        switch exchange.verdict {
        case .refused(let problem, _): return answer(problem.response, exchange)
        case .methods(let allow):
            var response = Response.noContent
            response.headers.append(("Allow", allow))
            return answer(response, exchange)
        case .admitted(let index, let captures, let caller):
            let route = admission.table.routes[index]
            guard inHand.count < limits.inHand || route.isHidden else {
                signals.refused("overload")
                return answer(
                    Problem.unavailable("More requests wait than can be served; ask again shortly.").response, exchange)
            }
            perform(route, exchange, captures, caller)
            return web_yes()
        }
    }

    /// Answers without a handler. The library may have begun to send before this returns.
    private func answer(_ response: Response, _ exchange: Exchange) -> MHD_Result {
        let answer = Performer.prepare(response, acceptsGzip: false)
        guard let connection = exchange.connection else { return web_no() }
        record(exchange, answer.status)
        if drain != nil { MHD_add_response_header(answer.response, "Connection", "close") }
        exchange.peer.enter(.answering, Self.now())
        defer { MHD_destroy_response(answer.response) }
        return MHD_queue_response(connection, UInt32(answer.status), answer.response)
    }

    private func perform(_ route: Route, _ exchange: Exchange, _ captures: [[UInt8]], _ caller: Caller?) {
        guard let connection = exchange.connection else { return }
        exchange.place = inHand.count
        inHand.append(exchange)
        exchange.peer.enter(.inHand, Self.now())
        MHD_suspend_connection(connection)
        let query = exchange.target.firstIndex(of: UInt8(ascii: "?")).map { Array(exchange.target[($0 + 1)...]) } ?? []
        let request = Request(
            exchange.head, caller: caller, captures: captures, query: query, body: exchange.body)
        exchange.body = []
        let (performer, mailbox, acceptsGzip) = (performer, mailbox, exchange.head.acceptsGzip)
        let work = { @Sendable in
            let answer = await performer.perform(route, request, acceptsGzip: acceptsGzip)
            if !mailbox.post(.answer(exchange, answer)) { MHD_destroy_response(answer.response) }
        }
        exchange.task = route.beginsAtOnce ? Task.immediate { await work() } : Task { await work() }
    }

    /// A handler has answered.
    func send(_ answer: PreparedAnswer, for exchange: Exchange) {
        defer { MHD_destroy_response(answer.response) }
        leaveHand(exchange)
        guard let connection = exchange.connection else { return }
        record(exchange, answer.status)
        if drain != nil { MHD_add_response_header(answer.response, "Connection", "close") }
        if let feed = answer.feed {
            exchange.feed = feed
            feed.own = EventFeed.Own(
                connection: connection, peer: exchange.peer, silentSince: Self.now().nanoseconds)
            exchange.peer.enter(.streaming(feed), Self.now())
            feed.begin(limit: limits.eventBytes, mailbox: mailbox)
            if drain != nil { feed.end() }
        } else {
            exchange.peer.enter(.answering, Self.now())
        }
        MHD_queue_response(connection, UInt32(answer.status), answer.response)
        MHD_resume_connection(connection)
    }

    private func leaveHand(_ exchange: Exchange) {
        guard let place = exchange.place else { return }
        inHand.swapAt(place, inHand.count - 1)
        inHand[place].place = place
        inHand.removeLast()
        exchange.place = nil
        exchange.task = nil
    }

    private func record(_ exchange: Exchange, _ status: Int) {
        signals.answered(
            exchange.route, method: exchange.method, status: status,
            in: Self.now().nanoseconds(since: exchange.began))
    }

    /// The answer is out, or the connection is gone.
    func end(_ exchange: Exchange, _ reason: MHD_RequestTerminationCode) {
        exchange.connection = nil
        release(exchange)
        if let feed = exchange.feed {
            feed.own = EventFeed.Own()
            feed.cancel()
            exchange.feed = nil
        }
        exchange.task?.cancel()
        exchange.peer.enter(.waiting, Self.now())
    }

    /// There is something to send to a client of events, or it has to go.
    func wake(_ feed: EventFeed) {
        guard let connection = feed.own.connection else { return }
        if feed.isOverfull, let peer = feed.own.peer {
            signals.refused("slow client of events")
            cut(peer)
        }
        feed.own.silentSince = Self.now().nanoseconds
        guard feed.own.isSuspended else { return }
        feed.own.isSuspended = false
        MHD_resume_connection(connection)
    }

    /// Everything in hand is answered without its handler, and every stream ends.
    func abandonAll() {
        for exchange in inHand {
            exchange.place = nil
            exchange.task?.cancel()
            guard let connection = exchange.connection else { continue }
            let answer = Performer.prepare(
                Problem.unavailable("The service is stopping; ask again.").response, acceptsGzip: false)
            MHD_add_response_header(answer.response, "Connection", "close")
            record(exchange, answer.status)
            exchange.connection = nil
            exchange.peer.enter(.answering, Self.now())
            MHD_queue_response(connection, UInt32(answer.status), answer.response)
            MHD_resume_connection(connection)
            MHD_destroy_response(answer.response)
        }
        inHand = []
        for peer in peers {
            guard case .streaming(let feed) = peer.phase else { continue }
            feed.end()
            wake(feed)
        }
    }
}
