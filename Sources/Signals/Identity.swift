/// Who speaks in a log line, a metric or a span.
public struct Identity: Sendable, Equatable, Codable {
    public var role: String
    public var slot: Int?
    /// Given by the broker at READY; nil before.
    public var incarnation: UInt64?
    public var pid: Int32

    public init(role: String, slot: Int? = nil, incarnation: UInt64? = nil, pid: Int32) {
        self.role = role
        self.slot = slot
        self.incarnation = incarnation
        self.pid = pid
    }
}
