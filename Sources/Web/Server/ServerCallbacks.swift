import CMicroHTTPD
import Contracts
import Glibc

/// What the library calls, on the server's thread, while that runs it.
extension ServerLoop {
    func startDaemon() -> OpaquePointer? {
        var plan = web_plan()
        // One more than ours, so that ours is the one that counts.
        plan.connections = UInt32(limits.connections + 1)
        plan.connection_memory = limits.headerBytes
        plan.context = Unmanaged.passUnretained(self).toOpaque()
        plan.handler = Self.handle
        plan.completed = Self.completed
        plan.connected = Self.connected
        plan.target = Self.target
        guard let encryption = self.plan.encryption else { return web_start(&plan) }
        return encryption.certificate.withCString { certificate in
            encryption.key.withCString { key in
                plan.certificate = certificate
                plan.key = key
                return web_start(&plan)
            }
        }
    }

    private static func loop(_ context: UnsafeMutableRawPointer) -> ServerLoop {
        Unmanaged<ServerLoop>.fromOpaque(context).takeUnretainedValue()
    }

    private static func peer(_ connection: OpaquePointer) -> Peer? {
        web_socket_context(connection).map { Unmanaged<Peer>.fromOpaque($0).takeUnretainedValue() }
    }

    private static let connected: MHD_NotifyConnectionCallback = { context, connection, place, kind in
        guard let context, let connection, let place else { return }
        let loop = loop(context)
        if web_is_new(kind) != 0 {
            let peer = Peer(connection, socket: web_socket(connection), now: ServerLoop.now())
            peer.place = loop.peers.count
            loop.peers.append(peer)
            place.pointee = Unmanaged.passRetained(peer).toOpaque()
        } else if let held = place.pointee {
            let peer = Unmanaged<Peer>.fromOpaque(held).takeRetainedValue()
            place.pointee = nil
            loop.peers.swapAt(peer.place, loop.peers.count - 1)
            loop.peers[peer.place].place = peer.place
            loop.peers.removeLast()
        }
    }

    private static let target:
        @convention(c) (
            UnsafeMutableRawPointer?, UnsafePointer<CChar>?, OpaquePointer?
        ) -> UnsafeMutableRawPointer? = { _, uri, connection in
            guard let uri, let connection, let peer = peer(connection) else { return nil }
            let bytes = UnsafeRawBufferPointer(start: uri, count: strlen(uri))
            peer.target.removeAll(keepingCapacity: true)
            peer.target.append(contentsOf: bytes)
            if case .receiving = peer.phase {} else { peer.enter(.receiving, ServerLoop.now()) }
            return nil
        }

    private static let handle: MHD_AccessHandlerCallback = {
        context, connection, _, method, _, data, count, place in
        guard let context, let connection, let method, let count, let place else { return web_no() }
        let loop = loop(context)
        guard let held = place.pointee else {
            guard let peer = peer(connection) else { return web_no() }
            let exchange = loop.begin(connection, peer, method: String(cString: method))
            place.pointee = Unmanaged.passRetained(exchange).toOpaque()
            return loop.answersAtOnce(exchange) ? loop.finish(exchange) : web_yes()
        }
        let exchange = Unmanaged<Exchange>.fromOpaque(held).takeUnretainedValue()
        guard count.pointee > 0 else { return loop.finish(exchange) }
        let goesOn = loop.take(UnsafeRawBufferPointer(start: data, count: count.pointee), exchange)
        count.pointee = 0
        return goesOn ? web_yes() : web_no()
    }

    private static let completed: MHD_RequestCompletedCallback = { context, _, place, reason in
        guard let context, let place, let held = place.pointee else { return }
        let exchange = Unmanaged<Exchange>.fromOpaque(held).takeRetainedValue()
        place.pointee = nil
        loop(context).end(exchange, reason)
    }
}
