import CZeroMQ

extension BusCredentials {
    func apply(to socket: Socket) throws {
        switch self {
        case .secret(let user, let secret):
            try socket.set(ZMQ_PLAIN_USERNAME, user)
            try socket.set(ZMQ_PLAIN_PASSWORD, secret)
        case .keys(let broker, let own, let secret):
            try socket.set(ZMQ_CURVE_SERVERKEY, broker)
            try socket.set(ZMQ_CURVE_PUBLICKEY, own)
            try socket.set(ZMQ_CURVE_SECRETKEY, secret)
        }
    }
}
