/// Which role may call, deliver to, publish and listen to what. What is not listed is not allowed.
public struct AccessList: Sendable, Equatable {
    /// What one role may do.
    public struct Entry: Sendable, Equatable {
        public var call: [String]
        public var deliver: [String]
        /// Prefixes of topics.
        public var publish: [String]
        public var listen: [String]

        public init(
            call: [String] = [], deliver: [String] = [], publish: [String] = [], listen: [String] = []
        ) {
            self.call = call
            self.deliver = deliver
            self.publish = publish
            self.listen = listen
        }
    }

    /// Sorted by name, so that nothing depends on a dictionary's order.
    public private(set) var roles: [(name: String, entry: Entry)]

    public init(_ roles: [(String, Entry)]) {
        self.roles = roles.map { (name: $0.0, entry: $0.1) }.sorted { $0.name < $1.name }
    }

    public static func == (left: AccessList, right: AccessList) -> Bool {
        left.roles.elementsEqual(right.roles) { $0.name == $1.name && $0.entry == $1.entry }
    }

    public func entry(_ role: String) -> Entry? {
        var low = 0
        var high = roles.count
        while low < high {
            let middle = (low + high) / 2
            if roles[middle].name < role { low = middle + 1 } else { high = middle }
        }
        return low < roles.count && roles[low].name == role ? roles[low].entry : nil
    }

    public func knows(_ role: String) -> Bool { entry(role) != nil }

    public func mayCall(_ caller: String, _ role: String, delivery: Bool) -> Bool {
        guard let entry = entry(caller) else { return false }
        let allowed = delivery ? entry.deliver : entry.call
        return allowed.contains(role) || allowed.contains("*")
    }

    public func mayPublish(_ role: String, topic: some StringProtocol) -> Bool {
        entry(role)?.publish.contains { topic.hasPrefix($0) } ?? false
    }

    /// A subscription is a prefix itself: it must lie inside an allowed one.
    public func mayListen(_ role: String, prefix: some StringProtocol) -> Bool {
        entry(role)?.listen.contains { prefix.hasPrefix($0) } ?? false
    }
}
