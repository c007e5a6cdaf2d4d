import CZeroMQ
import Glibc
import Routing
import Signals

/// What a topic carries.
enum TopicLimits {
    /// The largest publication, in bytes.
    static let body = 256 << 10
    /// Events that wait for one subscriber; what comes beyond is dropped, and shows as a gap.
    static let waiting: Int32 = 2_000
}

/// Passes publications from publishers to subscribers, after a look at who may say and hear what.
final class TopicRelay {
    private static let share = 512

    private let publishers: Socket
    private let subscribers: Socket
    private let log: Log
    private var access: AccessList
    private(set) var counters = TopicCounters()
    /// The last publication that was let through: most are followed by one like it, and comparing is cheaper than
    /// looking up.
    private var lastUser = ""
    private var lastTopic: [UInt8] = []
    private var lastSpeaker: [UInt8] = []

    init(_ context: Context, _ configuration: BrokerConfiguration, log: Log) throws {
        self.log = log
        access = configuration.access
        publishers = try Socket(context, ZMQ_XSUB)
        subscribers = try Socket(context, ZMQ_XPUB)
        // A subscription takes effect only when the rules agree.
        try subscribers.set(ZMQ_XPUB_MANUAL, Int32(1))
        for socket in [publishers, subscribers] {
            // A subscriber that does not read costs at most this many events of at most that size.
            try socket.guardDoor(configuration, bodyLimit: TopicLimits.body)
            try socket.set(ZMQ_SNDHWM, TopicLimits.waiting)
            try socket.set(ZMQ_RCVHWM, TopicLimits.waiting)
        }
        try publishers.open(configuration.endpoints.publish, remote: configuration.remote?.publish, configuration)
        try subscribers.open(configuration.endpoints.topics, remote: configuration.remote?.topics, configuration)
    }

    var descriptors: [Int32] { [publishers.descriptor, subscribers.descriptor] }

    func adopt(_ access: AccessList) {
        self.access = access
        lastUser = ""
    }

    func turn() -> Bool {
        let subscribed = readSubscriptions()
        return forward() || subscribed
    }

    private func forward() -> Bool {
        let topic = Part()
        let head = Part()
        let body = Part()
        for count in 0..<TopicRelay.share {
            guard topic.receive(from: publishers) else { return count > 0 }
            guard publishers.more, head.receive(from: publishers), publishers.more, body.receive(from: publishers),
                !publishers.more, allowed(topic, head)
            else {
                publishers.discardRest()
                counters.denied += 1
                log.limited(
                    "publication denied", .warning, "a publication was not passed on", ["user": .text(user(topic))])
                continue
            }
            counters.forwarded += 1
            _ = topic.send(to: subscribers, more: true)
            _ = head.send(to: subscribers, more: true)
            _ = body.send(to: subscribers)
        }
        return true
    }

    private func user(_ part: Part) -> String { part.property("User-Id").map { String(cString: $0) } ?? "" }

    /// The topic must be one of the authenticated role's, and the sender in the header whoever was authenticated.
    private func allowed(_ topic: Part, _ head: Part) -> Bool {
        guard let user = topic.property("User-Id") else { return false }
        let sameUser = lastUser.withCString { strcmp($0, user) } == 0 && !lastUser.isEmpty
        if sameUser, topic.withBytes({ $0.elementsEqual(lastTopic) }) { return speaksFor(lastSpeaker, head) }
        let name = String(cString: user)
        guard let identity = AdmissionRules.identity(user: name),
            let text = topic.withBytes({ String(validating: $0, as: UTF8.self) }),
            access.mayPublish(identity.role, topic: text)
        else { return false }
        lastUser = name
        lastTopic = topic.withBytes { Array($0) }
        // A secret speaks for one slot, a key of another host for any slot of its role.
        lastSpeaker = identity.slot.map { Array($0.utf8) } ?? Array(identity.role.utf8) + [UInt8(ascii: "@")]
        return speaksFor(lastSpeaker, head)
    }

    private func speaksFor(_ speaker: [UInt8], _ head: Part) -> Bool {
        head.withBytes { bytes in
            guard bytes.count >= HeaderLayout.names, bytes[HeaderLayout.version] == Header.version,
                bytes[HeaderLayout.kind] == FrameKind.event.rawValue
            else { return false }
            let sender = bytes.count - Int(bytes[HeaderLayout.senderLength])
            guard sender >= HeaderLayout.names, bytes[sender...].starts(with: speaker) else { return false }
            return speaker.last == UInt8(ascii: "@") || bytes.count - sender == speaker.count
        }
    }

    private func readSubscriptions() -> Bool {
        let part = Part()
        var busy = false
        while part.receive(from: subscribers) {
            busy = true
            subscribers.discardRest()
            let request = part.withBytes { Array($0) }
            guard let first = request.first, first <= 1 else { continue }
            let topic = Array(request.dropFirst())
            if first == 0 {
                try? subscribers.set(ZMQ_UNSUBSCRIBE, topic)
                publishers.send(request)
            } else if let identity = AdmissionRules.identity(user: user(part)),
                let text = String(validating: topic, as: UTF8.self), access.mayListen(identity.role, prefix: text)
            {
                try? subscribers.set(ZMQ_SUBSCRIBE, topic)
                publishers.send(request)
            } else {
                counters.subscriptionsDenied += 1
                log.limited("subscription denied", .warning, "a subscription was refused", ["user": .text(user(part))])
            }
        }
        return busy
    }
}
