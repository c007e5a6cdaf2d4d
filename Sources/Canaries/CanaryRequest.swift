/// What a canary asks of the shop, without a word of how it is sent.
public struct CanaryRequest: Sendable, Equatable {
    public enum Method: String, Sendable, Equatable {
        case get = "GET"
        case put = "PUT"
        case post = "POST"
        case delete = "DELETE"
    }

    /// The services that a canary asks.
    public enum Service: String, Sendable, Equatable {
        case orders, inventory
    }

    public let service: Service
    public let method: Method
    public let path: String
    /// JSON; nil for none.
    public var body: String?
    /// Makes the same request again the same order again.
    public var key: String?
    public let deadline: Duration
    /// The status that is hoped for, where it is none of success.
    public var expected: Int?

    public init(
        _ service: Service = .orders, _ method: Method, _ path: String, body: String? = nil, key: String? = nil,
        deadline: Duration
    ) {
        self.service = service
        self.method = method
        self.path = path
        self.body = body
        self.key = key
        self.deadline = deadline
    }
}

/// What came back.
public enum CanaryAnswer: Sendable, Equatable {
    case answered(status: Int, body: [UInt8])
    /// Nothing came; `mayHaveBeenDone` where the request may have reached the shop.
    case failed(String, mayHaveBeenDone: Bool)
}
