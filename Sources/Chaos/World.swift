public import Load

/// What a fault needs to know of the cluster that it is done to.
public struct World: Sendable {
    /// The data folder.
    public var data: String
    /// Who makes the commits.
    public var person: String
    /// The processes of a role, or of one worker of it; none where that cannot be told.
    public var processes: @Sendable (_ role: String, _ slot: Int?) -> [Int32]
    /// One request at a service's door: method, service, path, body; status and answer. Nil where nobody answers.
    public var ask: @Sendable (String, String, String, [UInt8]?) -> (status: Int, body: [UInt8])?
    /// Orders at a rate, for so many seconds.
    public var plan: @Sendable (_ rate: Double, _ seconds: Double) throws -> LoadPlan
    public var isRunning: @Sendable () -> Bool

    public init(
        data: String, person: String, processes: @escaping @Sendable (String, Int?) -> [Int32],
        ask: @escaping @Sendable (String, String, String, [UInt8]?) -> (status: Int, body: [UInt8])?,
        plan: @escaping @Sendable (Double, Double) throws -> LoadPlan, isRunning: @escaping @Sendable () -> Bool
    ) {
        self.data = data
        self.person = person
        self.processes = processes
        self.ask = ask
        self.plan = plan
        self.isRunning = isRunning
    }
}
